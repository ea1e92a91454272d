"""Shoes lofted around the feet: slices of the foot, each closed by its convex hull, so that toes leave no mark."""

import numpy as np
from scipy.ndimage import gaussian_filter
from scipy.spatial import ConvexHull, KDTree

from human_mesh_recovery.inference_server.body.skeleton import JOINT_INDEX as J

from .parts import Faces, Part
from .turns import Array

SOLE = 0.012
"""Metres of sole below the lowest skin: what lifts a shod figure above the floor."""
LEATHER = 0.007
CUFF = 0.125
STATIONS = 44
RAYS = 40
CAP = 6


def floor_height(body: Part) -> float:
    """The y of the floor under the shod body in the rest pose."""
    return float(body.rest[:, 1].min()) - SOLE


def shoe(body: Part, joints: Array, side: str) -> Part:
    """One shoe; `side` is "left" or "right", joints (24, 3) those of the rest shape.

    Its `template` holds (across, above the floor, along) in metres, for the material.
    """
    ankle, toes = joints[J[side + "_ankle"]], joints[J[side + "_foot"]]
    along = (toes - ankle) * [1, 0, 1]
    along /= np.linalg.norm(along)
    axes = np.stack([np.cross([0, 1, 0], along), [0, 1, 0], along])
    origin = np.array([ankle[0], floor_height(body), ankle[2]])
    foot = (body.weights[:, [J[side + part] for part in ("_knee", "_ankle", "_foot")]].sum(axis=1) > 0.5) & (
        body.rest[:, 1] < origin[1] + CUFF
    )
    local = np.matmul(body.rest - origin, axes.T)
    points = _loft(local, body.faces[foot[body.faces].all(axis=1)])
    rest = origin + points @ axes
    near = np.flatnonzero(foot)
    distance, index = KDTree(body.rest[near]).query(rest, k=8)
    nearness = 1 / (np.asarray(distance) + 1e-3)
    weights = np.einsum("nk,nkj->nj", nearness, body.weights[near[index]])
    weights /= weights.sum(axis=1, keepdims=True)
    return Part(side + "_shoe", "shoe", points, rest, weights, _grid_faces(len(points) // RAYS))


def _loft(points: Array, faces: Faces) -> Array:
    """Slices of the foot's surface along its length -> the shoe's points, (stations * RAYS, 3)."""
    used = points[np.unique(faces)]
    first, last = used[:, 2].min() + 0.004, used[:, 2].max() - 0.008
    stations = np.linspace(first, last, STATIONS)
    angles = np.arange(RAYS) * 2 * np.pi / RAYS
    rays = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    centres, radii = np.empty((STATIONS, 2)), np.empty((STATIONS, RAYS))
    for row, station in enumerate(stations):
        section = _section(points, faces, station)
        low, high = section.min(axis=0), section.max(axis=0)
        # the sole stands as wide as the foot on it
        lower = section[section[:, 1] < low[1] + 0.35 * (high[1] - low[1])]
        sole = [[lower[:, 0].min(), 0.0], [lower[:, 0].max(), 0.0]]
        hull = ConvexHull(np.concatenate([section, sole]))
        centres[row] = (low[0] + high[0]) / 2, 0.5 * min(high[1], 0.08)
        facing = hull.equations[:, :2] @ rays.T
        room = -(hull.equations[:, :2] @ centres[row] + hull.equations[:, 2])
        reach = np.where(facing > 1e-9, room[:, None] / np.maximum(facing, 1e-9), np.inf)
        radii[row] = reach.min(axis=0)
    centres = gaussian_filter(centres, (2, 0), mode="nearest")
    radii = gaussian_filter(radii, (2, 0), mode="nearest")
    radii = gaussian_filter(radii, (0, 0.8), mode="wrap") + LEATHER
    # rounded ends: slices that shrink like a quarter of an ellipse
    shrink = np.cos(np.linspace(0, np.pi / 2, CAP + 1))[1:]
    shrink[-1] = 0.05
    ahead = np.sin(np.linspace(0, np.pi / 2, CAP + 1))[1:]
    stations = np.concatenate([first - 0.014 * ahead[::-1], stations, last + 0.024 * ahead])
    scale = np.concatenate([shrink[::-1], np.ones(STATIONS), shrink])
    rows = np.clip(np.arange(len(stations)) - CAP, 0, STATIONS - 1)
    flat = centres[rows, None] + radii[rows, :, None] * scale[:, None, None] * rays
    flat[..., 1] = np.maximum(flat[..., 1], 0.0)
    return np.concatenate([flat, np.repeat(stations, RAYS).reshape(-1, RAYS, 1)], axis=2).reshape(-1, 3)


def _section(points: Array, faces: Faces, station: float) -> Array:
    """(K, 2) where the triangles' edges cross the plane z = station."""
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    start, end = points[edges[:, 0]], points[edges[:, 1]]
    crossing = (start[:, 2] - station) * (end[:, 2] - station) < 0
    start, end = start[crossing], end[crossing]
    share = (station - start[:, 2]) / (end[:, 2] - start[:, 2])
    return (start + (end - start) * share[:, None])[:, :2]


def _grid_faces(rows: int) -> Faces:
    row, ray = np.meshgrid(np.arange(rows - 1), np.arange(RAYS), indexing="ij")
    one, two = row * RAYS + ray, row * RAYS + (ray + 1) % RAYS
    three, four = two + RAYS, one + RAYS
    quads = np.stack([one, two, three, four], axis=-1).reshape(-1, 4)
    sides = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
    lids = [[0, ray + 1, ray] for ray in range(1, RAYS - 1)]
    end = (rows - 1) * RAYS
    lids += [[end, end + ray, end + ray + 1] for ray in range(1, RAYS - 1)]
    return np.concatenate([sides, np.array(lids)])
