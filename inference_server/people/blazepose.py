"""BlazePose (MediaPipe, Apache-2.0): 33 landmarks of one person, in the image and in metres.

Bazarevsky et al. 2020, "BlazePose: On-device Real-time Body Pose tracking"; Grishchenko et al. 2022,
"BlazePose GHUM Holistic". The heatmap refinement and the region's alignment follow MediaPipe's pose graph.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from .crop import Picture, Region, crop, to_image
from .networks import Networks

_SIDE: Final = 256
_HEATMAP: Final = 64
_WINDOW: Final = np.arange(-3, 4)
_LEAST_PEAK: Final = 0.5
_REGION_MARGIN: Final = 1.25
_MID_HIP, _CIRCLE = 33, 34


@dataclass(frozen=True)
class Landmarks:
    """What the network saw in one region.

    points (33,2) in the image's pixels; visibility (33,) 0 to 1; world (33,3) metres from the middle of the
    hips, x right, y down, z away from the camera along the region's viewing ray; next_region, where to look
    for the same person next. The network's presence score, near 1 on wrong poses too, is left aside.
    """

    points: np.ndarray
    visibility: np.ndarray
    world: np.ndarray
    next_region: Region


def landmarks(networks: Networks, picture: Picture, region: Region) -> Landmarks:
    """Runs the heavy landmark network on a region whose `rotation` turns the person upright."""
    pixels, affine = crop(picture, region, _SIDE, cv2.BORDER_REPLICATE)
    outputs = networks.run("blazepose_heavy", (pixels * np.float32(1 / 255))[None])
    found = outputs[0].reshape(39, 5).astype(np.float64)
    points = to_image(_refine(found[:, :2], outputs[3][0]), affine)
    world = outputs[4].reshape(39, 3)[:33].astype(np.float64)
    cosine, sine = np.cos(region.rotation), np.sin(region.rotation)
    world[:, :2] = world[:, :2] @ np.array([[cosine, sine], [-sine, cosine]])
    return Landmarks(
        points[:33],
        _sigmoid(found[:33, 3]),
        world,
        aligned_region(points[_MID_HIP], points[_CIRCLE]),
    )


def aligned_region(hips: np.ndarray, edge: np.ndarray) -> Region:
    """The region around a circle with its centre at the hips; the edge point lies straight above them."""
    up = edge - hips
    rotation = np.arctan2(up[0], -up[1])
    return Region(hips[0], hips[1], float(2 * _REGION_MARGIN * max(np.hypot(*up), 1.0)), float(rotation))


def _refine(points: np.ndarray, heatmaps: np.ndarray) -> np.ndarray:
    """Moves points (39,2) in the crop to the centre of mass of their heatmap (64,64,39) around them.

    Only where the heatmap is sure of itself: elsewhere the regressed point stays.
    """
    cells = (points / _SIDE * _HEATMAP).astype(np.int64)
    columns, rows = cells[:, 0, None] + _WINDOW, cells[:, 1, None] + _WINDOW
    last = _HEATMAP - 1
    inside = ((rows >= 0) & (rows <= last))[:, :, None] * ((columns >= 0) & (columns <= last))[:, None, :]
    inside = inside * inside[:, 3:4, 3:4]  # a point that is off the heatmap stays
    values = heatmaps[
        np.clip(rows, 0, last)[:, :, None],
        np.clip(columns, 0, last)[:, None, :],
        np.arange(len(points))[:, None, None],
    ]
    mass = _sigmoid(values.astype(np.float64)) * inside
    total = np.maximum(mass.sum(axis=(1, 2)), 1e-12)
    moments = [(mass.sum(axis=1) * columns).sum(axis=1), (mass.sum(axis=2) * rows).sum(axis=1)]
    centre = np.stack(moments, axis=1)
    sure = mass.max(axis=(1, 2)) >= _LEAST_PEAK
    return np.where(sure[:, None], centre / total[:, None] * (_SIDE / _HEATMAP), points)


def _sigmoid(values: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.clip(values, -60, 60)))
