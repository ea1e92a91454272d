"""The 21 points of a hand that networks see, and the parts of the fingers between them."""

from typing import Final

import numpy as np

from ..body.fingers import PER_HAND
from ..body.skeleton import FINGER_NAMES

POINT_COUNT: Final = 21
"""The wrist, then thumb, index, middle, ring and little finger, each from its root to its tip."""
WRIST: Final = 0
FIRST_POINTS: Final = {"thumb": 1, "index": 5, "middle": 9, "ring": 13, "pinky": 17}
PALM: Final = np.array([WRIST, *(FIRST_POINTS[finger] for finger in ("index", "middle", "ring", "pinky"))])
"""(5,) the points that keep their places to each other, whatever the fingers do: the wrist and four knuckles."""


def _starts() -> np.ndarray:
    fingers = [name.partition("_")[2] for name in FINGER_NAMES[:PER_HAND]]
    return np.array([FIRST_POINTS[name[:-1]] + int(name[-1]) - 1 for name in fingers])


PART_STARTS: Final = _starts()
"""(15,) the point at each joint of one hand, in the order of skeleton.FINGER_NAMES; the part ends at the next."""
