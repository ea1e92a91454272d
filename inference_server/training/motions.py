"""Motion to train on: what poses there are, and which clips are kept apart to test with."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..body.rotation import axis_angle_to_matrix
from ..errors import RecoveryError

MIRRORED = np.array([0, 2, 1, 3, 5, 4, 6, 8, 7, 9, 11, 10, 12, 14, 13, 15, 17, 16, 19, 18, 21, 20, 23, 22])
"""(24,) the joint on the other side of each."""
HELD_OUT = 7
"""Every seventh clip is never trained on."""


@dataclass(frozen=True)
class Motions:
    """Clips of motion, one after the other, at one frame rate."""

    rotations: NDArray[np.float32]
    """(N, 24, 3, 3) relative to the parent, the root's to a world with Y up."""
    clips: NDArray[np.int64]
    """(N,) the number of each frame's clip, rising."""
    fps: float

    def of(self, clips: NDArray[np.int64]) -> "Motions":
        """The clips of these numbers alone."""
        kept = np.isin(self.clips, clips)
        return Motions(self.rotations[kept], self.clips[kept], self.fps)


def load_motions(path: Path) -> Motions:
    """Reads `poses (N, 24, 3)` axis-angle, SMPL's order, Y up, and `clip (N,)`, at 30 frames a second.

    Raises RecoveryError where there is no such file.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            poses, clips = file["poses"], file["clip"]
    except (OSError, ValueError, KeyError) as error:
        raise RecoveryError(
            "bad_motion",
            f"No motion could be read from {path}: {error}.",
            "It takes an .npz with poses (N, 24, 3) and clip (N,); scripts/gather_motion.py makes one.",
        ) from error
    return Motions(axis_angle_to_matrix(poses).astype(np.float32), clips.astype(np.int64), 30.0)


def split(motions: Motions) -> tuple[Motions, Motions]:
    """Those to train on, and those to test with: whole clips, so that no test pose has a neighbour in training."""
    tested = held_out(motions.clips)
    return motions.of(np.setdiff1d(motions.clips, tested)), motions.of(tested)


def held_out(clips: NDArray[np.int64]) -> NDArray[np.int64]:
    """Of the clips' numbers (N,), in any order, those that are kept apart."""
    return np.unique(clips)[HELD_OUT // 2 :: HELD_OUT]


def mirror(rotations: NDArray) -> NDArray:
    """(..., 24, 3, 3) with left and right exchanged."""
    signs = np.array([-1, 1, 1], dtype=rotations.dtype)
    return rotations[..., MIRRORED, :, :] * signs[:, None] * signs
