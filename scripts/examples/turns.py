"""Rotations about single axes and smooth curves, with which the example motions are written.

All angles are in radians. The axes are those of SMPL's rest pose: +X is the body's left, +Y up, +Z its front.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from human_mesh_recovery.inference_server.body import rotation

Array = NDArray[np.float64]


def about_x(angle: ArrayLike) -> Array:
    """(...) angles -> (..., 3, 3). A positive angle pitches forwards: a raised leg or arm has a negative one."""
    return _about(0, angle)


def about_y(angle: ArrayLike) -> Array:
    """(...) angles -> (..., 3, 3). A positive angle turns to the body's left."""
    return _about(1, angle)


def about_z(angle: ArrayLike) -> Array:
    """(...) angles -> (..., 3, 3). A positive angle raises the left side."""
    return _about(2, angle)


def _about(axis: int, angle: ArrayLike) -> Array:
    return rotation.axis_angle_to_matrix(np.asarray(angle, dtype=np.float64)[..., None] * np.eye(3)[axis])


def between(start: Array, end: Array, amount: ArrayLike) -> Array:
    """Rotations (..., 3, 3) that lie `amount` (0..1) of the way from `start` to `end` on the shortest arc."""
    difference = rotation.matrix_to_axis_angle(np.swapaxes(start, -1, -2) @ end)
    return start @ rotation.axis_angle_to_matrix(np.asarray(amount)[..., None] * difference)


def smooth_step(value: ArrayLike) -> Array:
    """0 below 0, 1 above 1, and a cubic with level ends in between."""
    clipped = np.clip(np.asarray(value, dtype=np.float64), 0.0, 1.0)
    return clipped * clipped * (3 - 2 * clipped)
