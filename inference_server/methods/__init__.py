"""Ways of recovering people. `catalogue` names them, `registry` has them ready to run (and needs SciPy)."""
