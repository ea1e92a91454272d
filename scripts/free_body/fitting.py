"""Shape directions from the sampled adults, and joints as weighted means of vertices."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from human_mesh_recovery.inference_server.body.model import BETA_COUNT
from human_mesh_recovery.inference_server.body.skeleton import PARENTS

from .symmetry import FLIP, mirror_joints

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

REACH = 0.28
"""A joint's vertices lie no further from it, in metres."""
SMALLEST_SHARE = 0.02
"""... and are moved by the joint and its neighbours by no less."""
TEMPLATE_WEIGHT = 5.0
SUM_WEIGHT = 30.0
SPREAD = 0.003
"""How much the fit prefers many small weights to few large ones."""


@dataclass
class ShapeSpace:
    """template (V, 3); directions (V, 3, 10), one standard deviation each; betas (S, 10) of the samples."""

    template: Array
    directions: Array
    betas: Array


def find_shape_space(vertices: Array, mirror: Indices) -> ShapeSpace:
    """Principal components of (S, V, 3), made exactly symmetric; the first grows with height."""
    template = vertices.mean(axis=0)
    offsets = (vertices - template).reshape(len(vertices), -1)
    scores, spread, components = np.linalg.svd(offsets, full_matrices=False)
    deviation = spread[:BETA_COUNT] / np.sqrt(len(vertices) - 1)
    directions = (components[:BETA_COUNT] * deviation[:, None]).reshape(BETA_COUNT, -1, 3).transpose(1, 2, 0)
    directions = (directions + directions[mirror] * FLIP[:, None]) / 2
    betas = scores[:, :BETA_COUNT] * np.sqrt(len(vertices) - 1)
    # the sign of a component is the library's whim: let the head rise with every beta
    sign = np.where(directions[np.argmax(template[:, 1]), 1] < 0, -1.0, 1.0)
    return ShapeSpace((template + template[mirror] * FLIP) / 2, directions * sign, betas * sign)


def fit_joint_regressor(space: ShapeSpace, joints: Array, weights: Array, mirror: Indices) -> Array:
    """(24, V) non-negative, rows of sum 1, the right joints' the mirror images of the left ones'.

    `joints` (S, 24, 3) are followed in the mean shape and along each beta. Non-negative weights keep every
    joint inside the body whatever the shape; a signed fit is exact and useless, for its weights grow to 75.
    """
    mean = joints.mean(axis=0)
    fitted = np.linalg.lstsq(space.betas, (joints - mean).reshape(len(joints), -1), rcond=None)[0]
    along_betas = fitted.reshape(BETA_COUNT, *mean.shape)
    other_side = mirror_joints()
    regressor = np.zeros((len(PARENTS), len(space.template)))
    for joint in range(len(PARENTS)):
        if joint > other_side[joint]:  # left joints have the lower numbers
            regressor[joint] = regressor[other_side[joint], mirror]
            continue
        parent = PARENTS[joint]
        neighbours = [joint, *([] if parent < 0 else [parent]), *np.flatnonzero(joint == PARENTS)]
        distances = np.linalg.norm(space.template - mean[joint], axis=1)
        near = np.flatnonzero((distances < REACH) & (weights[:, neighbours].sum(axis=1) > SMALLEST_SHARE))
        row = fit_row(space, near, mean[joint], along_betas[:, joint])
        if joint == other_side[joint]:
            row = (row + row[mirror]) / 2
        regressor[joint] = row
    return regressor


def fit_row(space: ShapeSpace, near: Indices, position: Array, along_betas: Array) -> Array:
    """(V,) the weights of one joint on the `near` vertices (Lawson and Hanson's non-negative least squares)."""
    count = len(near)
    matrix = np.concatenate(
        [
            TEMPLATE_WEIGHT * space.template[near].T,
            space.directions[near].transpose(2, 1, 0).reshape(-1, count),
            SUM_WEIGHT * np.ones((1, count)),
            SPREAD * np.eye(count),
        ]
    )
    target = np.concatenate(
        [TEMPLATE_WEIGHT * position, along_betas.ravel(), [SUM_WEIGHT], np.full(count, SPREAD / count)]
    )
    solution, _ = nnls(matrix, target, maxiter=50_000)
    row = np.zeros(len(space.template))
    row[near] = solution / solution.sum()
    return row
