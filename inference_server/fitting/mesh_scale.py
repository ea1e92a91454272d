"""In which unit a mesh is, told from the sizes of its parts, which hardly change with pose and noise."""

from dataclasses import dataclass

import numpy as np

from ..body.model import JOINT_COUNT, Body

UNITS = {
    "metres": 1.0,
    "feet": 3.2808,
    "decimetres": 10.0,
    "inches": 39.3701,
    "centimetres": 100.0,
    "millimetres": 1000.0,
}
TOLERANCE = 1.35
"""By what factor a person's parts may differ from the mean person's."""
FRAMES = 8
"""Frames that are looked at."""


@dataclass(frozen=True)
class MeshScale:
    factor: float
    """What the mesh is multiplied by to be in metres."""
    unit: str
    """One of UNITS, or "" where the size is no person's in any of them: it is scaled to the mean person's."""


def mesh_scale(body: Body, vertices: np.ndarray) -> MeshScale:
    """vertices (F, V, 3), the body's own, in any unit."""
    owners = body.weights.argmax(axis=1)
    parts = [part for joint in range(JOINT_COUNT) if len(part := np.flatnonzero(owners == joint)) > 1]
    few = np.linspace(0, len(vertices) - 1, min(len(vertices), FRAMES)).round().astype(int)
    ratios = [_size(vertices[row, part]) / _size(body.template[part]) for row in few for part in parts]
    ratio = float(np.median(ratios))
    if not ratio > 0:
        return MeshScale(1.0, "metres")
    for unit, size in UNITS.items():
        if 1 / TOLERANCE < ratio / size < TOLERANCE:
            return MeshScale(1 / size, unit)
    return MeshScale(1 / ratio, "")


def _size(points: np.ndarray) -> float:
    return float(np.linalg.norm(points - points.mean(axis=0)))
