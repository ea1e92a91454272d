"""Pose2Mesh (Choi 2020): `poses` makes its 2D poses, `network` runs it, `method` makes bodies of its meshes."""
