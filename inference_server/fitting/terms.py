"""The cost of a posed body against what was seen, linearised: one small linear system a frame.

Costs are halves of squared standard deviations, so that the terms can be added up as they are. The weights
below lie at the flat optimum over 60 rendered bodies (`scripts/render_examples.py varied`) whose joints are known.
"""

from dataclasses import dataclass, replace

import numpy as np

from ..body.model import Body
from ..body.rotation import matrix_to_axis_angle
from .body_keypoints import BodyKeypoints
from .kinematics import UNKNOWNS, PosedKeypoints, pose_keypoints
from .observations import HIPS, BodyState, Observations, PoseTarget
from .pose_prior import BODY_JOINTS, PosePrior, prior_terms, turn_to_axis_angle
from .view import View

SIGMA_2D = 0.015
"""Standard deviation of a keypoint, as a share of the person's size in the picture."""
OUTLIER_2D = 3.0
"""Standard deviations at which a keypoint's pull begins to fade (Geman-McClure, as in SMPLify)."""
SIGMA_3D = np.array([0.10, 0.10, 0.20])
"""Metres; the network's depth is its weakest part, and its error is a bias that no smoothing takes away."""
OUTLIER_3D = 2.0
WEIGHT_3D = 0.5
"""Neighbouring points err together, so each counts for less than one."""
WEIGHT_PRIOR = 0.2
"""The clips show six people's walks, dances and games: the prior is to rule poses out, not to choose among them."""
UNSEEN_PRIOR = 0.02
"""The share of the prior's weight in frames that show nothing: there the frames around them say more."""
NEAREST = 0.2
"""Metres; no point is taken to be nearer to the camera than this."""
PRIOR = slice(3 * BODY_JOINTS.start, 3 * BODY_JOINTS.stop)


@dataclass(frozen=True)
class Pins:
    """Keypoints held at places in the solve's space, such as a foot that stands."""

    targets: np.ndarray
    """(F, K, 3) metres."""
    weights: np.ndarray
    """(F, K) one over the variance in square metres; 0 where a keypoint is free."""


@dataclass(frozen=True)
class Problem:
    """All that a solve is about, but the body's state.

    The state, the target and the pins are in camera space, or in a fixed space of which `view` tells where the
    camera is in every frame.
    """

    body: Body
    keypoints: BodyKeypoints
    seen: Observations
    prior: PosePrior
    target: PoseTarget | None = None
    pins: Pins | None = None
    view: View | None = None

    def to_camera(self, points: np.ndarray) -> np.ndarray:
        """(F, N, 3) the state's space -> (F, N, 3) camera space."""
        return points if self.view is None else self.view.to_camera(points)

    @property
    def camera_centres(self) -> np.ndarray:
        """(F, 3) where the camera is, in the state's space."""
        return np.zeros((len(self.seen.rays), 3)) if self.view is None else self.view.centres

    def slice(self, frames: slice | np.ndarray) -> "Problem":
        """The same over some of the frames."""
        seen, target, pins = self.seen, self.target, self.pins
        return Problem(
            self.body,
            self.keypoints,
            Observations(
                seen.rays[frames],
                seen.confidence[frames],
                seen.extent[frames],
                None if seen.joints_3d is None else seen.joints_3d[frames],
                seen.fps,
            ),
            self.prior,
            None if target is None else PoseTarget(target.rotations[frames], target.sigma[frames]),
            None if pins is None else Pins(pins.targets[frames], pins.weights[frames]),
            None if self.view is None else self.view.slice(frames),
        )


@dataclass
class Normal:
    """The normal equations of F frames, D = 69 unknowns each: hessian @ step = -gradient."""

    cost: np.ndarray
    """(F,)."""
    gradient: np.ndarray
    """(F, 69)."""
    hessian: np.ndarray
    """(F, 69, 69)."""
    betas_gradient: np.ndarray | None = None
    """(10,) summed over the frames."""
    betas_hessian: np.ndarray | None = None
    """(10, 10)."""
    mixed: np.ndarray | None = None
    """(F, 69, 10)."""


def linearise(problem: Problem, state: BodyState, with_betas: bool = False) -> Normal:
    """The normal equations at `state`, on request with the betas' part."""
    posed = pose_keypoints(
        problem.body, problem.keypoints, state.rotations, state.betas, state.trans, with_betas
    )
    count = len(state.trans)
    normal = Normal(np.zeros(count), np.zeros((count, UNKNOWNS)), np.zeros((count, UNKNOWNS, UNKNOWNS)))
    if with_betas:
        normal.betas_gradient = np.zeros(len(state.betas))
        normal.betas_hessian = np.zeros((len(state.betas), len(state.betas)))
        normal.mixed = np.zeros((count, UNKNOWNS, len(state.betas)))
    in_camera = posed if problem.view is None else _as_seen(problem.view, posed)
    _add_2d(normal, problem.seen, in_camera)
    if problem.seen.joints_3d is not None:
        _add_3d(normal, problem.seen, in_camera)
    if problem.pins is not None:
        _add_pins(normal, problem.pins, posed)
    _add_prior(normal, problem, state)
    if problem.target is not None:
        _add_target(normal, problem.target, state)
    return normal


