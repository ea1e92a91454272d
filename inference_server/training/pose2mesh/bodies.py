"""Bodies to train on, whatever they are from."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...body.model import Body, rest_joints
from ...body.rotation import axis_angle_to_matrix, matrix_to_axis_angle

Array = NDArray[np.float64]
Random = np.random.Generator

ELEVATION, ROLL = np.radians(12.0), np.radians(4.0)
NEAREST, FURTHEST = 2.0, 8.0
"""Metres from the camera."""
ASIDE = 0.4
"""The most that somebody is off the middle of the picture, as a share of the distance."""
DOWN = np.diag([1.0, -1.0, -1.0])
"""From a world with Y up to a level camera's axes."""


@dataclass(frozen=True)
class Bodies:
    """N bodies: seen by a camera, or in a world with Y up, where cameras are put around them."""

    poses: NDArray[np.float32]
    """(N, 24, 3) axis-angle; the root's relative to the camera, or to the world."""
    betas: NDArray[np.float32] | None
    """(N, 10); None to draw them."""
    trans: NDArray[np.float32] | None
    """(N, 3) metres in camera space; None for bodies in a world."""

    def __len__(self) -> int:
        return len(self.poses)


def draw(bodies: Bodies, random: Random, count: int) -> tuple[Array, Array, Array]:
    """`count` of them in camera space: poses (count, 24, 3), betas (count, 10), trans (count, 3)."""
    chosen = random.integers(len(bodies), size=count)
    poses = bodies.poses[chosen].astype(np.float64)
    betas = (
        random.normal(size=(count, 10)) if bodies.betas is None else bodies.betas[chosen].astype(np.float64)
    )
    if bodies.trans is not None:
        return poses, betas, bodies.trans[chosen].astype(np.float64)
    turns = (
        random.uniform(-np.pi, np.pi, count),
        ELEVATION * random.normal(size=count),
        ROLL * random.normal(size=count),
    )
    heading, pitch, roll = (
        axis_angle_to_matrix(angle[:, None] * axis)
        for angle, axis in zip(turns, np.eye(3)[[1, 0, 2]], strict=True)
    )
    poses[:, 0] = matrix_to_axis_angle(roll @ pitch @ DOWN @ heading @ axis_angle_to_matrix(poses[:, 0]))
    distance = random.uniform(NEAREST, FURTHEST, (count, 1))
    aside = ASIDE * random.uniform(-1, 1, (count, 2))
    return poses, betas, np.concatenate([aside * distance, distance], axis=1)


def into_camera(
    body: Body, poses: Array, betas: Array, trans: Array, rotation: Array, translation: Array
) -> tuple[Array, Array]:
    """Bodies in a world -> poses (N, 24, 3) and trans (N, 3) in the space of their cameras, which are given as
    rotation (N, 3, 3) or (3, 3), and translation (N, 3) or (3,), world to camera.
    """
    turned = poses.copy()
    turned[:, 0] = matrix_to_axis_angle(rotation @ axis_angle_to_matrix(poses[:, 0]))
    pelvis = rest_joints(body, betas)[:, 0]  # SMPL's root turns about it
    moved = (rotation @ (pelvis + trans)[..., None])[..., 0] + translation
    return turned, moved - pelvis
