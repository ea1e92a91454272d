"""Whether the world that a camera was tracked in is as large as the people in it say."""

import numpy as np

from .contacts import SOLES
from .kinematics import keypoint_positions
from .observations import BodyState
from .terms import Problem
from .view import View

SECONDS = 0.2
"""A standing foot is looked at over this time: longer than the fit's shaking, shorter than a stance."""
LEAST_TRAVEL = 0.02
"""Metres that the camera has to move in that time for its scale to be seen."""
LEAST_FRAMES = 15
SLIDE = 0.06
"""Metres in that time beyond which a foot that slides more counts no worse."""
SCALES = np.geomspace(0.05, 20, 121)
CLEARLY_BETTER = 0.75
"""The share of the feet's sliding that a scale has to leave at most to be believed over the user's."""
LEAST_HINT = 1.3
"""People's sizes vary; what is nearer to one than this is no hint."""


def scale_hint(problems: list[Problem], states: list[BodyState]) -> float | None:
    """By how much the tracked world is to be enlarged so that feet stand still in it; None if it seems right.

    Bodies have a usual size, so a person's path past the camera is known in metres, and the camera's own in the
    world's units: under the wrong scale of these, nobody's feet ever stand still.
    """
    seen = [
        _slides(problem, state, problem.view)
        for problem, state in zip(problems, states, strict=True)
        if problem.view is not None and problem.seen.fps
    ]
    if sum(len(slides) for slides, _ in seen) < LEAST_FRAMES:
        return None
    slides, travel = (np.concatenate(parts) for parts in zip(*seen, strict=True))
    costs = np.minimum(slides / SLIDE, 1).mean(axis=0)
    best = int(costs[:-1].argmin())
    scale = float(SCALES[best])
    if scale * np.median(travel) < LEAST_TRAVEL or costs[best] > CLEARLY_BETTER * costs[-1]:
        return None
    return None if 1 / LEAST_HINT < scale < LEAST_HINT else scale


def _slides(problem: Problem, state: BodyState, view: View) -> tuple[np.ndarray, np.ndarray]:
    """How far the stillest part of the feet moves in `SECONDS`, (N, scales + 1) metres, under each scale and under 1,
    and the camera, (N,) in the world's units.
    """
    lag = max(1, round(SECONDS * problem.seen.fps))
    posed = keypoint_positions(problem.body, problem.keypoints, state.rotations, state.betas, state.trans)
    from_camera = posed[:, SOLES] - view.centres[:, None]
    seen = problem.seen.confidence[:, SOLES].min(axis=1) > 0
    seen = seen[lag:] & seen[:-lag]
    soles = (from_camera[lag:] - from_camera[:-lag])[seen]
    travel = (view.centres[lag:] - view.centres[:-lag])[seen]
    moved = soles[:, None] + np.append(SCALES, 1.0)[:, None, None] * travel[:, None, None]
    return np.linalg.norm(moved, axis=-1).min(axis=-1), np.linalg.norm(travel, axis=-1)
