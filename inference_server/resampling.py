"""A motion at another frame rate, on whole frames."""

import math
from dataclasses import dataclass

import numpy as np

from .body import rotation
from .motion import Motion

STILL_FPS = 24.0
"""Frames a second where a motion states none, as one recovered from a single picture."""


@dataclass(frozen=True)
class Samples:
    """A motion on whole frames of some rate, one sample a frame.

    frames (N,) int64 consecutive; quaternions (N, 24, 4) w, x, y, z, local as in SMPL with the root's in the
    world, without sign flips from frame to frame; trans (N, 3) metres, world.
    """

    frames: np.ndarray
    quaternions: np.ndarray
    trans: np.ndarray


def rate(motion: Motion) -> float:
    """The motion's frames a second."""
    return motion.fps if motion.fps > 0 else STILL_FPS


def same_rate(fps: float, other: float) -> bool:
    """Whether two frame rates differ by no more than their rounding: 23.98 is 24/1.001, but 24 is not."""
    return abs(fps / other - 1) < 3e-4


def start_seconds(motion: Motion) -> float:
    """When the motion's first frame is shown in its source, in seconds."""
    return float(motion.frames[0]) / rate(motion)


def resample(motion: Motion, fps: float, origin_seconds: float) -> Samples:
    """`motion` at the whole frames of `fps` that lie in its range; frame 0 stands at `origin_seconds`.

    Rotations turn along the shorter arc (slerp), the translation moves straight. Frames that the source was
    not recovered on are filled in the same way. At its own rate the motion comes back as it is.
    """
    own = rate(motion)
    fps = own if same_rate(fps, own) else fps
    # where the motion's frames lie on the axis of the new ones
    positions = (np.asarray(motion.frames, dtype=np.float64) / own - origin_seconds) * fps
    first = math.ceil(positions[0] - 1e-4)
    frames = np.arange(first, max(first, math.floor(positions[-1] + 1e-4)) + 1)
    quaternions = rotation.axis_angle_to_quaternion(motion.poses)
    trans = np.asarray(motion.trans, dtype=np.float64)
    before = np.clip(np.searchsorted(positions, frames + 1e-4, side="right") - 1, 0, len(positions) - 1)
    after = np.minimum(before + 1, len(positions) - 1)
    span = np.where(after > before, positions[after] - positions[before], 1.0)
    fraction = np.clip((frames - positions[before]) / span, 0.0, 1.0)
    turned = rotation.slerp(quaternions[before], quaternions[after], fraction[:, None])
    moved = trans[before] + (trans[after] - trans[before]) * fraction[:, None]
    return Samples(frames.astype(np.int64), rotation.continuous_quaternions(turned), moved)
