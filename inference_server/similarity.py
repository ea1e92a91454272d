"""The similarity that brings points onto others."""

import numpy as np

LEAST_POINTS = 4
"""That somebody must be known by to be measured after it: a similarity brings three nearly anywhere."""


def align_similarity(estimated: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """`estimated` (..., J, 3) moved, turned and scaled onto `reference`, each frame for itself.

    The least-squares similarity of Umeyama 1991, equations 39 to 43: never a reflection.
    """
    mean, target_mean = estimated.mean(-2, keepdims=True), reference.mean(-2, keepdims=True)
    points, targets = estimated - mean, reference - target_mean
    u, singular, vt = np.linalg.svd(np.swapaxes(targets, -1, -2) @ points)
    signs = np.ones_like(singular)
    signs[..., -1] = np.where(np.linalg.det(u) * np.linalg.det(vt) < 0, -1.0, 1.0)
    rotation = (u * signs[..., None, :]) @ vt
    spread = np.maximum((points**2).sum((-1, -2)), np.finfo(float).tiny)
    scale = (singular * signs).sum(-1) / spread
    return scale[..., None, None] * points @ np.swapaxes(rotation, -1, -2) + target_mean
