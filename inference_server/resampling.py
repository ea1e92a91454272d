"""A motion where it is wanted in time: at another frame rate, or at any of its source's frames, in any order."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .body import rotation
from .motion import Motion

STILL_FPS = 24.0
"""Frames a second where a motion states none, as one recovered from a single picture."""
SLACK = 1e-4
"""Frames that a position may lie beside a frame and still be that frame."""


@dataclass(frozen=True)
class Samples:
    """What stands at some of the positions asked for: a person's joints, or a camera.

    frames (N,) int64 ascending, which of the positions; quaternions w, x, y, z without sign flips from one to
    the next: (N, 24, 4) local as in SMPL with the root's in the world, with the fingers' after them (N, 54, 4), or
    (N, 4) camera to world; trans (N, 3) metres, world.
    """

    frames: np.ndarray
    quaternions: np.ndarray
    trans: np.ndarray

    def slice(self, which: slice) -> "Samples":
        """Some of them."""
        return Samples(self.frames[which], self.quaternions[which], self.trans[which])


def rate(motion: Motion) -> float:
    """The motion's frames a second."""
    return motion.fps if motion.fps > 0 else STILL_FPS


def same_rate(fps: float, other: float) -> bool:
    """Whether two frame rates differ by no more than their rounding: 23.98 is 24/1.001, but 24 is not."""
    return abs(fps / other - 1) < 3e-4


def even_positions(motions: Sequence[Motion], fps: float) -> np.ndarray:
    """(N,) float64 the source's frames, whole or not, that are shown at `fps`, a position a shown frame.

    From the first to the last that any of the `motions`, all of one source, has; the source's own at its rate.
    """
    own = rate(motions[0])
    step = 1.0 if same_rate(fps, own) else own / fps
    first = min(int(motion.frames[0]) for motion in motions)
    starts = [(int(motion.frames[0]) - first) / step for motion in motions]
    ends = [(int(motion.frames[-1]) - first) / step for motion in motions]
    last = max(*(math.ceil(start - SLACK) for start in starts), *(math.floor(end + SLACK) for end in ends))
    return first + np.arange(last + 1) * step


def resample(motion: Motion, positions: np.ndarray) -> Samples:
    """`motion` at those of the `positions` (N,), frames of its source, that lie in its range.

    Rotations turn along the shorter arc (slerp), the translation moves straight. Frames that the source was
    not recovered on are filled in the same way. Where no position lies in the range the next one is taken. The
    fingers are among the joints where the motion knows them.
    """
    chosen, before, after, fraction = _between(np.asarray(motion.frames), positions)
    poses = motion.poses
    if motion.hand_poses is not None:
        poses = np.concatenate([poses, motion.hand_poses], axis=1)
    quaternions = rotation.axis_angle_to_quaternion(poses)
    turned = rotation.slerp(quaternions[before], quaternions[after], fraction[:, None])
    moved = _straight(np.asarray(motion.trans, dtype=np.float64), before, after, fraction)
    return Samples(chosen, rotation.continuous_quaternions(turned), moved)


def resample_confidence(motion: Motion, positions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which of the `positions` `resample` takes, (N,), and the motion's confidence there, (N, 24) between 0 and 1."""
    assert motion.confidence is not None
    chosen, before, after, fraction = _between(np.asarray(motion.frames), positions)
    values = _straight(np.asarray(motion.confidence, dtype=np.float64), before, after, fraction)
    return chosen, np.clip(values, 0.0, 1.0)


def resample_camera(motions: Sequence[Motion], positions: np.ndarray) -> Samples:
    """The moving camera that all `motions` were seen by, at those of the `positions` where it is known."""
    places = [(motion.frames, motion.camera) for motion in motions if motion.camera and motion.camera.moves]
    frames, order = np.unique(np.concatenate([frames for frames, _ in places]), return_index=True)
    rotations = np.concatenate([camera.rotation for _, camera in places])[order].astype(np.float64)
    translations = np.concatenate([camera.translation for _, camera in places])[order]
    to_world = rotations.swapaxes(1, 2)
    centres = -np.einsum("fij,fj->fi", to_world, translations)
    quaternions = rotation.matrix_to_quaternion(to_world)
    chosen, before, after, fraction = _between(frames, positions)
    turned = rotation.slerp(quaternions[before], quaternions[after], fraction)
    moved = _straight(centres, before, after, fraction)
    return Samples(chosen, rotation.continuous_quaternions(turned), moved)


def _between(
    frames: np.ndarray, positions: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Which positions lie in the range of `frames`, ascending; between which two rows each, and how far along."""
    positions = np.asarray(positions, dtype=np.float64)
    inside = (positions >= frames[0] - SLACK) & (positions <= frames[-1] + SLACK)
    if not inside.any():
        beyond = np.where(positions > frames[0], positions - frames[0], np.inf)
        inside[np.argmin(beyond) if np.isfinite(beyond).any() else np.argmax(positions)] = True
    chosen = np.flatnonzero(inside).astype(np.int64)
    wanted = positions[chosen]
    before = np.clip(np.searchsorted(frames, wanted + SLACK, side="right") - 1, 0, len(frames) - 1)
    after = np.minimum(before + 1, len(frames) - 1)
    span = np.where(after > before, frames[after] - frames[before], 1.0)
    return chosen, before, after, np.clip((wanted - frames[before]) / span, 0.0, 1.0)


def _straight(places: np.ndarray, before: np.ndarray, after: np.ndarray, fraction: np.ndarray) -> np.ndarray:
    return places[before] + (places[after] - places[before]) * fraction[:, None]
