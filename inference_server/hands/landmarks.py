"""MediaPipe's hand landmarks (Apache-2.0): 21 points of one hand, in the image and in metres.

Zhang et al. 2020, "MediaPipe Hands: On-device Real-time Hand Tracking".
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from ..people.crop import Picture, Region, crop, to_image
from ..people.networks import HANDS, Networks
from .layout import POINT_COUNT

SIDE: Final = 224


@dataclass(frozen=True)
class HandLandmarks:
    """What the network saw in one region."""

    points: np.ndarray
    """(21, 2) pixels of the image."""
    world: np.ndarray
    """(21, 3) metres: x right, y down, z away from a camera that looks at the region's middle."""
    presence: float
    """0 to 1, of a hand of the side that was looked for."""


def hand_landmarks(networks: Networks, picture: Picture, region: Region, side: str) -> HandLandmarks:
    """Looks for a "left" or "right" hand. The network is shown left hands mirrored, so that it sees right ones only,
    and what it takes for a hand of the other side counts as less of one.
    """
    pixels, affine = crop(picture, region, SIDE, cv2.BORDER_CONSTANT)
    mirrored = side == "left"
    if mirrored:
        pixels = pixels[:, ::-1]
    image = np.ascontiguousarray(pixels, dtype=np.float32)[None] / np.float32(255)
    landmarks, presence, handedness, in_metres = networks.run(HANDS, image)
    points = landmarks.reshape(POINT_COUNT, 3)[:, :2].astype(np.float64)
    world = in_metres.reshape(POINT_COUNT, 3).astype(np.float64)
    if mirrored:
        points[:, 0] = SIDE - 1 - points[:, 0]
        world[:, 0] *= -1
    cosine, sine = np.cos(region.rotation), np.sin(region.rotation)
    world[:, :2] = world[:, :2] @ np.array([[cosine, sine], [-sine, cosine]])
    return HandLandmarks(to_image(points, affine), world, float(presence.item() * handedness.item()))
