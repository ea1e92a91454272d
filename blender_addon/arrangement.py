"""Where the people of several sources stand: those who are there at the same time, each in a place of their own."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..inference_server.motion import Motion

ROOM = 0.75
"""Metres that are kept free on each side: people of two stills stand 1.5 m apart."""


@dataclass(frozen=True)
class Span:
    """What one source's people take up."""

    first: int
    last: int
    """Scene frames, both included."""
    low: float
    high: float
    """Metres along X."""
    footage: str
    """What they were recovered from: people of the same footage belong together."""
    fixed: bool = False
    """Whether they have to stay, as where the user's own camera is known."""


def sideways(spans: Sequence[Span], standing: Sequence[Span] = ()) -> list[float]:
    """Metres along X by which each of `spans` is to move, past those before it and those `standing` already."""
    placed = list(standing)
    moves: list[float] = []
    moved: dict[str, float] = {}
    for span in spans:
        others = [other for other in placed if _at_the_same_time(span, other)]
        if span.fixed or any(other.footage == span.footage for other in standing) or not others:
            move = moved.get(span.footage, 0.0)
        elif span.footage in moved:
            move = moved[span.footage]
        else:
            move = max(0.0, max(other.high for other in others) - span.low + 2 * ROOM)
        moved.setdefault(span.footage, move)
        moves.append(move)
        placed.append(replace(span, low=span.low + move, high=span.high + move))
    return moves


def moved(motion: Motion, metres: float) -> Motion:
    """The same motion further along X, its camera with it."""
    if not metres:
        return motion
    step = np.array([metres, 0.0, 0.0])
    camera = motion.camera
    if camera is not None:
        camera = replace(camera, translation=camera.translation - camera.rotation @ step)
    return replace(motion, trans=(motion.trans + step).astype(motion.trans.dtype), camera=camera)


def width(motions: Sequence[Motion]) -> tuple[float, float]:
    """The least and the greatest X, in metres, at which anybody stands."""
    return (
        min(float(motion.trans[:, 0].min()) for motion in motions),
        max(float(motion.trans[:, 0].max()) for motion in motions),
    )


def _at_the_same_time(one: Span, other: Span) -> bool:
    """A still has one key, and stands there from then on and before."""
    is_still = one.first == one.last or other.first == other.last
    return is_still or (one.first <= other.last and other.first <= one.last)
