"""What the lifter is given, and what its numbers mean.

A person is seen as by a virtual camera that is turned to look at the middle of their keypoints: where they stand in
the picture then makes no difference but to what perspective does to them.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..body.rotation import rotation_6d_to_matrix
from ..body.skeleton import KEYPOINT_NAMES
from ..fitting.observations import turn_forward_to

KEYPOINTS: Final = len(KEYPOINT_NAMES)
FEATURES: Final = 6 * KEYPOINTS + 2
"""A frame's: x, y of each keypoint, its confidence, the person's size, each in 3D and whether that is known."""
TURNED: Final = 22
"""Joints whose rotation the lifter predicts: all but the hands, of which nothing is seen."""
BETAS: Final = 10
OUTPUTS: Final = 6 * TURNED + BETAS + 3 + TURNED
"""A frame's: rotations, betas, the camera, and how unsure each rotation is."""
SEEN: Final = 0.12
"""Confidence from which a keypoint counts for where the virtual camera looks."""
BARELY_SEEN: Final = 0.02
"""Below it nothing is told of a keypoint's place."""
FARTHEST: Final = 2.5
"""Half sizes of the person from the middle, at which places are cut off."""
NEAREST: Final = 0.05
"""No point is taken to be nearer to the virtual camera, so that nothing is divided by zero."""
USUAL_SIZE: Final = 0.3
USUAL_DISTANCE: Final = 1.6
"""Metres over the person's size as an angle: people who stand upright."""


@dataclass(frozen=True)
class LifterInput:
    """F frames of one person."""

    features: NDArray[np.float32]
    """(F, FEATURES)."""
    turns: NDArray[np.float64]
    """(F, 3, 3) from the camera's axes to the virtual camera's."""
    sizes: NDArray[np.float64]
    """(F,) the longer side of the box around the person, at distance 1 from the virtual camera."""


@dataclass(frozen=True)
class LifterOutput:
    """F frames of one person in the camera's axes."""

    rotations: NDArray[np.float64]
    """(F, 24, 3, 3) relative to the parent, the root's relative to the camera."""
    betas: NDArray[np.float64]
    """(F, 10)."""
    trans: NDArray[np.float64]
    """(F, 3) metres, of a body posed about its root's rest position."""
    sigma: NDArray[np.float64]
    """(F, 24) radians: how far each rotation usually is from the truth, a standard deviation an axis."""


def lifter_input(
    rays: NDArray[np.float64], confidence: NDArray[np.float64], joints_3d: NDArray[np.float64] | None
) -> LifterInput:
    """rays (F, K, 2) as in Observations, confidence (F, K), joints_3d (F, K, 3) metres in the camera's axes."""
    counts = confidence > SEEN
    counts[~counts.any(axis=1)] = True
    low, high = _box(rays, counts)
    middle = np.concatenate([(low + high) / 2, np.ones((len(rays), 1))], axis=1)
    turns = turn_forward_to(middle).swapaxes(1, 2)
    places = seen_by(turns, np.concatenate([rays, np.ones_like(rays[..., :1])], axis=2))
    low, high = _box(places, counts)
    sizes = np.maximum((high - low).max(axis=1), 1e-3)
    told = (places - ((low + high) / 2)[:, None]) / (sizes[:, None, None] / 2)
    told = np.clip(told, -FARTHEST, FARTHEST) * (confidence > BARELY_SEEN)[..., None]
    count = len(rays)
    in_3d = np.zeros((count, KEYPOINTS, 3)) if joints_3d is None else joints_3d @ turns.swapaxes(1, 2)
    parts = [
        told.reshape(count, -1),
        confidence,
        np.log(sizes / USUAL_SIZE)[:, None],
        2 * in_3d.reshape(count, -1),
        np.full((count, 1), joints_3d is not None),
    ]
    return LifterInput(np.concatenate(parts, axis=1).astype(np.float32), turns, sizes)


def seen_by(turns: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.float64]:
    """points (F, N, 3) in the camera's axes -> (F, N, 2) where virtual cameras turned by (F, 3, 3) see them."""
    turned = points @ turns.swapaxes(1, 2)
    return turned[..., :2] / np.maximum(turned[..., 2:], NEAREST)


def read_output(numbers: NDArray[np.float32], given: LifterInput) -> LifterOutput:
    """numbers (F, OUTPUTS), as the lifter's network gives them for `given`."""
    count = len(numbers)
    turned, betas, camera, sigma = np.split(
        numbers.astype(np.float64), [6 * TURNED, 6 * TURNED + BETAS, 6 * TURNED + BETAS + 3], axis=1
    )
    rotations = np.tile(np.eye(3), (count, 24, 1, 1))
    rotations[:, :TURNED] = rotation_6d_to_matrix(turned.reshape(count, TURNED, 6))
    back = given.turns.swapaxes(1, 2)
    rotations[:, 0] = back @ rotations[:, 0]
    depth = USUAL_DISTANCE / given.sizes * np.exp(camera[:, 2])
    place = np.stack([camera[:, 0], camera[:, 1], np.ones(count)], axis=1) * depth[:, None]
    place[:, :2] *= given.sizes[:, None] / 2
    sigmas = np.ones((count, 24))
    sigmas[:, :TURNED] = np.exp(sigma)
    return LifterOutput(rotations, betas, (back @ place[..., None])[..., 0], sigmas)


def _box(places: NDArray[np.float64], counts: NDArray[np.bool_]) -> tuple[NDArray, NDArray]:
    """(F, 2), (F, 2): the lowest and highest of the places (F, K, 2) that count."""
    low = np.where(counts[..., None], places, np.inf).min(axis=1)
    high = np.where(counts[..., None], places, -np.inf).max(axis=1)
    return low, high
