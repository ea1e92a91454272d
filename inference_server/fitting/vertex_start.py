"""A first pose from a mesh in closed form: every joint's motion at once, by linear least squares."""

import numpy as np

from ..body.model import rest_joints
from .observations import BodyState
from .outliers import faded, spread_of
from .sampled_skin import SampledSkin, skin_rows
from .skin_moments import first_moments, homogeneous, second_moments

ROUNDS = 4
"""Solves, each with less of the vertices that are far off in the one before."""
LEAST_SPREAD = 0.01
"""Metres: what the betas and the pose blendshapes, which the start leaves out, may well amount to."""
HELD_TOGETHER = 10.0
"""How many vertices' worth the end of a bone counts that must lie where the next begins."""
STIFFNESS = 0.001
"""Square metres: how many vertices' worth, by their squared distance from the joint, a joint turns as its parent."""


def start_pose(skin: SampledSkin, points: np.ndarray, certainty: np.ndarray, betas: np.ndarray) -> BodyState:
    """points (F, 3, N) metres, certainty (F, N) -> the pose near the least squares, for the given betas.

    Skinning is linear in the joints' rotations G_j and positions X_j, if the G_j may be any matrices: one system
    gives them all, also where a vertex belongs to several joints or a joint has hardly a vertex of its own. Each
    is then replaced by the nearest rotation (Kabsch 1976), from the root outwards.
    """
    rest = rest_joints(skin.body, betas)
    shaped = skin.shaped(betas)[None]
    rows = skin_rows(skin, shaped, rest)[0]
    parents = skin.body.parents
    surface, tree, about, weights = homogeneous(shaped), _tree(rest, parents), _about_joints(rest), certainty
    middle = points.mean(axis=2, keepdims=True)
    for _ in range(ROUNDS):
        squares = about @ second_moments(skin.pairs, surface, weights) @ about.T
        products = about @ first_moments(skin.pairs, surface, weights[:, None] * (points - middle))
        solved = np.linalg.solve(squares + tree, products)
        solved[:, 3::4] += middle.swapaxes(1, 2)
        distances = np.linalg.norm(solved.swapaxes(1, 2) @ rows - points, axis=1)
        spread = np.maximum(spread_of(distances, certainty), LEAST_SPREAD)
        near = faded(distances, spread)[1]
        if near.min() > 0.5:
            break
        weights = certainty * near
    solved = solved.reshape(-1, len(parents), 4, 3)
    u, _, vt = np.linalg.svd(solved[:, :, :3].swapaxes(2, 3))
    u[..., 2] *= np.sign(np.linalg.det(u @ vt))[..., None]
    turned = u @ vt
    rotations = turned.copy()
    rotations[:, 1:] = turned[:, parents[1:]].swapaxes(2, 3) @ turned[:, 1:]
    return BodyState(rotations, betas, solved[:, 0, 3] - rest[0])


def _about_joints(rest: np.ndarray) -> np.ndarray:
    """(4 J, 4 J): takes moments of points (s, 1) by joint to those of (s - rest_j, 1)."""
    count = len(rest)
    about = np.zeros((count, 4, count, 4))
    for joint in range(count):
        about[joint, :, joint] = np.eye(4)
        about[joint, :3, joint, 3] = -rest[joint]
    return about.reshape(4 * count, 4 * count)


def _tree(rest: np.ndarray, parents: np.ndarray) -> np.ndarray:
    """(4 J, 4 J): joints at rest (J, 3) -> the squares that hold each joint to its parent."""
    count, size = len(rest), 4 * len(rest)
    tree = np.diag(np.full(size, 1e-9))  # never singular, however few vertices count
    tree = tree.reshape(count, 4, count, 4)
    for joint in range(1, count):
        parent = parents[joint]
        gap = np.zeros((count, 4))  # of X_joint - X_parent - G_parent (rest_joint - rest_parent)
        gap[joint, 3], gap[parent, 3], gap[parent, :3] = -1, 1, rest[joint] - rest[parent]
        tree += HELD_TOGETHER * gap[:, :, None, None] * gap
        for axis in range(3):
            tree[joint, axis, joint, axis] += STIFFNESS
            tree[parent, axis, parent, axis] += STIFFNESS
            tree[joint, axis, parent, axis] -= STIFFNESS
            tree[parent, axis, joint, axis] -= STIFFNESS
    return tree.reshape(size, size)
