"""I2L-MeshNet (Moon 2020): `crops` makes its pictures, `network` runs it, `lixels` places what it gives."""
