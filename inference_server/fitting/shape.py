"""One set of betas for a person, from the clearest frames of a clip."""

from dataclasses import replace

import numpy as np

from ..body.rotation import axis_angle_to_matrix
from .observations import BodyState
from .terms import Normal, Problem, linearise

FRAMES = 32
"""Frames that the betas are taken from; more change them by less than a millimetre of bone."""
ITERATIONS = 12
INDEPENDENT = 8.0
"""As how many frames the clip counts against the betas' own prior: the networks err alike in all of them."""
LARGEST_TURN = 0.7
"""Radians a joint may turn in one step, so that the linearisation still holds."""
CONVERGED = 1e-3
"""The share of the cost below which an improvement ends the iterations."""


def solve_shape(problem: Problem, start: BodyState) -> BodyState:
    """Poses, betas and translations of a few frames, each frame's pose free of the others'.

    Levenberg-Marquardt (More 1978) on the arrow-shaped system: every frame's own block is eliminated, which
    leaves a 10 x 10 system in the betas. Returns the state of `clearest_frames(problem)`.
    """
    state, damping = start, 1e-3
    normal = linearise(problem, state, with_betas=True)
    cost = _cost(normal, state)
    for _ in range(ITERATIONS):
        trial = apply_step(state, *_step(normal, state, damping))
        trial_normal = linearise(problem, trial, with_betas=True)
        trial_cost = _cost(trial_normal, trial)
        if trial_cost < cost:
            settled = cost - trial_cost < CONVERGED * cost
            state, normal, cost, damping = trial, trial_normal, trial_cost, damping * 0.3
            if settled:
                break
        else:
            damping *= 8
    return state


def clearest_frames(confidence: np.ndarray, count: int = FRAMES) -> np.ndarray:
    """Indices of at most `count` frames (sorted): the best seen of each of `count` stretches of the clip.

    Frames in which nothing was seen are left out, unless there are no others.
    """
    quality = np.sort(confidence, axis=1)[:, 3:].mean(axis=1)  # a point or three may hide
    seen = np.flatnonzero(quality > 0)
    if not len(seen):
        return np.arange(min(count, len(quality)))
    stretches = np.array_split(seen, min(count, len(seen)))
    return np.array([stretch[quality[stretch].argmax()] for stretch in stretches])


def apply_step(state: BodyState, turns: np.ndarray, betas: np.ndarray | None = None) -> BodyState:
    """The state after a step (F, 69) of turns and translation, shortened where a turn is too large."""
    angles = turns[:, :-3].reshape(len(turns), -1, 3)
    largest = np.linalg.norm(angles, axis=2).max(axis=1)
    shorter = np.minimum(1, LARGEST_TURN / np.maximum(largest, 1e-9))
    turned = state.rotations.copy()
    count = angles.shape[1]
    turned[:, :count] = turned[:, :count] @ axis_angle_to_matrix(angles * shorter[:, None, None])
    return replace(
        state,
        rotations=turned,
        trans=state.trans + turns[:, -3:] * shorter[:, None],
        betas=state.betas if betas is None else state.betas + betas,
    )


def fit_cost(problem: Problem, state: BodyState) -> float:
    """The whole cost of a state, the betas' prior included."""
    return _cost(linearise(problem, state), state)


def _cost(normal: Normal, state: BodyState) -> float:
    return float(normal.cost.sum() + 0.5 * _betas_weight(state) * (state.betas**2).sum())


def _betas_weight(state: BodyState) -> float:
    """The betas have a unit normal prior, as in SMPL's own training set."""
    return max(1.0, len(state.trans) / INDEPENDENT)


def _step(normal: Normal, state: BodyState, damping: float) -> tuple[np.ndarray, np.ndarray]:
    """(F, 69) and (10,): the damped Gauss-Newton step by the Schur complement of the frames' blocks."""
    assert normal.mixed is not None and normal.betas_hessian is not None and normal.betas_gradient is not None
    blocks = normal.hessian.copy()
    diagonal = np.arange(blocks.shape[1])
    blocks[:, diagonal, diagonal] *= 1 + damping
    blocks[:, diagonal, diagonal] += 1e-6
    solved = np.linalg.solve(blocks, np.concatenate([normal.gradient[..., None], normal.mixed], axis=2))
    across = normal.mixed.swapaxes(1, 2)
    weight = _betas_weight(state)
    schur = normal.betas_hessian + weight * np.eye(len(state.betas)) - (across @ solved[..., 1:]).sum(axis=0)
    right = normal.betas_gradient + weight * state.betas - (across @ solved[..., :1]).sum(axis=0)[:, 0]
    betas = -np.linalg.solve(schur, right)
    return -(solved[..., 0] + solved[..., 1:] @ betas), betas
