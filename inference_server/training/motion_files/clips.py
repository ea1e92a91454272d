"""One clip of motion in SMPL's form, and which of its frames can be true."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...body.rotation import axis_angle_to_matrix
from ...fitting.pose_prior import BODY_JOINTS, load_pose_prior

Array = NDArray[np.float64]

MARGIN = np.radians(60)
"""How far beyond the limits of the pose prior, which knows everyday motion, a joint may turn in a handstand."""
JUMP, SMOOTH = np.radians(35), 3.0
"""A first frame from which a joint turns so far to the second, and so many times less from there to the third, is the
skeleton's rest, which many files begin with."""


@dataclass(frozen=True)
class Clip:
    """F frames, a 30th of a second apart."""

    name: str
    poses: NDArray[np.float32]
    """(F, 24, 3) axis-angle; the root's to a world with Y up."""


def possible(clip: Clip) -> NDArray[np.bool_]:
    """(F,) which frames a person can have been in."""
    prior = load_pose_prior()
    turns = clip.poses[:, BODY_JOINTS].reshape(len(clip.poses), -1).astype(np.float64)
    finite = np.isfinite(clip.poses).all(axis=(1, 2))
    fine = finite & ((turns > prior.lower - MARGIN) & (turns < prior.upper + MARGIN)).all(axis=1)
    if finite[:3].sum() == 3:
        rotations = axis_angle_to_matrix(clip.poses[:3, 1:])
        first, second = (_widest_turn(rotations[k], rotations[k + 1]) for k in (0, 1))
        fine[0] &= first < JUMP or first < SMOOTH * second
    return fine


def without_impossible(clip: Clip) -> list[Clip]:
    """The stretches between frames that can't be: a window of training must not run across a gap."""
    kept = np.flatnonzero(possible(clip))
    runs = np.split(kept, np.flatnonzero(np.diff(kept) > 1) + 1)
    return [Clip(clip.name, clip.poses[run]) for run in runs if len(run)]


def _widest_turn(start: Array, end: Array) -> float:
    """Radians, the most that a joint turns between two poses (J, 3, 3)."""
    cosines = (np.einsum("jab,jab->j", start, end) - 1) / 2
    return float(np.arccos(np.clip(cosines, -1, 1)).max())
