"""What poses people take: a mixture of Gaussians and joint limits, learned from motion capture."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

PRIOR_FILE = Path(__file__).with_name("pose_prior.npz")
BODY_JOINTS = slice(1, 22)
"""The joints that the prior knows: all but the root, which may point anywhere, and the hands."""
LIMIT_SOFTNESS = 0.1
"""Radians beyond a joint's limit that cost as much as one standard deviation."""


@dataclass(frozen=True)
class PosePrior:
    """C Gaussians over the axis-angle vectors of 21 joints (63 numbers, radians)."""

    means: np.ndarray
    """(C, 63)."""
    precisions: np.ndarray
    """(C, 63, 63)."""
    log_weights: np.ndarray
    """(C,) logarithm of each Gaussian's weight over its normaliser."""
    lower: np.ndarray
    """(63,) radians."""
    upper: np.ndarray
    """(63,) radians."""


@lru_cache(maxsize=1)
def load_pose_prior() -> PosePrior:
    """The prior of `scripts/learn_pose_prior.py`."""
    with np.load(PRIOR_FILE, allow_pickle=False) as file:
        covariances = file["covariances"].astype(np.float64)
        precisions = np.linalg.inv(covariances)
        return PosePrior(
            means=file["means"].astype(np.float64),
            precisions=precisions,
            log_weights=np.log(file["weights"]) + 0.5 * np.linalg.slogdet(precisions)[1],
            lower=file["lower"].astype(np.float64).reshape(-1),
            upper=file["upper"].astype(np.float64).reshape(-1),
        )


def prior_terms(prior: PosePrior, pose: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cost (F,), its gradient (F, 63) and approximate Hessian (F, 63, 63) at `pose` (F, 63) axis-angle.

    The nearest Gaussian alone counts, as in SMPLify (Bogo 2016, equation 6: the sum's logarithm replaced
    by its largest term), so that the cost is quadratic and Gauss-Newton applies.
    """
    offsets = pose[None] - prior.means[:, None]
    pulls = offsets @ prior.precisions
    energies = 0.5 * np.einsum("cfi,cfi->cf", offsets, pulls) - prior.log_weights[:, None]
    nearest = energies.argmin(axis=0)
    frames = np.arange(len(pose))
    cost = energies[nearest, frames] + prior.log_weights.max()
    gradient = pulls[nearest, frames]
    hessian = prior.precisions[nearest]

    beyond = np.maximum(pose - prior.upper, 0) + np.minimum(pose - prior.lower, 0)
    stiffness = (beyond != 0) / LIMIT_SOFTNESS**2
    cost = cost + 0.5 * (stiffness * beyond**2).sum(axis=1)
    gradient = gradient + stiffness * beyond
    hessian = hessian.copy()
    diagonal = np.arange(hessian.shape[1])
    hessian[:, diagonal, diagonal] += stiffness
    return cost, gradient, hessian


def turn_to_axis_angle(axis_angle: np.ndarray) -> np.ndarray:
    """(..., 3) -> (..., 3, 3): how log R changes when R becomes R exp(d), the inverse right Jacobian of SO(3)
    (Sola 2018, "A micro Lie theory", equation 144).
    """
    angle = np.linalg.norm(axis_angle, axis=-1)
    x, y, z = np.moveaxis(axis_angle, -1, 0)
    zero = np.zeros_like(x)
    cross = np.stack(
        [np.stack([zero, -z, y], -1), np.stack([z, zero, -x], -1), np.stack([-y, x, zero], -1)], axis=-2
    )
    safe = np.clip(angle, 1e-4, np.pi - 1e-4)
    factor = 1 / safe**2 - (1 + np.cos(safe)) / (2 * safe * np.sin(safe))
    return np.eye(3) + 0.5 * cross + factor[..., None, None] * (cross @ cross)
