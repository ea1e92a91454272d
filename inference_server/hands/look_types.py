"""What the look at hands is made of, whatever its networks."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..people.crop import Picture


@dataclass(frozen=True)
class HandLook:
    """One hand in one frame."""

    side: str
    """"left" or "right"."""
    points: np.ndarray
    """(21, 2) pixels."""
    world: np.ndarray
    """(21, 3) metres, as in SeenHands."""
    centre: np.ndarray
    """(2,) pixels."""
    confidence: float
    rotations: np.ndarray | None = None
    """(16, 3, 3), as in SeenHands."""


@dataclass(frozen=True)
class HandFitter:
    """A network that knows more of hands that were found."""

    cut: Callable[[Picture, HandLook], Any]
    """What it wants to see of a hand in its frame; None where it can't say more."""
    fit: Callable[[list[Any]], list[HandLook]]
    """The hands of several of one person's frames, looked at together."""
