"""Which parts of the feet stand, and when."""

import numpy as np

STANDING_SPEED = 0.3
"""Metres a second that a standing part of a foot falls below at some time; a swinging foot passes 2."""
MOVING_SPEED = 0.45
"""Metres a second below which it goes on standing: a first solution shakes."""
SHORTEST = 0.10
"""Seconds; a foot that rests for less does not stand."""
STEP_HEIGHT = 0.10
"""Metres that a standing part may lie above the lowest of the feet around that time."""
NEIGHBOURHOOD = 1.0
"""Seconds before and after, among which that lowest is looked for."""
LARGEST_DRIFT = 0.15
"""Metres from the middle of its stance beyond which a part of a foot does not stand any more."""


def rests(heights: np.ndarray, points: np.ndarray, speeds: np.ndarray, fps: float) -> np.ndarray:
    """(F, S) bool: which of S parts of the feet stand.

    heights (F, S) metres over where they stand on the floor; points (F, S, 3) metres; speeds (F, S) metres a second.
    """
    count = len(points)
    if count < 3:
        return np.zeros(heights.shape, dtype=bool)
    reach = max(1, round(NEIGHBOURHOOD * fps))
    lowest = heights.min(axis=1)
    floor = np.array([lowest[max(0, i - reach) : i + reach + 1].min() for i in range(count)])
    still = (speeds < MOVING_SPEED) & (heights < floor[:, None] + STEP_HEIGHT)
    shortest = max(2, round(SHORTEST * fps))
    for part in range(still.shape[1]):
        for start, stop in runs(still[:, part]):
            place = np.median(points[start:stop, part], axis=0)
            still[start:stop, part] &= (
                np.linalg.norm(points[start:stop, part] - place, axis=1) < LARGEST_DRIFT
            )
        for start, stop in runs(still[:, part]):
            if stop - start < shortest or speeds[start:stop, part].min() > STANDING_SPEED:
                still[start:stop, part] = False
    return still


def runs(mask: np.ndarray) -> list[tuple[int, int]]:
    """Start and stop of every run of True in a (F,) array."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))
