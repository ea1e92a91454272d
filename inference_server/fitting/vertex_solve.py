"""The body brought to a mesh: Levenberg-Marquardt on poses and shape, robust to vertices far off."""

from dataclasses import dataclass

import numpy as np

from ..body.rotation import matrix_to_axis_angle
from .observations import BodyState
from .outliers import faded, spread_of
from .pose_prior import BODY_JOINTS, load_pose_prior, prior_terms, turn_to_axis_angle
from .sampled_skin import TURNS, PosedSkin, SampledSkin, linearise_skin, pose_skin
from .shape import CONVERGED, apply_step
from .terms import PRIOR, WEIGHT_PRIOR, Normal
from .vertex_start import start_pose

ITERATIONS = 30
LEAST_SCALE = 1e-4
"""Metres: the vertices are never taken to be more exact than this."""
INDEPENDENT = 0.1
"""How much a noisy vertex counts: its neighbours err alike. For vertices that err each for itself the optimum is
flat around it; for such that err alike within 10 cm it lies lower still.
"""
SIGMA_HANDS = 0.3
"""Radians; the prior doesn't know the hands, and noise turns them most of all."""
SETTLED = 0.1
"""Radians and metres a step, over the vertices' standard deviation in metres, that end the iterations."""
FIRST_DAMPING = 1e-3
LEAST_DAMPING = 1e-6
HANDS = slice(3 * BODY_JOINTS.stop, TURNS)


@dataclass(frozen=True)
class Mesh:
    """The sampled vertices of F frames of a mesh, as a network sees them."""

    points: np.ndarray
    """(F, 3, N) metres."""
    certainty: np.ndarray
    """(F, N) 0 and above."""
    noise: float
    """Metres: the expected standard deviation of a coordinate."""

    def slice(self, frames: np.ndarray) -> "Mesh":
        return Mesh(self.points[frames], self.certainty[frames], self.noise)


def solve_betas(skin: SampledSkin, mesh: Mesh) -> np.ndarray:
    """(10,): one person's shape, from frames whose poses are free of each other.

    Every frame's own block is eliminated from the arrow-shaped system, which leaves a 10 x 10 system.
    """
    state = start_pose(skin, mesh.points, mesh.certainty, np.zeros(10))
    posed, damping = pose_skin(skin, state), FIRST_DAMPING
    for _ in range(ITERATIONS):
        scale = _scales(mesh, posed)
        normal = _linearise(skin, mesh, state, posed, scale, with_betas=True)
        turns, betas = _arrow_step(normal, state.betas, damping)
        trial = apply_step(state, turns, betas)
        trial_posed = pose_skin(skin, trial)
        cost = normal.cost.sum() + 0.5 * (state.betas**2).sum()
        gain = cost - _costs(mesh, trial, trial_posed, scale).sum() - 0.5 * (trial.betas**2).sum()
        if gain >= 0:
            state, posed = trial, trial_posed
        damping = max(LEAST_DAMPING, 0.2 * damping) if gain >= 0 else 8 * damping
        if _is_settled(turns, scale).all() or 0 <= gain < CONVERGED * cost:
            break
    return state.betas


def solve_poses(skin: SampledSkin, mesh: Mesh, betas: np.ndarray) -> BodyState:
    """The pose of every frame for known betas, each frame on its own."""
    state = start_pose(skin, mesh.points, mesh.certainty, betas)
    damping = np.full(len(mesh.points), FIRST_DAMPING)
    active = np.arange(len(mesh.points))
    for _ in range(ITERATIONS):
        here, seen, damped = state.slice(active), mesh.slice(active), damping[active]
        posed = pose_skin(skin, here)
        scale = _scales(seen, posed)
        normal = _linearise(skin, seen, here, posed, scale)
        step = -np.linalg.solve(_damped(normal.hessian, damped), normal.gradient[..., None])[..., 0]
        trial = apply_step(here, step)
        gain = normal.cost - _costs(seen, trial, pose_skin(skin, trial), scale)
        better = gain >= 0
        state.rotations[active[better]] = trial.rotations[better]
        state.trans[active[better]] = trial.trans[better]
        damping[active] = np.where(better, np.maximum(LEAST_DAMPING, 0.2 * damped), 8 * damped)
        settled = _is_settled(step, scale) | (better & (gain < CONVERGED * normal.cost))
        active = active[~settled]
        if not len(active):
            break
    return state