def _as_seen(view: View, posed: PosedKeypoints) -> PosedKeypoints:
    """The same keypoints in camera space."""
    turns = view.rotations[:, None]
    by_betas = posed.betas_jacobian
    return replace(
        posed,
        positions=view.to_camera(posed.positions),
        pose_jacobian=turns @ posed.pose_jacobian,
        betas_jacobian=None if by_betas is None else turns @ by_betas,
    )


def _add_2d(normal: Normal, seen: Observations, posed: PosedKeypoints) -> None:
    """Reprojection, robust (Bogo 2016, equation 2), in a full-perspective camera."""
    depth = np.maximum(posed.positions[..., 2:], NEAREST)
    rays = posed.positions[..., :2] / depth
    scale = 1 / (SIGMA_2D * seen.extent[:, None, None])
    residual = (rays - seen.rays) * scale

    def project(jacobian: np.ndarray) -> np.ndarray:
        return (jacobian[:, :, :2] - rays[..., None] * jacobian[:, :, 2:]) * (scale / depth)[..., None]

    squared = (residual**2).sum(axis=-1) / OUTLIER_2D**2
    certainty = seen.confidence**2
    normal.cost += 0.5 * (certainty * OUTLIER_2D**2 * squared / (1 + squared)).sum(axis=1)
    _accumulate(normal, residual, certainty / (1 + squared) ** 2, posed, project)


def _add_3d(normal: Normal, seen: Observations, posed: PosedKeypoints) -> None:
    """The network's own 3D, weakly: it settles which of two mirror images in depth a limb is."""

    def centre(values: np.ndarray) -> np.ndarray:
        return values - 0.5 * (values[:, HIPS[0], None] + values[:, HIPS[1], None])

    def relate(jacobian: np.ndarray) -> np.ndarray:
        return centre(jacobian) / SIGMA_3D[:, None]

    assert seen.joints_3d is not None
    residual = (centre(posed.positions) - seen.joints_3d) / SIGMA_3D
    squared = (residual**2).sum(axis=-1) / OUTLIER_3D**2
    certainty = WEIGHT_3D * seen.confidence
    normal.cost += 0.5 * (certainty * OUTLIER_3D**2 * squared / (1 + squared)).sum(axis=1)
    _accumulate(normal, residual, certainty / (1 + squared) ** 2, posed, relate)


def _add_pins(normal: Normal, pins: Pins, posed: PosedKeypoints) -> None:
    residual = posed.positions - pins.targets
    normal.cost += 0.5 * (pins.weights * (residual**2).sum(axis=-1)).sum(axis=1)
    _accumulate(normal, residual, pins.weights, posed, lambda jacobian: jacobian)


def _accumulate(
    normal: Normal, residual: np.ndarray, weights: np.ndarray, posed: PosedKeypoints, change
) -> None:
    """Adds points' residuals (F, K, R) of weights (F, K); `change` carries a Jacobian over to the residual's."""
    count = len(residual)
    rows = np.repeat(weights, residual.shape[-1], axis=1)[..., None]
    flat = residual.reshape(count, -1, 1)
    jacobian = change(posed.pose_jacobian).reshape(count, -1, UNKNOWNS)
    weighted = (jacobian * rows).swapaxes(1, 2)
    normal.gradient += (weighted @ flat)[..., 0]
    normal.hessian += weighted @ jacobian
    if posed.betas_jacobian is not None:
        assert normal.betas_gradient is not None and normal.betas_hessian is not None
        by_betas = change(posed.betas_jacobian).reshape(count, -1, len(normal.betas_gradient))
        weighted_betas = by_betas * rows
        normal.betas_gradient += (weighted_betas * flat).sum(axis=(0, 1))
        normal.betas_hessian += (weighted_betas.swapaxes(1, 2) @ by_betas).sum(axis=0)
        normal.mixed += weighted @ by_betas


def _add_prior(normal: Normal, problem: Problem, state: BodyState) -> None:
    pose = matrix_to_axis_angle(state.rotations[:, BODY_JOINTS])
    cost, gradient, hessian = prior_terms(problem.prior, pose.reshape(len(pose), -1))
    weight = WEIGHT_PRIOR * np.where(problem.seen.confidence.any(axis=1), 1.0, UNSEEN_PRIOR)
    turned = np.einsum("fjab,fja->fjb", turn_to_axis_angle(pose), gradient.reshape(pose.shape))
    normal.cost += weight * cost
    normal.gradient[:, PRIOR] += weight[:, None] * turned.reshape(len(pose), -1)
    # near the Gaussian's mean a turn is a change of the axis-angle vector; the step is checked by its cost
    normal.hessian[:, PRIOR, PRIOR] += weight[:, None, None] * hessian


def _add_target(normal: Normal, target: PoseTarget, state: BodyState) -> None:
    joints = UNKNOWNS // 3 - 1
    difference = matrix_to_axis_angle(
        target.rotations[:, :joints].swapaxes(2, 3) @ state.rotations[:, :joints]
    )
    weights = np.repeat(1 / target.sigma[:, :joints] ** 2, 3, axis=1)
    flat = difference.reshape(len(difference), -1)
    normal.cost += 0.5 * (weights * flat**2).sum(axis=1)
    normal.gradient[:, : 3 * joints] += weights * flat
    diagonal = np.arange(3 * joints)
    normal.hessian[:, diagonal, diagonal] += weights
