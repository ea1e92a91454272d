"""Rendered figures with what the networks made of them: the only samples whose errors nobody made up."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ...body.model import Body, rest_joints
from ...body.rotation import axis_angle_to_matrix
from ...errors import RecoveryError
from ...fitting.body_keypoints import BodyKeypoints
from ...fitting.kinematics import keypoint_positions
from ...lifting.features import KEYPOINTS, lifter_input
from ..motions import mirror
from .detections import MIRRORED
from .samples import GRAIN, GRAIN_3D, WITHOUT_3D, Batch

Array = NDArray[np.float64]
Random = np.random.Generator

ASKEW: Final = 0.08
"""Radians by which a picture is turned (standard deviation): there are few of them."""


@dataclass(frozen=True)
class Rendered:
    """N people in their cameras' axes."""

    rays: Array
    """(N, K, 2) where the networks saw the keypoints."""
    confidence: Array
    """(N, K)."""
    joints_3d: Array
    """(N, K, 3) metres from the middle of the hips, the 3D network's."""
    rotations: Array
    """(N, 24, 3, 3) the truth, the root's relative to the camera."""
    betas: Array
    """(N, 10)."""
    keypoints: Array
    """(N, K, 3) metres, where the keypoints truly are."""


def load_rendered(path: Path, body: Body, keypoints: BodyKeypoints) -> Rendered:
    """Reads what scripts/detect_rendered.py wrote. Raises RecoveryError."""
    try:
        with np.load(path, allow_pickle=False) as file:
            rays, confidence, seen_3d = file["rays"], file["confidence"], file["joints_3d"]
            rotations, betas, pelvis = file["rotations"], file["betas"], file["pelvis"]
    except (OSError, ValueError, KeyError) as error:
        raise RecoveryError(
            "bad_detections",
            f"No detections could be read from {path}: {error}.",
            "scripts/detect_rendered.py makes them from rendered pictures.",
        ) from error
    trans = pelvis - rest_joints(body, betas)[:, 0]
    posed = np.concatenate(
        [
            keypoint_positions(body, keypoints, rotation[None], own, place[None])
            for rotation, own, place in zip(rotations, betas, trans, strict=True)
        ]
    )
    # the 3D is kept in the axes of a camera that looks at the person
    turns = lifter_input(posed[..., :2] / posed[..., 2:], np.ones(posed.shape[:2]), None).turns
    return Rendered(rays, confidence, seen_3d @ turns, rotations, betas, posed)


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
    turned = rendered.keypoints @ given.turns.swapaxes(1, 2)
    places = turned[..., :2] / np.maximum(turned[..., 2:], 0.05)
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