def _scales(mesh: Mesh, posed: PosedSkin) -> np.ndarray:
    """(F,) metres: the standard deviation of the vertices that fit."""
    distances = np.linalg.norm(posed.positions - mesh.points, axis=1)
    return np.maximum(spread_of(distances, mesh.certainty), max(mesh.noise, LEAST_SCALE))


def _weights(mesh: Mesh) -> np.ndarray:
    return INDEPENDENT * mesh.certainty if mesh.noise else mesh.certainty


def _costs(mesh: Mesh, state: BodyState, posed: PosedSkin, scale: np.ndarray) -> np.ndarray:
    """(F,): halves of squared standard deviations."""
    distances = np.linalg.norm(posed.positions - mesh.points, axis=1)
    cost = (_weights(mesh) * faded(distances, scale)[0]).sum(axis=1)
    if mesh.noise:
        pose = matrix_to_axis_angle(state.rotations).reshape(len(cost), -1)
        cost += WEIGHT_PRIOR * prior_terms(load_pose_prior(), pose[:, PRIOR])[0]
        cost += 0.5 * (pose[:, HANDS] ** 2).sum(axis=1) / SIGMA_HANDS**2
    return cost


def _linearise(
    skin: SampledSkin,
    mesh: Mesh,
    state: BodyState,
    posed: PosedSkin,
    scale: np.ndarray,
    with_betas: bool = False,
) -> Normal:
    residual = posed.positions - mesh.points
    near = faded(np.linalg.norm(residual, axis=1), scale)[1]
    weights = _weights(mesh) * near / scale[:, None] ** 2
    normal = linearise_skin(skin, state, posed, residual, weights, with_betas)
    normal.cost = _costs(mesh, state, posed, scale)
    if mesh.noise:
        _add_priors(normal, state)
    return normal


def _add_priors(normal: Normal, state: BodyState) -> None:
    pose = matrix_to_axis_angle(state.rotations)
    flat = pose.reshape(len(pose), -1)
    _, gradient, hessian = prior_terms(load_pose_prior(), flat[:, PRIOR])
    body = pose[:, BODY_JOINTS]
    turned = np.einsum("fjab,fja->fjb", turn_to_axis_angle(body), gradient.reshape(body.shape))
    normal.gradient[:, PRIOR] += WEIGHT_PRIOR * turned.reshape(len(pose), -1)
    normal.hessian[:, PRIOR, PRIOR] += WEIGHT_PRIOR * hessian
    # a turn by d changes the angle's square by twice the angle times d, whatever the axis
    normal.gradient[:, HANDS] += flat[:, HANDS] / SIGMA_HANDS**2
    diagonal = np.arange(HANDS.start, HANDS.stop)
    normal.hessian[:, diagonal, diagonal] += 1 / SIGMA_HANDS**2


def _arrow_step(normal: Normal, betas: np.ndarray, damping: float) -> tuple[np.ndarray, np.ndarray]:
    """(F, 75) and (10,): the damped step; the betas have a unit normal prior, as in SMPL's own training set."""
    assert normal.mixed is not None and normal.betas_hessian is not None and normal.betas_gradient is not None
    blocks = _damped(normal.hessian, np.full(len(normal.hessian), damping))
    solved = np.linalg.solve(blocks, np.concatenate([normal.gradient[..., None], normal.mixed], axis=2))
    across = normal.mixed.swapaxes(1, 2)
    schur = normal.betas_hessian + np.eye(len(betas)) - (across @ solved[..., 1:]).sum(axis=0)
    right = normal.betas_gradient + betas - (across @ solved[..., :1]).sum(axis=0)[:, 0]
    step = -np.linalg.solve(schur, right)
    return -(solved[..., 0] + solved[..., 1:] @ step), step


def _damped(hessian: np.ndarray, damping: np.ndarray) -> np.ndarray:
    """(F, 75, 75), (F,) -> the same with larger diagonals; never singular, where nothing tells of an unknown."""
    blocks = hessian.copy()
    diagonal = np.arange(blocks.shape[1])
    blocks[:, diagonal, diagonal] *= 1 + damping[:, None]
    blocks[:, diagonal, diagonal] += 1e-6 * np.einsum("fii->f", hessian)[:, None] / len(diagonal)
    return blocks


def _is_settled(step: np.ndarray, scale: np.ndarray) -> np.ndarray:
    return np.abs(step).max(axis=1) < SETTLED * scale
