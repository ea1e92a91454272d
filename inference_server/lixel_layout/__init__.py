"""What I2L-MeshNet gives (`kinds`), and of what layers it is made (`layers`); numpy alone."""
