"""What a clip's solve is given, and what it gives back."""

from dataclasses import dataclass

import numpy as np

from ..body.skeleton import KEYPOINT_INDEX

HIPS = (KEYPOINT_INDEX["left_hip"], KEYPOINT_INDEX["right_hip"])

SMALLEST = 1e-6
"""The least size of a person, as a share of the distance, so that nothing is divided by zero."""


@dataclass(frozen=True)
class PredictedPose:
    """What a network that looks at the pictures says of a person over F frames, in camera space."""

    rotations: np.ndarray
    """(F, 24, 3, 3) relative to the parent; the root's relative to the camera."""
    betas: np.ndarray
    """(10,) of the network's own body."""
    sigma: np.ndarray
    """(F, 24) radians: how far each joint's true rotation usually is from that, about each of its axes."""
    knows_free: bool
    """Whether that body is the free one; else it is SMPL."""


@dataclass(frozen=True)
class Observations:
    """One person's keypoints over F frames, seen through a pinhole camera."""

    rays: np.ndarray
    """(F, K, 2) (pixel - principal point) / focal length."""
    confidence: np.ndarray
    """(F, K) between 0 and 1; 0 where nothing was seen."""
    extent: np.ndarray
    """(F,) the person's size in the picture, over the focal length: the scale of the networks' 2D error."""
    joints_3d: np.ndarray | None
    """(F, K, 3) metres, from the middle of the hips, in axes parallel to the camera's; None where they are not used."""
    fps: float
    predicted: PredictedPose | None = None
    """Where a method looked at the pictures."""


@dataclass(frozen=True)
class BodyState:
    """A posed body over F frames in camera space."""

    rotations: np.ndarray
    """(F, 24, 3, 3) relative to the parent; the root's relative to the camera."""
    betas: np.ndarray
    """(10,)."""
    trans: np.ndarray
    """(F, 3) metres."""

    def slice(self, frames: slice | np.ndarray) -> "BodyState":
        return BodyState(self.rotations[frames], self.betas, self.trans[frames])


@dataclass(frozen=True)
class PoseTarget:
    """A network's own guess of the pose, which the solve is to stay near."""

    rotations: np.ndarray
    """(F, 24, 3, 3), as in BodyState."""
    sigma: np.ndarray
    """(F, 24) radians: how far each joint's true rotation usually is from the guess, about each of its axes."""


def observe(
    keypoints: np.ndarray,
    joints_3d: np.ndarray | None,
    crop_centres: np.ndarray | None,
    focal_length: float,
    principal_point: np.ndarray,
    fps: float,
) -> Observations:
    """keypoints (F, K, 3) pixels and confidence -> rays; joints_3d (F, K, 3) -> camera axes.

    A network sees a crop as if the camera looked straight at it: its third axis lies along the ray through
    `crop_centres` (F, 2) pixels, and is turned from there into the camera's.
    """
    rays = (keypoints[..., :2] - principal_point) / focal_length
    confidence = keypoints[..., 2]
    extent = _extent(rays, confidence > 0.3)
    turned = None
    if joints_3d is not None and crop_centres is not None:
        directions = np.concatenate(
            [(crop_centres - principal_point) / focal_length, np.ones((len(crop_centres), 1))], axis=1
        )
        turned = joints_3d @ turn_forward_to(directions).swapaxes(1, 2)
        turned = turned - turned[:, HIPS].mean(axis=1, keepdims=True)
    return Observations(rays, confidence, extent, turned, fps)


def _extent(rays: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """(F,) the longer side of the box around the points that are seen; near its median where few are."""
    highest = np.where(seen[..., None], rays, -np.inf).max(axis=1)
    lowest = np.where(seen[..., None], rays, np.inf).min(axis=1)
    sides = (highest - lowest).max(axis=1)
    known = seen.sum(axis=1) >= 4
    typical = np.median(sides[known]) if known.any() else 1.0
    return np.maximum(np.clip(np.where(known, sides, typical), 0.5 * typical, 2 * typical), SMALLEST)


def turn_forward_to(directions: np.ndarray) -> np.ndarray:
    """(F, 3) -> (F, 3, 3): the shortest rotations that carry +Z to the directions."""
    unit = directions / np.linalg.norm(directions, axis=1, keepdims=True)
    x, y, z = unit.T
    common = 1 / (1 + z)
    return np.stack(
        [
            np.stack([1 - x * x * common, -x * y * common, x], axis=1),
            np.stack([-x * y * common, 1 - y * y * common, y], axis=1),
            np.stack([-x, -y, z], axis=1),
        ],
        axis=1,
    )
