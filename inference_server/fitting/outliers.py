"""Points far off from where a model has them: how widely the others lie, and how far each counts."""

import numpy as np
import scipy.sparse

NORMAL_MEDIAN = 1.538
"""The median distance of a point in space over the standard deviation of each of its coordinates."""
OUTLIER = 6.0
"""Standard deviations at which a point's pull begins to fade (Geman-McClure, as in SMPLify)."""


def spread_of(distances: np.ndarray, certainty: np.ndarray) -> np.ndarray:
    """(F, N) metres, (F, N) weights -> (F,) the standard deviation of a coordinate of the points that fit.

    It is taken from the weighted median, which up to half of the points may spoil without moving it far.
    """
    if (certainty == certainty[:, :1]).all():
        return np.median(distances, axis=1) / NORMAL_MEDIAN
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


def independence(residual: np.ndarray, weights: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """residual (F, 3, N), weights (F, N), the number of each point's neighbourhood (N,) -> (F,) by how many times
    fewer points that err each for itself would say as much: 1 where these do, one over a neighbourhood's number of
    points where it errs as one.
    """
    together = scipy.sparse.csr_array((np.ones(len(groups)), (groups, np.arange(len(groups)))))
    count = len(weights)
    weighted = (weights[:, None] * residual).reshape(3 * count, -1)
    sums = (together @ weighted.T).T.reshape(count, 3, -1)
    apart = (weighted**2).reshape(count, -1).sum(axis=1)
    return np.minimum(1, apart / np.maximum((sums**2).sum(axis=(1, 2)), 1e-30))
