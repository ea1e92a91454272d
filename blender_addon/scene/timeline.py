"""Source frames and the scene's frames."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from ...inference_server import resampling
from ...inference_server.motion import Motion

FIRST_SCENE_FRAME = 1
"""Where the first source frame that anybody was recovered on is put."""
NTSC_BASE = 1.001
"""23.976, 29.97 and 59.94 are 24, 30 and 60 divided by this (SMPTE ST 12-1)."""


@dataclass(frozen=True)
class Timeline:
    """How seconds of the source become frames of the scene."""

    fps: float
    """The scene's frames a second."""
    source_fps: float
    origin_seconds: float
    """The source's time at the scene's first frame."""

    def source_frame(self, scene_frame: int) -> int:
        """The source's frame, from 0, that is nearest to what the scene shows at `scene_frame`."""
        seconds = self.origin_seconds + (scene_frame - FIRST_SCENE_FRAME) / self.fps
        return int(seconds * self.source_fps + 0.5 + 1e-6)


def plan(motions: Sequence[Motion], scene_fps: float | None = None) -> Timeline:
    """One timeline for all people of a scene; at the first one's frame rate if no other is asked for."""
    source_fps = resampling.rate(motions[0])
    origin = min(resampling.start_seconds(motion) for motion in motions)
    if scene_fps is None or resampling.same_rate(scene_fps, source_fps):
        scene_fps = source_fps
    return Timeline(scene_fps, source_fps, origin)


def frame_rate(fps: float) -> tuple[int, float]:
    """A frame rate as Blender holds it: `render.fps`, a whole number, over `render.fps_base`.

    23.976 -> (24, 1.001), 12.5 -> (25, 2.0), 25 -> (25, 1.0). Raises ValueError for a rate below zero.
    """
    if not 0 < fps < 32767:
        raise ValueError(f"no frame rate: {fps}")
    whole = max(1, round(fps))
    if abs(fps - whole) < 1e-4:
        return whole, 1.0
    ntsc = round(fps * NTSC_BASE)
    # rates are often rounded to two digits: 23.98
    if ntsc and abs(fps * NTSC_BASE - ntsc) < 0.006:
        return ntsc, NTSC_BASE
    fraction = Fraction(fps).limit_denominator(4)
    if abs(fraction - Fraction(fps)) < 1e-6:
        return fraction.numerator, float(fraction.denominator)
    return whole, whole / fps
