"""MoveNet: Thunder finds one person's 17 COCO keypoints in a crop, MultiPose up to six people in an image.

Both are Google's (Apache-2.0); how they are fed is described in their model cards.
"""

from typing import Final

import cv2
import numpy as np

from .crop import Picture, Region, crop, to_image
from .networks import Networks

_SIDE: Final = 256
_MULTIPOSE_STEP: Final = 32


def thunder(networks: Networks, picture: Picture, region: Region) -> np.ndarray:
    """The person in the middle of `region`: (17,3) x, y in the image's pixels and confidence 0 to 1."""
    pixels, affine = crop(picture, region, _SIDE, cv2.BORDER_CONSTANT)
    outputs = networks.run("movenet_thunder", pixels[None].astype(np.float32))
    found = outputs[0].reshape(17, 3).astype(np.float64)
    points = to_image(found[:, [1, 0]] * _SIDE, affine)
    return np.column_stack([points, found[:, 2]])


def multipose(networks: Networks, picture: Picture, threshold: float) -> np.ndarray:
    """Boxes of up to six people (N,5): x0, y0, x1, y1 in pixels, and score."""
    height, width = picture.image.shape[:2]
    scale = _SIDE / max(height, width)
    level, _ = picture.level(1 / scale)
    inner = (max(1, round(width * scale)), max(1, round(height * scale)))
    outer_height, outer_width = (-(-side // _MULTIPOSE_STEP) * _MULTIPOSE_STEP for side in inner[::-1])
    padded = np.zeros((1, outer_height, outer_width, 3), np.float32)
    padded[0, : inner[1], : inner[0]] = cv2.resize(level, inner, interpolation=cv2.INTER_AREA)
    found = networks.run("movenet_multipose", padded)[0][0].astype(np.float64)
    found = found[found[:, 55] >= threshold]
    to_pixels = np.array([outer_width, outer_height, outer_width, outer_height]) / scale
    return np.column_stack([found[:, [52, 51, 54, 53]] * to_pixels, found[:, 55]])
