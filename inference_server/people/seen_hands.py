"""What networks say of one person's hands."""

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np

from .predictions import check_frames

SHAPES: dict[str, tuple[str, tuple[int, ...]]] = {
    "frames": ("iu", ()),
    "points": ("f", (2, 21, 3)),
    "confidence": ("f", (2,)),
    "centres": ("f", (2, 2)),
    "rotations": ("f", (2, 16, 3, 3)),
    "fitted": ("b", (2,)),
}
"""Kinds of numbers and shapes of the arrays, the first axis left out; of two hands the left one comes first."""


@dataclass(frozen=True)
class SeenHands:
    """One person over the G frames in which a hand was looked at."""

    frames: np.ndarray
    """(G,) of the source, rising."""
    points: np.ndarray
    """(G, 2, 21, 3) metres, from anywhere: x right, y down, z away from a camera that looks at the hand's centre."""
    confidence: np.ndarray
    """(G, 2) 0 to 1, that the hand is there and its points are right; 0 where it was not looked at."""
    centres: np.ndarray
    """(G, 2, 2) pixels: the middle of what the network was shown."""
    rotations: np.ndarray
    """(G, 2, 16, 3, 3) of a hand in MANO's form that was fitted: the hand's own in the points' axes, then its 15
    finger joints', relative to the parent, as SMPL-H has them. The identity where none was.
    """
    fitted: np.ndarray
    """(G, 2) whether one was."""


def read_hands(arrays: Mapping[str, np.ndarray]) -> SeenHands:
    """Raises ValueError or KeyError where something is missing or is not what it should be."""
    check_frames(arrays, SHAPES, "a person's hands")
    return SeenHands(**{field.name: arrays[field.name] for field in fields(SeenHands)})
