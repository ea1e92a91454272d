"""Boxes: x0, y0, x1, y1 in pixels."""

import numpy as np


def area(boxes: np.ndarray) -> np.ndarray:
    """(...,4) -> (...) pixels squared; 0 for a box turned inside out."""
    return np.clip(boxes[..., 2] - boxes[..., 0], 0, None) * np.clip(boxes[..., 3] - boxes[..., 1], 0, None)


def overlap(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Intersections (N,M) in pixels squared of the boxes a (N,4) and b (M,4)."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    return np.clip(high - low, 0, None).prod(axis=-1)


def iou(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Intersection over union (N,M) of the boxes a (N,4) and b (M,4)."""
    common = overlap(a, b)
    return common / np.maximum(area(a)[:, None] + area(b)[None] - common, 1e-9)


def suppress(boxes: np.ndarray, scores: np.ndarray, threshold: float) -> np.ndarray:
    """Greedy non-maximum suppression: the indices that stay, best score first."""
    order, kept = np.argsort(-scores, kind="stable"), []
    while len(order):
        kept.append(order[0])
        order = order[iou(boxes[order[:1]], boxes[order])[0] < threshold]
    return np.array(kept, dtype=np.int64)


def around(points: np.ndarray, margin: float = 0.0) -> np.ndarray:
    """The box (4,) around points (N,2), each side moved out by `margin` times the box's longer side."""
    low, high = points.min(axis=0), points.max(axis=0)
    grow = margin * (high - low).max()
    return np.concatenate([low - grow, high + grow])


def contained(box: np.ndarray, detections: np.ndarray, score: float) -> bool:
    """Whether most of a box (4,) lies in one of the detections (N,5) that scores clearly higher."""
    better = detections[detections[:, 4] > 1.5 * score, :4]
    return bool(len(better) and (overlap(box[None], better)[0] > 0.7 * area(box)).any())
