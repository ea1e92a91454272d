"""Which triangle of a mesh a camera sees in every pixel."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from .motion import Camera

_SAMPLES: Final = 4_000_000
"""Pixels of triangles' boxes that are worked on at a time."""
_NEAREST: Final = 1e-3
"""Metres: triangles that reach nearer, or behind the camera, are left out."""


def seen_triangles(vertices: NDArray, faces: NDArray, camera: Camera) -> NDArray[np.int64]:
    """(H, W) the row in `faces` (T, 3) of the nearest triangle over each pixel's centre, -1 where there is none.

    vertices (V, 3) metres in camera space. Front and back are both seen.
    """
    corners = vertices[faces]
    rows = np.flatnonzero(corners[..., 2].min(axis=1) > _NEAREST)
    pixels = camera.project(corners[rows])
    low = np.clip(np.ceil(pixels.min(axis=1)), 0, None).astype(np.int64)
    high = np.clip(np.floor(pixels.max(axis=1)), -1, [camera.width - 1, camera.height - 1]).astype(np.int64)
    sizes = np.maximum(high - low + 1, 0)
    counts = sizes.prod(axis=1)
    nearest = np.full(camera.width * camera.height, np.inf)
    seen = np.full(camera.width * camera.height, -1)
    groups = np.cumsum(counts) // _SAMPLES
    for group in np.unique(groups[counts > 0]):
        chosen = np.flatnonzero((groups == group) & (counts > 0))
        triangle, places, depth = _samples(
            pixels[chosen], corners[rows[chosen], :, 2], low[chosen], sizes[chosen]
        )
        index = places[:, 1] * camera.width + places[:, 0]
        order = np.argsort(-depth, kind="stable")  # the nearest is written last
        order = order[depth[order] < nearest[index[order]]]
        nearest[index[order]], seen[index[order]] = depth[order], rows[chosen[triangle[order]]]
    return seen.reshape(camera.height, camera.width)


def _samples(
    pixels: NDArray, depths: NDArray, low: NDArray[np.int64], sizes: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray]:
    """Triangles (T, 3, 2) of pixels, (T, 3) of depths, whose boxes begin at low (T, 2) -> for every pixel's centre in
    one of them the triangle's number (S,), x and y (S, 2), and the depth there (S,).
    """
    counts = sizes.prod(axis=1)
    triangle = np.repeat(np.arange(len(counts)), counts)
    number = np.arange(len(triangle)) - np.repeat(np.cumsum(counts) - counts, counts)
    across = sizes[triangle, 0]
    places = low[triangle] + np.column_stack([number % across, number // across])
    a, b, c = pixels[triangle].transpose(1, 0, 2)
    area = _cross(b - a, c - a)
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = np.stack([_cross(b - places, c - places), _cross(c - places, a - places)]) / area
    shares = np.concatenate([shares, 1 - shares.sum(axis=0, keepdims=True)])
    inside = (shares >= 0).all(axis=0)
    # what is even in the picture is one over the depth
    depth = 1 / (shares[:, inside] / depths[triangle[inside]].T).sum(axis=0)
    return triangle[inside], places[inside], depth


def _cross(u: NDArray, v: NDArray) -> NDArray:
    return u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]
