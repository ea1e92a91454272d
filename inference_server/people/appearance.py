"""What a person wears, as colour histograms of torso and legs: cheap, and enough to tell people apart."""

from typing import Final

import cv2
import numpy as np

_ACROSS: Final = np.linspace(0.2, 0.8, 6)
_DOWN: Final = np.linspace(0.1, 0.9, 10)
_ALONG: Final = np.linspace(0.1, 0.9, 16)
_HUES, _SATURATIONS, _VALUES = 8, 3, 4
_BINS: Final = _HUES * _SATURATIONS * _VALUES
SHAPE: Final = (2, _BINS)
"""Of a description: torso and legs, bins of colour."""
_LEND_SATURATION: Final = np.array([[0.75, 0.25, 0], [0.25, 0.5, 0.25], [0, 0.25, 0.75]])
_LEND_VALUE: Final = np.array(
    [[0.75, 0.25, 0, 0], [0.25, 0.5, 0.25, 0], [0, 0.25, 0.5, 0.25], [0, 0, 0.25, 0.75]]
)
_PARTS: Final = ((11, 13), (12, 14), (13, 15), (14, 16))


def describe(image: np.ndarray, keypoints: np.ndarray) -> np.ndarray:
    """Two histograms (2,B), of torso and legs, each summing to 1, of a pose (25,3) in an RGB image."""
    points = keypoints[:, :2]
    left = points[5] + _DOWN[:, None] * (points[11] - points[5])
    right = points[6] + _DOWN[:, None] * (points[12] - points[6])
    torso = left[:, None] + _ACROSS[:, None] * (right - left)[:, None]
    legs = [points[a] + _ALONG[:, None] * (points[b] - points[a]) for a, b in _PARTS]
    return np.stack([_histogram(image, torso.reshape(-1, 2)), _histogram(image, np.concatenate(legs))])


def distance(a: np.ndarray, b: np.ndarray) -> float:
    """Hellinger distance, 0 (same colours) to 1 (none in common), of two descriptions (2,B)."""
    return float(np.sqrt(np.clip(1 - np.sqrt(a * b).sum(axis=1), 0, 1)).mean())


def _histogram(image: np.ndarray, points: np.ndarray) -> np.ndarray:
    last = np.array([image.shape[1], image.shape[0]]) - 1
    columns, rows = np.clip(np.rint(points), 0, last).astype(np.int64).T
    hsv = cv2.cvtColor(image[rows, columns][None], cv2.COLOR_RGB2HSV_FULL)[0].astype(np.int64)
    hue, saturation, value = (hsv * [_HUES, _SATURATIONS, _VALUES] // 256).T
    hue[saturation == 0] = 0  # the hue of grey is noise
    cells = (hue * _SATURATIONS + saturation) * _VALUES + value
    counts = np.bincount(cells, minlength=_BINS).reshape(_HUES, _SATURATIONS, _VALUES) / len(cells)
    # Each bin lends to its neighbours, so that a cloud before the sun does not change anybody's clothes.
    counts = 0.5 * counts + 0.25 * (np.roll(counts, 1, axis=0) + np.roll(counts, -1, axis=0))
    return (_LEND_SATURATION @ counts @ _LEND_VALUE).ravel()
