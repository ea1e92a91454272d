"""Pose2Mesh in torch, with its authors' names of parameters (Choi 2020): `model` is the whole."""
