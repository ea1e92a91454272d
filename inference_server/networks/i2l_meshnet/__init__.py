"""I2L-MeshNet in torch, with its authors' names of parameters (Moon 2020): `model` is the whole."""
