"""Where in a frame a hand is: from the body's keypoints, or from the hand's own points in the frame before."""

from typing import Final

import numpy as np

from ..body.fingers import SIDES
from ..body.skeleton import KEYPOINT_INDEX as K
from ..people.crop import Region
from .layout import FIRST_POINTS, PALM, WRIST

SEEN: Final = 0.3
"""Confidence from which a wrist and its knuckles are looked at."""
SMALLEST: Final = 32.0
"""Pixels of the frame that a hand's region must span at least for its fingers to be told apart."""
REACH: Final = 3.8
"""The region's side over the distance from the wrist to the knuckles."""
AHEAD: Final = 0.1
"""By how much of its side the region's middle lies beyond that of what it goes around, towards the finger tips."""
FORESHORTENED: Final = 0.10
"""The least distance from wrist to knuckles that is taken, over that from shoulders to hips: a hand that points at the
camera is as wide as any other.
"""
AROUND: Final = 2.0
"""The region's side over the longer side of the palm and the fingers' first parts, as MediaPipe Hands has it."""
PALM_AND_FIRST_PARTS: Final = np.array(
    [WRIST, 1, 2, 3, *(first + part for first in list(FIRST_POINTS.values())[1:] for part in (0, 1))]
)


def region_from_keypoints(keypoints: np.ndarray, side: str, width: int, height: int) -> Region | None:
    """keypoints (25, 3) of a person in a frame of that size -> the hand's region, turned so that the fingers point
    up. None where the hand is too small or too unsure, or lies outside of the frame.
    """
    wrist, index, pinky = (keypoints[K[f"{side}_{part}"]] for part in ("wrist", "index", "pinky"))
    if min(wrist[2], index[2], pinky[2]) < SEEN:
        return None
    shoulders, hips = (
        keypoints[[K[f"{each}_{part}"] for each in SIDES], :2].mean(axis=0) for part in ("shoulder", "hip")
    )
    region = region_from_palm(
        wrist[:2], index[:2], pinky[:2], FORESHORTENED * float(np.hypot(*(shoulders - hips)))
    )
    return region if region.side >= SMALLEST and _within(region.centre, width, height) else None


def region_from_palm(
    wrist: np.ndarray, index: np.ndarray, pinky: np.ndarray, shortest: float = 0.0
) -> Region:
    """Around a hand whose wrist and knuckles lie at these pixels, (2,) each; the palm is at least `shortest` long."""
    middle = (2 * index + pinky) / 3
    along = middle - wrist
    return _ahead(middle, along, REACH * max(float(np.hypot(*along)), shortest))


def region_from_points(points: np.ndarray, width: int, height: int) -> Region | None:
    """points (21, 2) of the hand in pixels -> its region in the next frame, or to look again in this one."""
    knuckles = points[PALM[1:4]]
    along = 0.25 * knuckles[0] + 0.5 * knuckles[1] + 0.25 * knuckles[2] - points[WRIST]
    angle = np.arctan2(along[0], -along[1])
    turned = points[PALM_AND_FIRST_PARTS] @ _turn(angle)
    low, high = turned.min(axis=0), turned.max(axis=0)
    centre = _turn(angle) @ ((low + high) / 2)
    side = AROUND * float((high - low).max())
    if side < SMALLEST or not _within(centre, width, height):
        return None
    return _ahead(centre, along, side)


def _ahead(centre: np.ndarray, along: np.ndarray, side: float) -> Region:
    up = along / max(float(np.hypot(*along)), 1e-6)
    x, y = centre + AHEAD * side * up
    return Region(float(x), float(y), side, float(np.arctan2(up[0], -up[1])))


def _turn(angle: float) -> np.ndarray:
    """(2, 2) clockwise on the picture, whose y points down."""
    cosine, sine = np.cos(angle), np.sin(angle)
    return np.array([[cosine, -sine], [sine, cosine]])


def _within(point: np.ndarray, width: int, height: int) -> bool:
    return bool(0 <= point[0] < width and 0 <= point[1] < height)
