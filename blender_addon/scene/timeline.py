"""Source frames and the scene's frames."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from ...inference_server import resampling
from ...inference_server.motion import Motion

NTSC_BASE = 1.001
"""23.976, 29.97 and 59.94 are 24, 30 and 60 divided by this (SMPTE ST 12-1)."""


@dataclass(frozen=True, eq=False)
class Timeline:
    """What of the source each of the scene's frames shows, from `first_frame` on."""

    fps: float
    """The scene's frames a second."""
    first_frame: int
    positions: np.ndarray
    """(N,) float64 the source's frames, from 0: whole or between two, in any order, a frame of the scene each."""

    @property
    def last_frame(self) -> int:
        """The last of the scene's frames that show the source."""
        return self.first_frame + len(self.positions) - 1

    @property
    def source_frames(self) -> np.ndarray:
        """(N,) int64 the source's whole frames that are nearest to the positions."""
        return np.floor(self.positions + 0.5 + 1e-6).astype(np.int64)

    def scene_frames(self, samples: resampling.Samples) -> np.ndarray:
        """(M,) the scene's frames that samples of the positions stand at."""
        return samples.frames + self.first_frame


def plan(motions: Sequence[Motion], scene_fps: float | None = None, first_frame: int = 1) -> Timeline:
    """One timeline for all people of a source, at its own speed; at its frame rate if no other is asked for.

    The first source frame that anybody was recovered on is put at `first_frame`.
    """
    own = resampling.rate(motions[0])
    if scene_fps is None or resampling.same_rate(scene_fps, own):
        scene_fps = own
    return Timeline(scene_fps, first_frame, resampling.even_positions(motions, scene_fps))


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
