"""Where people are: NanoDet's boxes, with MoveNet MultiPose where it is unsure."""

from typing import Final

import cv2
import numpy as np

from . import boxes
from .crop import Picture
from .movenet import multipose
from .networks import Networks

_SIDE: Final = 416
_SCALES: Final = ((13, 32), (26, 16), (52, 8))  # cells a side, pixels a cell
_BINS: Final = 11
# BGR, the means and deviations of ImageNet on 0..255, as NanoDet was trained (Lyu 2021).
_MEAN: Final = np.array([103.53, 116.28, 123.675], np.float32)
_DEVIATION: Final = np.array([57.375, 57.12, 58.395], np.float32)
_SAME_PERSON: Final = 0.6
SURE: Final = 0.35
"""A score from which a box is a person; below it, down to UNSURE, only with other evidence."""
UNSURE: Final = 0.1


def detect_people(networks: Networks, picture: Picture, thorough: bool = False) -> np.ndarray:
    """Boxes of people (N,5): x0, y0, x1, y1 in pixels, and score from UNSURE up, the best first.

    `thorough` asks twice more: NanoDet again on a smaller copy with its edges continued, since it scores
    narrow silhouettes low that it finds surely at another size, and MoveNet MultiPose. Of several boxes of
    one person the best is kept.
    """
    found = nanodet(networks, picture, 1.0)
    if thorough:
        found = np.concatenate([found, nanodet(networks, picture, 0.7), multipose(networks, picture, 0.2)])
    return found[boxes.suppress(found[:, :4], found[:, 4], _SAME_PERSON)]


def nanodet(networks: Networks, picture: Picture, share: float) -> np.ndarray:
    """NanoDet's boxes (N,5) with the image scaled to fill `share` of the network's square."""
    height, width = picture.image.shape[:2]
    scale = share * _SIDE / max(height, width)
    level, _ = picture.level(1 / scale)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    small = cv2.resize(level, size, interpolation=interpolation)
    top, left = (0, 0) if share == 1 else ((_SIDE - size[1]) // 2, (_SIDE - size[0]) // 2)
    border = cv2.BORDER_CONSTANT if share == 1 else cv2.BORDER_REPLICATE
    square = cv2.copyMakeBorder(small, top, _SIDE - size[1] - top, left, _SIDE - size[0] - left, border)
    pixels = (square[:, :, ::-1] - _MEAN) / _DEVIATION
    outputs = networks.run("nanodet", np.ascontiguousarray(pixels.transpose(2, 0, 1)[None]))
    found, scores = _decode(outputs)
    found = (found + 0.5 - np.array([left, top, left, top])) / scale - 0.5
    found = np.clip(found, 0, np.array([width, height, width, height]) - 1.0)
    kept = boxes.suppress(found, scores, _SAME_PERSON)
    return np.column_stack([found, scores])[kept]


def _decode(outputs: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Boxes (N,4) in the network's pixels and their scores (N,), from the outputs of the three scales.

    A side's distance from the cell's centre is the mean of a distribution over bins (Li et al. 2020,
    "Generalized Focal Loss", equation 6).
    """
    all_boxes, all_scores = [], []
    for cells, stride in _SCALES:
        scores = next(o for o in outputs if o.shape[1:] == (cells * cells, 80))[0, :, 0]
        sides = next(o for o in outputs if o.shape[1:] == (cells * cells, 4 * _BINS))[0]
        kept = np.flatnonzero(scores >= UNSURE)
        logits = sides[kept].reshape(-1, 4, _BINS).astype(np.float64)
        chances = np.exp(logits - logits.max(axis=2, keepdims=True))
        chances /= chances.sum(axis=2, keepdims=True)
        distances = chances @ np.arange(_BINS) * stride
        rows, columns = np.divmod(kept, cells)
        centres = (np.stack([columns, rows], axis=1) + 0.5) * stride - 0.5
        all_boxes.append(np.concatenate([centres - distances[:, :2], centres + distances[:, 2:]], axis=1))
        all_scores.append(scores[kept].astype(np.float64))
    return np.concatenate(all_boxes), np.concatenate(all_scores)
