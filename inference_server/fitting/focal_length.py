"""The focal length of footage that does not say it."""

from collections.abc import Callable

import numpy as np

from .initial import initial_state
from .shape import fit_cost, solve_shape
from .terms import Problem

USUAL = 1.0
"""Focal length over the picture's longer side: between a phone's video and a normal lens."""
SPREAD = 0.35
"""Standard deviation of its logarithm over cameras."""
CANDIDATES = (0.55, 0.75, 1.0, 1.35, 1.8)


def estimate_focal_length(problems_at: Callable[[float], list[Problem]], width: int, height: int) -> float:
    """The likeliest focal length in pixels: the one under which bodies fit best, weighed by what is usual.

    `problems_at` gives a few frames of each person for a focal length in pixels. Perspective in one person is
    faint, so five lengths are tried and a parabola in the logarithm is laid through the costs around the best.
    """
    longer = max(width, height)
    costs = []
    for ratio in CANDIDATES:
        cost = 0.5 * (np.log(ratio / USUAL) / SPREAD) ** 2
        for problem in problems_at(ratio * longer):
            start = initial_state(problem.body, problem.keypoints, problem.seen)
            cost += fit_cost(problem, solve_shape(problem, start)) / len(start.trans)
        costs.append(cost)
    logarithms = np.log(CANDIDATES)
    best = int(np.clip(np.argmin(costs), 1, len(costs) - 2))
    around = slice(best - 1, best + 2)
    curvature, slope, _ = np.polyfit(logarithms[around], costs[around], 2)
    vertex = -slope / (2 * curvature) if curvature > 0 else logarithms[int(np.argmin(costs))]
    return float(longer * np.exp(np.clip(vertex, logarithms[0], logarithms[-1])))
