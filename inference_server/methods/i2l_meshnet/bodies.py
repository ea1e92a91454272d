"""From lixels to bodies: how large and how far the person is, and how sure that makes each joint."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...body.model import Body
from ...body.skeleton import PARENTS
from ...lixel_layout.kinds import BODY, GRID
from .lixels import Lixels

Array = NDArray[np.float64]

ROUNDS = 8
"""Of Gauss-Newton in one unknown: it has converged after four."""
NEAREST = 0.3
"""The least share of what the bones suggest by their lengths alone, lest a person seen end on shrinks to nothing."""
SHARPEST = 0.01
"""Metres: a third of a lixel, finer than which no heatmap is."""
OWN_ANGLE = np.radians(12.0)
"""How far a joint of a body fitted to such vertices usually is turned from the truth, where the heatmaps are sharp."""


@dataclass(frozen=True)
class Placed:
    """F people in front of cameras that look at their crops' middles: x right, y down, z away, metres."""

    vertices: Array
    """(F, V, 3) from the root."""
    vertex_deviation: Array
    """(F, V) metres: how far a coordinate is off by itself; what a limb's vertices are off together comes on top."""
    sigma: Array
    """(F, 24) radians: how far each joint of a body fitted to them usually is turned from the truth."""


def place_bodies(body: Body, joints: Lixels, vertices: Lixels, sides: Array, focal_lengths: Array) -> Placed:
    """sides, focal_lengths (F,): pixels that each crop spans, and of the camera that took it, more or less.

    A network of the authors' own (RootNet) tells them the root's depth. Here it follows from the body's size: at that
    depth the bones, whose extent away from the camera is known in metres, have the mean body's lengths.
    """
    perspective = sides / focal_lengths
    bones = _bone_lengths(body)
    scale = _metres_per_side(joints.positions[:, : len(PARENTS)], bones, perspective)
    spread = _deviation(vertices, scale)
    at_joints = _deviation(joints, scale)[:, : len(PARENTS)]
    placed = _in_metres(vertices.positions, scale, perspective)
    return Placed(placed, np.hypot(spread, SHARPEST), _angles(at_joints, bones))


def _in_metres(lixels: NDArray, scale: Array, perspective: Array) -> Array:
    """(F, P, 3) lixels -> metres; scale (F,): metres that the crop spans at the root's depth."""
    centred = lixels / GRID - 0.5
    away = centred[..., 2] * BODY.depth
    across = scale[:, None] + away * perspective[:, None]
    return np.concatenate([centred[..., :2] * across[..., None], away[..., None]], axis=-1)


def _metres_per_side(joints: NDArray, bones: Array, perspective: Array) -> Array:
    """(F,): least squares over the bones (F, 24, 3 in lixels), each of which is to have its length (24,)."""
    flat = joints[..., :2] / GRID - 0.5
    across = np.linalg.norm(_along_bones(flat), axis=2)
    guess = bones.sum() / np.maximum(across.sum(axis=1), 1e-6)
    scale = guess
    for _ in range(ROUNDS):
        along = _along_bones(_in_metres(joints, scale, perspective))
        lengths = np.maximum(np.linalg.norm(along, axis=2), 1e-6)
        slope = (along[..., :2] * _along_bones(flat)).sum(axis=2) / lengths
        step = ((bones - lengths) * slope).sum(axis=1) / np.maximum((slope**2).sum(axis=1), 1e-9)
        scale = np.maximum(scale + step, NEAREST * guess)
    return scale


def _bone_lengths(body: Body) -> Array:
    """(24,) metres from each joint's parent, of the mean body; the root's is 0."""
    return np.linalg.norm(_along_bones(body.joint_template[None]), axis=2)[0]


def _along_bones(joints: Array) -> Array:
    """(F, 24, C) joints -> from each joint's parent to it; 0 for the root."""
    along = joints - joints[:, PARENTS]
    along[:, 0] = 0
    return along


def _deviation(lixels: Lixels, scale: Array) -> Array:
    """(F, P) metres: the heatmaps' spread, over the three axes."""
    metres = np.stack([scale, scale, np.full(len(scale), BODY.depth)], axis=1) / GRID
    return np.sqrt(((lixels.spread * metres[:, None]) ** 2).mean(axis=2))


def _angles(deviation: Array, bones: Array) -> Array:
    """(F, 24): a joint is turned by as much as its bones' ends are off, over the bones' lengths; where no bone hangs
    from it as much as the one before.
    """
    ends = np.hypot(deviation, deviation[:, PARENTS]) / np.maximum(bones, 0.05)
    angles = np.zeros_like(deviation)
    for joint in range(len(PARENTS)):
        hanging = np.flatnonzero(joint == PARENTS)
        angles[:, joint] = ends[:, hanging].mean(axis=1) if len(hanging) else ends[:, joint]
    return np.hypot(angles, OWN_ANGLE)
