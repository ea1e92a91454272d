"""The body brought to a mesh: Levenberg-Marquardt on poses and shape, robust to vertices far off."""

from dataclasses import dataclass, replace

import numpy as np

from ..body.model import JOINT_COUNT
from ..body.rotation import matrix_to_axis_angle
from .observations import BodyState
from .outliers import faded, independence, spread_of
from .pose_prior import BODY_JOINTS, load_pose_prior, prior_terms, turn_to_axis_angle
from .sampled_skin import PosedSkin, SampledSkin, linearise_skin, pose_skin
from .shape import CONVERGED, apply_step
from .skin_moments import betas_gradient, linearise_moments
from .terms import PRIOR, WEIGHT_PRIOR, Normal

ITERATIONS = 30
REFINEMENTS = 2
"""Steps of the betas on every vertex, from where they are good already."""
LEAST_SCALE = 1e-4
"""Metres: the vertices are never taken to be more exact than this."""
INDEPENDENT = 0.1
"""How much a noisy vertex of a sample counts before it is known whether its neighbours err alike. For vertices that
err each for itself the optimum is flat around it; for such that err alike within 10 cm it lies lower still.
"""
SIGMA_HANDS = 0.3
"""Radians; the prior doesn't know the hands, and noise turns them most of all."""
SIGMA_FINGERS = 0.6
"""Radians; nor the fingers, where the body is a hand."""
SETTLED = 0.1
"""Radians and metres a step, over the vertices' standard deviation in metres, that end the iterations."""
FIRST_DAMPING = 1e-3
LEAST_DAMPING = 1e-6


@dataclass(frozen=True)
class Mesh:
    """The sampled vertices of F frames of a mesh, as a network sees them."""

    points: np.ndarray
    """(F, 3, N) metres."""
    certainty: np.ndarray
    """(F, N) 0 and above."""
    noise: float
    """Metres: the expected standard deviation of a coordinate; 0 leaves the pose prior out."""
    groups: np.ndarray | None = None
    """(N,) the numbers of the vertices' neighbourhoods, where it is to be measured whether neighbours err alike."""
    first_scale: float = 0.0
    """Metres: at first no point is taken to be more exact; with each step the bound falls to a third."""

    def slice(self, frames: np.ndarray) -> "Mesh":
        return replace(self, points=self.points[frames], certainty=self.certainty[frames])


@dataclass(frozen=True)
class Misses:
    """By what a posed body misses the mesh."""

    residual: np.ndarray
    """(F, 3, N) metres, posed - mesh."""
    distances: np.ndarray
    """(F, N) metres."""


@dataclass(frozen=True)
class Trust:
    """What the vertices of F frames are worth, by how they lie about a posed body."""

    scale: np.ndarray
    """(F,) metres: the standard deviation of the vertices that fit."""
    share: np.ndarray
    """(F,) what a vertex counts for against the prior."""


def solve_betas(skin: SampledSkin, mesh: Mesh, start: BodyState) -> BodyState:
    """One person's shape, from frames whose poses are free of each other.

    Every frame's own block is eliminated from the arrow-shaped system, which leaves a 10 x 10 system.
    """
    state, posed, damping = start, pose_skin(skin, start), FIRST_DAMPING
    misses = _misses(mesh, posed)
    for step in range(ITERATIONS):
        trust, exact = _trust(mesh, misses, step)
        normal = linearise_skin(skin, state, posed, misses.residual, _weights(mesh, misses, trust))
        _add_priors(normal, mesh, state)
        turns, betas = _arrow_step(normal, state.betas, damping)
        trial = apply_step(state, turns, betas)
        trial_posed = pose_skin(skin, trial)
        trial_misses = _misses(mesh, trial_posed)
        cost = _costs(mesh, state, misses, trust).sum() + 0.5 * (state.betas**2).sum()
        gain = cost - _costs(mesh, trial, trial_misses, trust).sum() - 0.5 * (trial.betas**2).sum()
        if gain >= 0:
            state, posed, misses = trial, trial_posed, trial_misses
        damping = max(LEAST_DAMPING, 0.2 * damping) if gain >= 0 else 8 * damping
        if exact and (_is_settled(turns, trust).all() or 0 <= gain < CONVERGED * cost):
            break
    return state


def refine_betas(
    skin: SampledSkin, mesh: Mesh, whole: SampledSkin, whole_mesh: Mesh, start: BodyState
) -> BodyState:
    """The shape by every vertex, from one that is near: the sample tells how steep the cost is, all of them where
    it falls.
    """
    state = start
    for _ in range(REFINEMENTS):
        posed, sampled = pose_skin(whole, state), pose_skin(skin, state)
        misses, few = _misses(whole_mesh, posed), _misses(mesh, sampled)
        trust, _ = _trust(whole_mesh, misses)
        weights = _weights(whole_mesh, misses, trust)
        normal = linearise_skin(skin, state, sampled, few.residual, _weights(mesh, few, trust))
        assert normal.mixed is not None and normal.betas_hessian is not None
        more = weights.sum() / max(normal.hessian[:, -1, -1].sum(), 1e-30)
        normal.hessian *= more
        normal.mixed *= more
        normal.betas_hessian *= more
        normal.gradient = linearise_moments(whole.pairs, posed, misses.residual, weights).gradient
        normal.betas_gradient = betas_gradient(whole, posed, misses.residual, weights)
        _add_priors(normal, whole_mesh, state)
        state = apply_step(state, *_arrow_step(normal, state.betas, LEAST_DAMPING))
    return state


