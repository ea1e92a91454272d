"""The pictures that I2L-MeshNet sees: a square around a person or a hand, as its authors cut it out."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...lixel_layout.kinds import CROP

MARGIN = 1.25
"""The square's side over the box's longer one."""


@dataclass(frozen=True)
class Square:
    """A square of a picture: its left, its top and its side in pixels. It may reach beyond the picture."""

    left: float
    top: float
    side: float

    @property
    def to_crop(self) -> NDArray[np.float32]:
        """(2, 3) from the picture's pixels to the crop's."""
        scale = CROP / self.side
        return np.array([[scale, 0, -scale * self.left], [0, scale, -scale * self.top]], np.float32)

    @property
    def to_image(self) -> NDArray[np.float32]:
        """(2, 3) from the crop's pixels to the picture's."""
        scale = self.side / CROP
        return np.array([[scale, 0, self.left], [0, scale, self.top]], np.float32)


def square_around(box: ArrayLike, width: int, height: int) -> Square | None:
    """The square around a box in a picture of that size: left, top, width, height in pixels.

    As with the authors, a box that begins left of the picture or above it is moved inside with its whole size: clip
    it first where that matters. None where the picture shows nothing of the box.
    """
    x, y, box_width, box_height = np.asarray(box, dtype=np.float64)
    left, top = max(0.0, x), max(0.0, y)
    right, bottom = min(width - 1, left + box_width - 1), min(height - 1, top + box_height - 1)
    if min(x + box_width, y + box_height) <= 0 or min(box_width, box_height) <= 0:
        return None
    side = max(right - left, bottom - top) * MARGIN
    if right < left or bottom < top or side == 0:
        return None
    return Square((left + right - side) / 2, (top + bottom - side) / 2, side)


def cut_out(image: NDArray, square: Square) -> NDArray[np.float32]:
    """The square of a picture (H, W, 3), RGB -> (256, 256, 3) float32 from 0 to 255, black beyond the picture.

    Bilinear as the authors', who warp with OpenCV; its older versions round places to 1/32 of a pixel.
    """
    rows = _taps(square.top, square.side, image.shape[0])
    columns = _taps(square.left, square.side, image.shape[1])
    crop = np.zeros((CROP, CROP, image.shape[2]), np.float32)
    for row, row_share in rows:
        for column, column_share in columns:
            crop += image[np.ix_(row, column)] * np.outer(row_share, column_share)[..., None]
    return crop


def _taps(start: float, side: float, size: int) -> list[tuple[NDArray[np.int64], NDArray[np.float32]]]:
    """The two pixels of a line of `size` between which each of the crop's lies, (256,), and their shares in it."""
    places = start + side / CROP * np.arange(CROP)
    first = np.floor(places).astype(np.int64)
    shares = (1 - (places - first), places - first)
    return [
        (np.clip(pixel, 0, size - 1), np.where((pixel >= 0) & (pixel < size), share, 0).astype(np.float32))
        for pixel, share in zip((first, first + 1), shares, strict=True)
    ]


def as_input(crops: NDArray) -> NDArray[np.float32]:
    """(N, 256, 256, 3) from 0 to 255 -> (N, 3, 256, 256) from 0 to 1, no mean or deviation taken out."""
    return np.ascontiguousarray((crops / np.float32(255)).transpose(0, 3, 1, 2), dtype=np.float32)
