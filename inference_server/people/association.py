"""Who is who from one frame to the next: costs between tracks and observations, and their assignment."""

from typing import Final

import numpy as np
from scipy.optimize import linear_sum_assignment

from . import boxes

# COCO's per-keypoint deviations (Ronchi and Perona 2017, "Benchmarking and Error Diagnosis in Multi-Instance
# Pose Estimation"), for the 17 keypoints that COCO has.
_SIGMAS: Final = (
    np.array([26, 25, 25, 35, 35, 79, 79, 72, 72, 62, 62, 107, 107, 87, 87, 89, 89], dtype=np.float64) / 1000
)
_LIMBS: Final = slice(5, 17)


def oks(a: np.ndarray, b: np.ndarray, slack: float = 1.0) -> float:
    """Object keypoint similarity, 0 to 1, of two poses (25,3), over the keypoints that either is sure of.

    `slack` multiplies COCO's deviations: 1 asks whether both mark the same joints, 3 whether it can be the
    same person a moment later.
    """
    size = max(boxes.area(boxes.around(a[:17, :2])), boxes.area(boxes.around(b[:17, :2])), 1.0)
    squared = ((a[:17, :2] - b[:17, :2]) ** 2).sum(axis=1)
    likeness = np.exp(-squared / (2 * size * (2 * slack * _SIGMAS) ** 2))
    weights = np.minimum(a[:17, 2], b[:17, 2]) + 1e-3
    return float((weights * likeness).sum() / weights.sum())


def height(keypoints: np.ndarray) -> float:
    """A size in pixels that changes little with the pose (25,3): torso, thighs and shins unfolded."""
    points = keypoints[..., :2]

    def length(a: int, b: int) -> float:
        return float(np.linalg.norm(points[a] - points[b]))

    torso = np.linalg.norm(points[[5, 6]].mean(axis=0) - points[[11, 12]].mean(axis=0))
    leg = max(length(11, 13) + length(13, 15), length(12, 14) + length(14, 16))
    return float(max(torso + leg, 1.0) * 1.3)


def centre(keypoints: np.ndarray) -> np.ndarray:
    """The middle (2,) of shoulders and hips of a pose (25,3)."""
    return keypoints[[5, 6, 11, 12], :2].mean(axis=0)


def motion_cost(predicted: np.ndarray, seen: np.ndarray, seconds: float) -> float:
    """How implausible it is that a person predicted at one pose (25,3) is seen at another.

    About 1 is the limit. The reach grows with the time that the prediction spans, and people do not change
    their size at once.
    """
    size = height(predicted)
    reach = 0.15 + 2.5 * seconds
    distance = float(np.linalg.norm(centre(predicted) - centre(seen))) / size / reach
    growth = abs(np.log(height(seen) / size)) / (0.35 + 0.5 * seconds)
    return float(np.hypot(distance, 0.5 * growth))


def assign(costs: np.ndarray, limit: float) -> list[tuple[int, int]]:
    """Pairs (row, column) of least total cost (Kuhn 1955) among those of costs (N,M) below `limit`."""
    if not costs.size:
        return []
    # A forbidden pair costs more than leaving any others aside, so that it is never taken for their sake.
    bounded = np.where(costs < limit, costs, 1e6)
    rows, columns = linear_sum_assignment(bounded)
    return [(int(r), int(c)) for r, c in zip(rows, columns, strict=True) if costs[r, c] < limit]


def duplicates(poses: list[np.ndarray], threshold: float) -> list[tuple[int, int]]:
    """Pairs (i, j), i < j, of poses (25,3) that mark the same person."""
    return [
        (i, j)
        for i in range(len(poses))
        for j in range(i + 1, len(poses))
        if oks(poses[i], poses[j]) > threshold
    ]
