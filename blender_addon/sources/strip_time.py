"""Which frame of its content a strip shows at which frame of the scene."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .. import compat
from .strip_memory import SpeedKey


@dataclass(frozen=True)
class Playing:
    """How a strip plays its content."""

    start: float
    """The scene's frame at which the content, trimmed or not, starts."""
    end: float
    """The scene's frame after the content's last."""
    frames: int
    """Of the content."""
    rate: float
    """Frames of the content that one frame of the scene takes."""
    keys: Sequence[SpeedKey] = ()
    backwards: bool = False
    strobe: float = 1.0
    """The picture changes every so many frames."""


def shown(playing: Playing, scene_frames: np.ndarray) -> np.ndarray:
    """(N,) frames of the content, from 0 and with fractions, that are on show at `scene_frames` (N,).

    Blender shows whole frames; these lie within half a frame of them, and advance as evenly as the strip does.
    """
    steps = playing.end - 1 - scene_frames if playing.backwards else scene_frames - playing.start
    # in single precision, as Blender does: what it makes of 4.9999 is another picture
    index = np.maximum(steps, 0).astype(np.float32) * np.float32(playing.rate)
    if playing.keys:
        index = _retimed(playing.keys, index) * (playing.frames - compat.RETIMING_ENDS_BEFORE)
    index = np.clip(index, 0, playing.frames - 1)
    if playing.strobe > 1:
        index = index - np.mod(index, playing.strobe)
    on_show = compat.frames_on_show(index)
    return np.clip(index, on_show - 0.5, on_show + 0.5)


def _retimed(keys: Sequence[SpeedKey], index: np.ndarray) -> np.ndarray:
    """(N,) parts of the content that have been shown, 0 to 1."""
    steps = np.array([key.index for key in keys], dtype=np.float32)
    factors = np.array([key.factor for key in keys], dtype=np.float32)
    speeds = np.diff(factors) / np.diff(steps)
    part = np.clip(np.searchsorted(steps, index, side="right") - 1, 0, len(speeds) - 1)
    after = index - steps[part]
    speed = speeds[part]
    easing = np.array([key.eases for key in keys])[part] & (part > 0) & (part < len(speeds) - 1)
    before, behind = speeds[np.maximum(part - 1, 0)], speeds[np.minimum(part + 1, len(speeds) - 1)]
    # Blender draws an arc of a circle there, which an even change of speed follows closely
    eased = before + (behind - before) * after / (2 * np.diff(steps)[part])
    return np.minimum(factors[part] + after * np.where(easing, eased, speed), 1.0)
