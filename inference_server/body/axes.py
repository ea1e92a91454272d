"""The two frames of reference that a body lives in, and the way from one to the other."""

import numpy as np

Y_UP_TO_Z_UP = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])
"""SMPL's rest frame (Y up, facing +Z) to the world's (Z up, facing -Y): a quarter turn about X.

Both have +X at the body's left. A column vector or a rotation goes over by multiplying from the left; the
way back is the transpose.
"""
