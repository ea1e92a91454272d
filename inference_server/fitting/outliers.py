"""Points far off from where a model has them: how widely the others lie, and how far each counts."""

import numpy as np

NORMAL_MEDIAN = 1.538
"""The median distance of a point in space over the standard deviation of each of its coordinates."""
OUTLIER = 6.0
"""Standard deviations at which a point's pull begins to fade (Geman-McClure, as in SMPLify)."""


def spread_of(distances: np.ndarray, certainty: np.ndarray) -> np.ndarray:
    """(F, N) metres, (F, N) weights -> (F,) the standard deviation of a coordinate of the points that fit.

    It is taken from the weighted median, which up to half of the points may spoil without moving it far.
    """
    order = distances.argsort(axis=1)
    summed = np.take_along_axis(certainty, order, axis=1).cumsum(axis=1)
    middle = (summed >= 0.5 * summed[:, -1:]).argmax(axis=1)
    median = np.take_along_axis(order, middle[:, None], axis=1)
    return np.take_along_axis(distances, median, axis=1)[:, 0] / NORMAL_MEDIAN


def faded(distances: np.ndarray, spread: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(F, N), (F,) metres -> (F, N) costs, halves of squared standard deviations, and (F, N) the points' weights,
    1 for those near: the squares so weighted fall only where the costs fall (Bogo 2016, equation 2).
    """
    squared = (distances / (OUTLIER * spread[:, None])) ** 2
    return 0.5 * OUTLIER**2 * squared / (1 + squared), 1 / (1 + squared) ** 2
