"""Anybody's motion, turned into what the lifter and the other networks are trained on (`..motions`).

A file is read into a recorded skeleton's rotations at 30 frames a second (`bvh_reader`, `acclaim_reader`), these into
rotations of SMPL's joints (`retarget`); files of SMPL's own family need no such turning (`smpl_reader`). `gather`
does a folder.
"""
