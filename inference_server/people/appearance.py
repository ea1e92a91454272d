"""What a person wears, as colour histograms of torso and legs: cheap, and enough to tell people apart."""

from typing import Final

import cv2
import numpy as np

_ACROSS: Final = np.linspace(0.2, 0.8, 6)
_DOWN: Final = np.linspace(0.1, 0.9, 10)
_ALONG: Final = np.linspace(0.1, 0.9, 16)
_PARTS: Final = ((11, 13), (12, 14), (13, 15), (14, 16))
# CIELAB: few steps of lightness, since shade changes as people move, and many of colour. Clothes are seldom
# further from grey than this on the scale of -128 to 127.
_LIGHTS, _COLOURS, _FROM_GREY = 4, 12, 40
SHAPE: Final = (2, _LIGHTS * _COLOURS * _COLOURS)
"""Of a description: torso and legs, bins of colour."""


def _lend(bins: int) -> np.ndarray:
    """Each bin lends half to its neighbours, twice: a slightly other shade is not another colour."""
    padded = np.eye(bins) * 0.5 + np.eye(bins, k=1) * 0.25 + np.eye(bins, k=-1) * 0.25
    padded[0, 0] = padded[-1, -1] = 0.75
    return padded @ padded


_LEND_LIGHT, _LEND_COLOUR = _lend(_LIGHTS), _lend(_COLOURS)


def describe(image: np.ndarray, keypoints: np.ndarray) -> np.ndarray:
    """Two histograms SHAPE, of torso and legs, each summing to 1, of a pose (25,3) in an RGB image."""
    points = keypoints[:, :2]
    left = points[5] + _DOWN[:, None] * (points[11] - points[5])
    right = points[6] + _DOWN[:, None] * (points[12] - points[6])
    torso = left[:, None] + _ACROSS[:, None] * (right - left)[:, None]
    legs = [points[a] + _ALONG[:, None] * (points[b] - points[a]) for a, b in _PARTS]
    return np.stack([_histogram(image, torso.reshape(-1, 2)), _histogram(image, np.concatenate(legs))])


def distance(a: np.ndarray, b: np.ndarray) -> float:
    """Hellinger distance, 0 (same colours) to 1 (none in common), of two descriptions."""
    return float(np.sqrt(np.clip(1 - np.sqrt(a * b).sum(axis=1), 0, 1)).mean())


def _histogram(image: np.ndarray, points: np.ndarray) -> np.ndarray:
    last = np.array([image.shape[1], image.shape[0]]) - 1
    columns, rows = np.clip(np.rint(points), 0, last).astype(np.int64).T
    lab = cv2.cvtColor(image[rows, columns][None], cv2.COLOR_RGB2LAB)[0].astype(np.int64)
    light = lab[:, 0] * _LIGHTS // 256
    red, yellow = np.clip((lab[:, 1:] - 128 + _FROM_GREY) * _COLOURS // (2 * _FROM_GREY), 0, _COLOURS - 1).T
    cells = (light * _COLOURS + red) * _COLOURS + yellow
    counts = np.bincount(cells, minlength=SHAPE[1]).reshape(_LIGHTS, _COLOURS, _COLOURS) / len(cells)
    smooth = _LEND_COLOUR @ counts @ _LEND_COLOUR
    return (_LEND_LIGHT @ smooth.reshape(_LIGHTS, -1)).ravel().astype(np.float32)
