"""The pictures that HMR sees: each form's square around a person, as its authors cut it out."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from ...hmr_layout import CROP, ORIGINAL
from ...people import boxes
from ..method import Crop
from ..person_box import SEEN

PERSON: Final = 150
"""Pixels of the crop that the box around a person's keypoints measures from corner to corner, in the authors' form."""
MARGIN: Final = 1.2
"""The square's side over the longer side of that box, in SPIN's form."""
LARGEST: Final = 4
"""Times the frame's longer side: what would be larger is no person."""
IMAGENET_MEAN: Final = np.array([0.485, 0.456, 0.406], dtype=np.float32)
IMAGENET_DEVIATION: Final = np.array([0.229, 0.224, 0.225], dtype=np.float32)

Cut = tuple[NDArray[np.uint8], NDArray[np.float64], float]
"""The crop, its middle (2,) and its side in pixels of the frame, whose centres lie at whole numbers."""


def cut(form: str, image: NDArray, keypoints: NDArray) -> Crop:
    """From a frame (H, W, 3) uint8 RGB and a person's keypoints (25, 3) in it, pixels and confidence."""
    points, seen = keypoints[:, :2].astype(np.float64), keypoints[:, 2] > SEEN
    box = boxes.around(points[seen] if seen.sum() > 1 else points)
    centre, size = (box[:2] + box[2:]) / 2, box[2:] - box[:2]
    frame_side = max(image.shape[:2])
    if not 1 < size.max() < LARGEST * frame_side:  # keypoints that lie on each other, or nowhere near
        size = np.full(2, float(frame_side))
    patch, middle, side = (_of_original if form == ORIGINAL else _of_spin)(image, centre, size)
    return Crop(patch, middle, side, frame_side)


def as_input(form: str, patches: NDArray) -> NDArray[np.float32]:
    """(N, 224, 224, 3) uint8 RGB -> (N, 3, 224, 224) as the network of that form takes it."""
    if form == ORIGINAL:
        factor, added = np.full(3, 2 / 255), np.full(3, -1.0)
    else:
        factor, added = 1 / (255 * IMAGENET_DEVIATION), -IMAGENET_MEAN / IMAGENET_DEVIATION
    given = np.empty((len(patches), 3, CROP, CROP), dtype=np.float32)
    for channel in range(3):
        np.multiply(patches[..., channel], np.float32(factor[channel]), out=given[:, channel])
        given[:, channel] += np.float32(added[channel])
    return given


def _of_original(image: NDArray, centre: NDArray, size: NDArray) -> Cut:
    """The frame made smaller, or larger, until the box measures 150 pixels from corner to corner; its edge goes on.

    As with the authors the frame gets whole numbers of pixels, the middle lies on one, and where the frame is made
    smaller none are averaged. The frame is not made smaller as a whole: the crop's pixels are looked up in it.
    """
    height, width = image.shape[:2]
    smaller = np.maximum(np.floor(np.array([width, height]) * PERSON / np.linalg.norm(size)), 1)
    scale = smaller / [width, height]
    corner = np.round(centre * scale) - CROP // 2
    lines = np.clip(corner + np.arange(CROP)[:, None], 0, smaller - 1)  # (224, 2) columns and rows
    places = ((lines + 0.5) / scale - 0.5).astype(np.float32)
    columns, rows = np.broadcast_arrays(places[None, :, 0], places[:, None, 1])
    maps = np.ascontiguousarray(columns), np.ascontiguousarray(rows)
    patch = cv2.remap(image, *maps, interpolation=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    middle = (corner + CROP / 2) / scale - 0.5
    return np.asarray(patch, dtype=np.uint8), middle, CROP / float(np.sqrt(scale.prod()))


def _of_spin(image: NDArray, centre: NDArray, size: NDArray) -> Cut:
    """A square of whole pixels, black beyond the frame, made 224 pixels large.

    The authors' library averages over the pixels where it makes a picture smaller. Here whole numbers of them are
    averaged, which is fast, and what is left to do is interpolated.
    """
    left, top, right, bottom = square_of_spin(centre, size.max() * MARGIN / 200).tolist()
    sides = np.array([right - left, bottom - top])
    factor = max(1, round(sides.max() / CROP))
    wide, high = -(-sides // factor) * factor
    height, width = image.shape[:2]
    columns, rows = np.clip([left, left + wide], 0, width), np.clip([top, top + high], 0, height)
    square = image[rows[0] : rows[1], columns[0] : columns[1]]
    if square.shape[:2] != (high, wide):  # copied only where it reaches beyond the frame
        inside, square = square, np.zeros((high, wide, 3), dtype=np.uint8)
        square[rows[0] - top : rows[1] - top, columns[0] - left : columns[1] - left] = inside
    remaining = factor
    while remaining > 1:  # twice by two takes a quarter of the time of once by four
        step = 2 if remaining % 2 == 0 else remaining
        smaller = square.shape[1] // step, square.shape[0] // step
        square = cv2.resize(square, smaller, interpolation=cv2.INTER_AREA)
        remaining //= step
    scale = sides / (factor * CROP)
    to_square = np.column_stack([np.diag(scale), scale / 2 - 0.5])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    patch = cv2.warpAffine(square, to_square, (CROP, CROP), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    middle = np.array([left + right - 1, top + bottom - 1]) / 2
    return np.asarray(patch, dtype=np.uint8), middle, float(sides.max())


def square_of_spin(centre: NDArray, scale: float) -> NDArray[np.int64]:
    """(4,) left, top, right, bottom of the square of 200 `scale` pixels, right and bottom beyond it.

    The authors map the crop's corners back to the frame and drop what comes after the point.
    """
    side = 200 * scale
    to_crop = np.array(
        [
            [CROP / side, 0, CROP * (-centre[0] / side + 0.5)],
            [0, CROP / side, CROP * (-centre[1] / side + 0.5)],
            [0, 0, 1],
        ]
    )
    corners = np.linalg.inv(to_crop) @ np.array([[0, CROP], [0, CROP], [1, 1]])
    return np.concatenate([corners[:2, 0], corners[:2, 1]]).astype(np.int64)
