"""Where in a frame a person is, as networks that look at pictures want it."""

from typing import Final

import numpy as np

from ..body.skeleton import KEYPOINT_INDEX as K
from ..people import boxes

SEEN: Final = 0.2
"""Confidence from which a keypoint counts."""
CROWN: Final = 0.66
"""The top of the head lies beyond the ears by this share of their distance from the shoulders; on the free body."""
MARGIN: Final = 0.03
"""Soles and finger tips lie beyond the keypoints, by this share of the person's size."""


def crown_of(points: np.ndarray) -> np.ndarray:
    """points (..., 25, C) -> (..., C) the top of the head."""
    neck = points[..., [K["left_shoulder"], K["right_shoulder"]], :].mean(axis=-2)
    ears = points[..., [K["left_ear"], K["right_ear"]], :].mean(axis=-2)
    return ears + CROWN * (ears - neck)


def person_box(keypoints: np.ndarray) -> np.ndarray:
    """keypoints (25, 3) pixels and confidence -> (4,) x0, y0, x1, y1 around the whole person, head and soles too."""
    points = np.concatenate([keypoints[:, :2], crown_of(keypoints[:, :2])[None]])
    ears = keypoints[[K["left_ear"], K["right_ear"]], 2].min()
    seen = np.append(keypoints[:, 2], ears) > SEEN
    return boxes.around(points[seen] if seen.sum() > 1 else points, MARGIN)