def solve_poses(skin: SampledSkin, mesh: Mesh, start: BodyState) -> BodyState:
    """The pose of every frame for known betas, each frame on its own."""
    state = BodyState(start.rotations.copy(), start.betas, start.trans.copy())
    damping = np.full(len(mesh.points), FIRST_DAMPING)
    active = np.arange(len(mesh.points))
    for iteration in range(ITERATIONS):
        here, seen, damped = state.slice(active), mesh.slice(active), damping[active]
        posed = pose_skin(skin, here)
        misses = _misses(seen, posed)
        trust, exact = _trust(seen, misses, iteration)
        normal = linearise_moments(skin.pairs, posed, misses.residual, _weights(seen, misses, trust))
        _add_priors(normal, seen, here)
        step = -np.linalg.solve(_damped(normal.hessian, damped), normal.gradient[..., None])[..., 0]
        trial = apply_step(here, step)
        cost = _costs(seen, here, misses, trust)
        gain = cost - _costs(seen, trial, _misses(seen, pose_skin(skin, trial)), trust)
        better = gain >= 0
        state.rotations[active[better]] = trial.rotations[better]
        state.trans[active[better]] = trial.trans[better]
        damping[active] = np.where(better, np.maximum(LEAST_DAMPING, 0.2 * damped), 8 * damped)
        settled = _is_settled(step, trust) | (better & (gain < CONVERGED * cost))
        active = active[~settled] if exact else active
        if not len(active):
            break
    return state


def spreads(skin: SampledSkin, mesh: Mesh, state: BodyState) -> np.ndarray:
    """(F,) metres: the standard deviation of the vertices that fit about a posed body."""
    return spread_of(_misses(mesh, pose_skin(skin, state)).distances, mesh.certainty)


def _misses(mesh: Mesh, posed: PosedSkin) -> Misses:
    residual = posed.positions - mesh.points
    squares = residual[:, 0] ** 2
    squares += residual[:, 1] ** 2
    squares += residual[:, 2] ** 2
    return Misses(residual, np.sqrt(squares))


def _trust(mesh: Mesh, misses: Misses, step: int = ITERATIONS) -> tuple[Trust, bool]:
    """What the vertices are worth after so many steps, and whether they now are taken as exact as they are."""
    least, widest = max(mesh.noise, LEAST_SCALE), mesh.first_scale / 3**step
    scale = np.maximum(spread_of(misses.distances, mesh.certainty), max(least, widest))
    if not mesh.noise:
        share = np.ones(len(scale))
    elif mesh.groups is None:
        share = np.full(len(scale), INDEPENDENT)
    else:
        near = faded(misses.distances, scale)[1]
        share = independence(misses.residual, mesh.certainty * near, mesh.groups)
    return Trust(scale, share), widest <= least


def _weights(mesh: Mesh, misses: Misses, trust: Trust) -> np.ndarray:
    """(F, N) one over square metres."""
    near = faded(misses.distances, trust.scale)[1]
    return mesh.certainty * near * (trust.share / trust.scale**2)[:, None]


def _costs(mesh: Mesh, state: BodyState, misses: Misses, trust: Trust) -> np.ndarray:
    """(F,): halves of squared standard deviations."""
    cost = trust.share * (mesh.certainty * faded(misses.distances, trust.scale)[0]).sum(axis=1)
    if mesh.noise:
        pose = matrix_to_axis_angle(state.rotations).reshape(len(cost), -1)
        if _is_body(state):
            cost += WEIGHT_PRIOR * prior_terms(load_pose_prior(), pose[:, PRIOR])[0]
        own, sigma = _unknown_to_prior(state)
        cost += 0.5 * (pose[:, own] ** 2).sum(axis=1) / sigma**2
    return cost


def _is_body(state: BodyState) -> bool:
    return state.rotations.shape[1] == JOINT_COUNT


def _unknown_to_prior(state: BodyState) -> tuple[slice, float]:
    """The turns that the pose prior of bodies does not know, and how large they usually are: hands, or all fingers."""
    end = 3 * state.rotations.shape[1]
    return (
        (slice(3 * BODY_JOINTS.stop, end), SIGMA_HANDS) if _is_body(state) else (slice(3, end), SIGMA_FINGERS)
    )


def _add_priors(normal: Normal, mesh: Mesh, state: BodyState) -> None:
    if not mesh.noise:
        return
    pose = matrix_to_axis_angle(state.rotations)
    flat = pose.reshape(len(pose), -1)
    if _is_body(state):
        _, gradient, hessian = prior_terms(load_pose_prior(), flat[:, PRIOR])
        body = pose[:, BODY_JOINTS]
        turned = np.einsum("fjab,fja->fjb", turn_to_axis_angle(body), gradient.reshape(body.shape))
        normal.gradient[:, PRIOR] += WEIGHT_PRIOR * turned.reshape(len(pose), -1)
        normal.hessian[:, PRIOR, PRIOR] += WEIGHT_PRIOR * hessian
    # a turn by d changes the angle's square by twice the angle times d, whatever the axis
    own, sigma = _unknown_to_prior(state)
    normal.gradient[:, own] += flat[:, own] / sigma**2
    diagonal = np.arange(own.start, own.stop)
    normal.hessian[:, diagonal, diagonal] += 1 / sigma**2


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


def _is_settled(step: np.ndarray, trust: Trust) -> np.ndarray:
    return np.abs(step).max(axis=1) < SETTLED * trust.scale
