"""Rendered figures as samples to learn from, and to test with."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ...body.rotation import axis_angle_to_matrix
from ...lifting.features import KEYPOINTS, lifter_input, seen_by
from ..motions import mirror
from .detections import MIRRORED
from .rendered import Rendered
from .samples import GRAIN, GRAIN_3D, WITHOUT_3D, Batch

Random = np.random.Generator

ASKEW: Final = 0.08
"""Radians by which a picture is turned (standard deviation): there are few of them."""


def as_batch(rendered: Rendered, with_3d: bool) -> Batch:
    """All of them as they are."""
    return _batch(rendered, np.full(len(rendered.rays), with_3d))


def sample_rendered(rendered: Rendered, random: Random, count: int) -> Batch:
    """Any of them, mirrored, turned and disturbed a little, with the 3D left out now and then."""
    rows = random.integers(len(rendered.rays), size=count)
    chosen = Rendered(**{name: values[rows] for name, values in vars(rendered).items()})
    return _batch(_disturbed(chosen, random), random.random(count) >= WITHOUT_3D)


def _batch(rendered: Rendered, with_3d: NDArray[np.bool_]) -> Batch:
    given = lifter_input(rendered.rays, rendered.confidence, rendered.joints_3d)
    given.features[~with_3d, -3 * KEYPOINTS - 1 :] = 0
    rotations = rendered.rotations.copy()
    rotations[:, 0] = given.turns @ rotations[:, 0]
    places = seen_by(given.turns, rendered.keypoints)
    return Batch(
        given.features[:, None],
        given.sizes[:, None].astype(np.float32),
        rotations[:, None].astype(np.float32),
        rendered.betas.astype(np.float32),
        places[:, None].astype(np.float32),
    )


def _disturbed(rendered: Rendered, random: Random) -> Rendered:
    count = len(rendered.rays)
    angles = np.zeros((count, 3))
    angles[:, 2] = random.normal(0, ASKEW, count)
    askew = axis_angle_to_matrix(angles)
    across = np.where(random.random(count) < 0.5, -1.0, 1.0)
    size = np.ptp(rendered.rays, axis=1).max(axis=1)[:, None, None]
    rays = rendered.rays + size * random.normal(0, GRAIN, rendered.rays.shape)
    in_3d = rendered.joints_3d + random.normal(0, GRAIN_3D, rendered.joints_3d.shape)
    points = [np.concatenate([rays, np.ones_like(rays[..., :1])], axis=2), in_3d, rendered.keypoints]
    flip = across < 0
    for index, values in enumerate(points):
        values = np.where(flip[:, None, None], values[:, MIRRORED] * [-1, 1, 1], values)
        points[index] = values @ askew.swapaxes(1, 2)
    rotations = np.where(flip[:, None, None, None], mirror(rendered.rotations), rendered.rotations)
    rotations[:, 0] = askew @ rotations[:, 0]
    confidence = np.where(flip[:, None], rendered.confidence[:, MIRRORED], rendered.confidence)
    return Rendered(points[0][..., :2], confidence, points[1], rotations, rendered.betas, points[2])
