"""MediaPipe's hand landmarks (Apache-2.0): 21 points of one hand, in the image and in metres.

Zhang et al. 2020, "MediaPipe Hands: On-device Real-time Hand Tracking".
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from ..people.crop import Picture, Region, crop, to_image
from ..weights.sessions import InferenceSession
from .layout import POINT_COUNT

NAME: Final = "hand_landmarks"
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


def hand_landmarks(session: InferenceSession, picture: Picture, region: Region, side: str) -> HandLandmarks:
    """Looks for a "left" or "right" hand. The network is shown left hands mirrored, so that it sees right ones only,
    and what it takes for a hand of the other side counts as less of one.
    """
    pixels, affine = crop(picture, region, SIDE, cv2.BORDER_CONSTANT)
    mirrored = side == "left"
    if mirrored:
        pixels = pixels[:, ::-1]
    image = np.ascontiguousarray(pixels, dtype=np.float32)[None] / np.float32(255)
    found = dict(zip((o.name for o in session.get_outputs()), session.run(None, {"image": image}), strict=True))
    points = np.asarray(found["landmarks"], dtype=np.float64).reshape(POINT_COUNT, 3)[:, :2]
    world = np.asarray(found["world_landmarks"], dtype=np.float64).reshape(POINT_COUNT, 3)
    if mirrored:
        points[:, 0] = SIDE - 1 - points[:, 0]
        world[:, 0] *= -1
    cosine, sine = np.cos(region.rotation), np.sin(region.rotation)
    world[:, :2] = world[:, :2] @ np.array([[cosine, sine], [-sine, cosine]])
    presence = float(np.asarray(found["presence"]).item())
    handedness = float(np.asarray(found["handedness"]).item())
    return HandLandmarks(to_image(points, affine), world, presence * handedness)
