"""Square, possibly turned regions of an image, and the crops that the networks look at."""

from dataclasses import dataclass

import cv2
import numpy as np


@dataclass(frozen=True)
class Region:
    """A square of an image: its centre and side in pixels, turned clockwise by `rotation` radians."""

    x: float
    y: float
    side: float
    rotation: float = 0.0

    @property
    def centre(self) -> np.ndarray:
        return np.array([self.x, self.y])


class Picture:
    """An image (H,W,3) with its halves, quarters, ... made when first asked for.

    Sampling a large region into a small crop from the right level averages pixels instead of skipping them.
    """

    def __init__(self, image: np.ndarray) -> None:
        self._levels = [image]

    @property
    def image(self) -> np.ndarray:
        return self._levels[0]

    def level(self, scale: float) -> tuple[np.ndarray, int]:
        """The smallest level that still has a pixel for each `scale` pixels, and how much it is reduced."""
        number = 0
        while scale >= 2 ** (number + 1) and min(self._levels[number].shape[:2]) >= 2:
            number += 1
            if number == len(self._levels):
                finer = self._levels[-1]
                even = finer[: finer.shape[0] // 2 * 2, : finer.shape[1] // 2 * 2]
                half = (even.shape[1] // 2, even.shape[0] // 2)
                self._levels.append(cv2.resize(even, half, interpolation=cv2.INTER_AREA))
        return self._levels[number], 2**number


def crop(picture: Picture, region: Region, size: int, border: int) -> tuple[np.ndarray, np.ndarray]:
    """The region as (size,size,3) uint8, and the affine (2,3) from its pixels to the image's.

    `border` is OpenCV's border mode for what lies outside of the image. Pixel centres are at integers.
    """
    cosine, sine, scale = np.cos(region.rotation), np.sin(region.rotation), region.side / size
    linear = scale * np.array([[cosine, -sine], [sine, cosine]])
    offset = region.centre - linear @ np.full(2, (size - 1) / 2)
    level, factor = picture.level(scale)
    # A pixel of the level covers `factor` pixels of the image: its centre lies between theirs.
    to_level = np.column_stack([linear / factor, (offset + 0.5) / factor - 0.5])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    pixels = cv2.warpAffine(level, to_level, (size, size), flags=flags, borderMode=border)
    return pixels, np.column_stack([linear, offset])


def to_image(points: np.ndarray, affine: np.ndarray) -> np.ndarray:
    """Points (...,2) of a crop in the image's pixels."""
    return points @ affine[:, :2].T + affine[:, 2]
