"""What lies between frames that are known."""

import numpy as np

from ..body.rotation import matrix_to_quaternion, quaternion_to_matrix, slerp


def rows_between(known: np.ndarray, frames: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """known (N,) frame numbers, rising; frames (F,) -> for each frame the rows of the known ones before and after it,
    and how far it is from the one to the other (0 to 1). Before the first and after the last it stays there.
    """
    after = np.clip(np.searchsorted(known, frames), 1, max(1, len(known) - 1))
    before, after = after - 1, np.minimum(after, len(known) - 1)
    span = np.maximum(known[after] - known[before], 1)
    return before, after, np.clip((frames - known[before]) / span, 0.0, 1.0)


def slerp_between(known: np.ndarray, rotations: np.ndarray, frames: np.ndarray) -> np.ndarray:
    """rotations (N, J, 3, 3) at the frames `known` (N,) -> (F, J, 3, 3) at `frames` (F,), turned evenly between."""
    before, after, share = rows_between(known, frames)
    quaternions = matrix_to_quaternion(rotations)
    return quaternion_to_matrix(slerp(quaternions[before], quaternions[after], share[:, None]))
