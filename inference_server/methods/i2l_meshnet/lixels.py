"""From lixels to the picture and to the camera, as I2L-MeshNet's authors define them (Moon 2020)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...lixel_layout.kinds import CROP, GRID

FOCAL_LENGTH = 1500.0
"""Pixels: what the authors take where the camera is not known; its axis then goes through the picture's middle."""


@dataclass(frozen=True)
class Lixels:
    """Points P of F crops, and how far each coordinate is known: x, y, z in lixels, (F, P, 3) float32."""

    positions: NDArray[np.float32]
    spread: NDArray[np.float32]
    """The standard deviation of each coordinate's heatmap."""


def to_picture(lixels: ArrayLike, to_image: ArrayLike, depth: float) -> NDArray[np.float64]:
    """Lixels (..., P, 3) -> pixels x, y of the whole picture, and metres z behind the root.

    to_image (..., 2, 3): from the crop's pixels to the picture's; depth: metres that the grid spans.
    """
    lixels, to_image = np.asarray(lixels, dtype=np.float64), np.asarray(to_image, dtype=np.float64)
    cropped = lixels[..., :2] * (CROP / GRID)
    pixels = cropped @ np.swapaxes(to_image[..., :2], -1, -2) + to_image[..., None, :, 2]
    return np.concatenate([pixels, (lixels[..., 2:] / GRID - 0.5) * depth], axis=-1)


def spread_in_picture(spread: ArrayLike, to_image: ArrayLike, depth: float) -> NDArray[np.float64]:
    """Standard deviations (..., P, 3) in lixels -> in the picture's pixels along x and y, and in metres along z."""
    side = np.linalg.norm(np.asarray(to_image, dtype=np.float64)[..., :2], axis=-2) * CROP
    metres = np.full((*side.shape[:-1], 1), depth)
    return np.asarray(spread, dtype=np.float64) / GRID * np.concatenate([side, metres], axis=-1)[..., None, :]


def to_camera(
    points: ArrayLike, root_depth: ArrayLike, focal_length: float, principal_point: ArrayLike
) -> NDArray[np.float64]:
    """Points of the picture (..., P, 3), z in metres behind the root -> metres in the camera's space (..., P, 3).

    root_depth (...): metres from the camera to the root.
    """
    points = np.asarray(points, dtype=np.float64)
    z = points[..., 2:] + np.asarray(root_depth, dtype=np.float64)[..., None, None]
    return np.concatenate([(points[..., :2] - np.asarray(principal_point)) * z / focal_length, z], axis=-1)
