"""The normal equations of a skin's distance to a mesh, from sums over its vertices that cost little each.

A skinned vertex is linear in its joints' rotations and shifts (Loper 2015, equation 7): sum over j of
w_j (G_j s + shift_j). All that the derivatives by the joints' turns need of the vertices is therefore the second
moments of (s, 1) over every pair of joints that share some, and the residuals' moments over every joint. The sums do
not grow with the number of unknowns, so every vertex of a body can be taken.
"""

import numpy as np

from .sampled_skin import (
    PRECISION,
    PosedSkin,
    SampledSkin,
    SkinPairs,
    shifts_by_betas,
    to_own_axes,
)
from .terms import Normal

HOMOGENEOUS = ((0, 0), (0, 1), (0, 2), (0, 3), (1, 1), (1, 2), (1, 3), (2, 2), (2, 3), (3, 3))
"""The entries of a symmetric 4 x 4 matrix that determine it."""


def linearise_moments(
    pairs: SkinPairs, posed: PosedSkin, residual: np.ndarray, weights: np.ndarray
) -> Normal:
    """The normal equations of residual (F, 3, N) = posed - mesh with weights (F, N). The cost is left 0.

    How the pose blendshapes change with the turns is left out: they are in the residual, so that what fits exactly
    is found exactly, in a few more steps.
    """
    count, joint_count = posed.turned.shape[:2]
    turning = 3 * joint_count
    surface = homogeneous(posed.surface)
    pulled = first_moments(pairs, surface, weights[:, None] * residual)
    total = weights.sum(axis=1)

    moments = second_moments(pairs, surface, weights)
    carried = _carried(pairs, posed)
    arms = carried @ moments
    both = (arms @ carried.swapaxes(1, 2)).reshape(count, joint_count, 3, joint_count, 3)
    hessian = np.zeros((count, turning + 3, turning + 3))
    # (e x a) . (m x b) = (e . m) (a . b) - (e . b) (a . m) for turns about e and m of the arms a and b
    turns = -both.transpose(0, 1, 4, 3, 2)
    turns[:, :, range(3), :, range(3)] += np.einsum("fkxlx->fkl", both)
    hessian[:, :turning, :turning] = turns.reshape(count, turning, turning)
    summed = arms[:, :, 3::4].sum(axis=2).reshape(count, joint_count, 1, 3)
    hessian[:, :turning, turning:] = np.cross(np.eye(3), summed).reshape(count, turning, 3)
    hessian[:, turning:, :turning] = hessian[:, :turning, turning:].swapaxes(1, 2)
    hessian[:, turning:, turning:] = total[:, None, None] * np.eye(3)

    shifts = pulled[:, 3::4].sum(axis=1)
    pulled = (carried @ pulled).reshape(count, joint_count, 3, 3)
    gradient = np.empty((count, turning + 3))
    gradient[:, :turning] = np.stack(
        [pulled[..., a, b] - pulled[..., b, a] for a, b in ((1, 2), (2, 0), (0, 1))], axis=2
    ).reshape(count, turning)
    gradient[:, turning:] = shifts

    # the turns were about the axes of the vertices' frame, and are to be about the joints' own
    hessian = to_own_axes(posed, to_own_axes(posed, hessian).swapaxes(1, 2))
    return Normal(np.zeros(count), to_own_axes(posed, gradient[..., None])[..., 0], hessian)


def homogeneous(surface: np.ndarray) -> np.ndarray:
    """(1 or F, 3, N) -> (1 or F, 4, N): with a one below."""
    points = np.ones((len(surface), 4, surface.shape[2]), dtype=PRECISION)
    points[:, :3] = surface
    return points


def first_moments(pairs: SkinPairs, surface: np.ndarray, values: np.ndarray) -> np.ndarray:
    """surface (1 or F, 4, N), values (F, 3, N) -> (F, 4 J, 3): the sums of w_j (s, 1) times the values."""
    count, joint_count = len(values), pairs.weights.shape[1]
    outer = (values.astype(PRECISION)[:, :, None] * surface[:, None]).reshape(count, 12, -1) @ pairs.weights
    outer = outer.astype(np.float64).reshape(count, 3, 4, joint_count)
    return outer.transpose(0, 3, 2, 1).reshape(count, 4 * joint_count, 3)


def second_moments(pairs: SkinPairs, surface: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """surface (1 or F, 4, N), weights (F, N) -> (F, 4 J, 4 J): the moments of w_j (s, 1), for all joints j."""
    count, joint_count = len(weights), pairs.weights.shape[1]
    planes = np.stack([surface[:, a] * surface[:, b] for a, b in HOMOGENEOUS], axis=1)
    sums = (planes * weights.astype(PRECISION)[:, None]) @ pairs.products
    blocks = np.empty((count, len(pairs.first), 4, 4))
    for place, (a, b) in enumerate(HOMOGENEOUS):
        blocks[:, :, a, b] = blocks[:, :, b, a] = sums[:, place]
    moments = np.zeros((count, joint_count, joint_count, 4, 4))
    moments[:, pairs.first, pairs.second] = blocks
    moments[:, pairs.second, pairs.first] = blocks
    return moments.transpose(0, 1, 3, 2, 4).reshape(count, 4 * joint_count, 4 * joint_count)


def _carried(pairs: SkinPairs, posed: PosedSkin) -> np.ndarray:
    """(F, 3 J, 4 J): what the moments are multiplied by to give the arms about each joint of all that it carries."""
    shifts = posed.joints - (posed.turned @ posed.rest[:, :, None])[..., 0]
    count, joint_count = shifts.shape[:2]
    carried = np.empty((count, joint_count, 3, joint_count, 4))
    carried[..., :3] = posed.turned.transpose(0, 2, 1, 3)[:, None]
    carried[..., 3] = shifts.swapaxes(1, 2)[:, None] - posed.joints[..., None]
    carried *= pairs.carries[:, None, :, None]
    return carried.reshape(count, 3 * joint_count, 4 * joint_count)


def betas_gradient(
    skin: SampledSkin, posed: PosedSkin, residual: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """(10,): of half the weighted squares of residual (F, 3, N), by the betas."""
    pulls = weights[:, None] * residual
    at_rest = (posed.blended * pulls[:, :, None]).sum(axis=(0, 1))
    by_joint = pulls @ skin.weights.T
    directions = skin.body.shape_directions[skin.chosen]
    return np.einsum("an,nab->b", at_rest, directions) + np.einsum(
        "faj,fjab->b", by_joint, shifts_by_betas(skin, posed)
    )
