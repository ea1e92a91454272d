"""What I2L-MeshNet should give of a picture: joints and vertices in lixels, pose and shape, and which are known."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...body.rotation import axis_angle_to_matrix
from ...errors import RecoveryError
from ...lixel_layout.kinds import CROP, GRID
from ...lixel_layout.layers import BETAS
from ...methods.i2l_meshnet.crops import square_around
from ..pictures.augment import (
    Change,
    Joints,
    change_fit,
    cut_out,
    into_crop,
    place_joints,
    place_vertices,
    read_picture,
)
from ..pictures.person import Person
from ..reading import USUAL_BETAS
from .form import Form

Floats = NDArray[np.float32]
FAR_FIT = 3.0
"""Lixels: a fit whose limbs lie further than this from the annotated ones is left out."""
LIMBS = tuple(
    f"{side}_{joint}"
    for side in ("left", "right")
    for joint in ("shoulder", "elbow", "wrist", "knee", "ankle")
)


@dataclass(frozen=True, eq=False)
class Targets:
    """Of one crop; J joints, V vertices. Lixels are x, y, z; `known` is 1 where a number is counted, else 0."""

    crop: Floats
    """(3, 256, 256) RGB, 0..1."""
    joints: Floats
    """(J, 3) lixels, annotated."""
    joints_known: Floats
    """(J, 3)."""
    relative: Floats
    """(J, 3) metres from the root in camera space, annotated."""
    relative_known: Floats
    """(J, 1)."""
    fit_joints: Floats
    """(J, 3) lixels, of the surface that was fitted."""
    fit_joints_known: Floats
    """(J, 1)."""
    vertices: Floats
    """(V, 3) lixels."""
    vertices_known: Floats
    """(V, 1)."""
    rotations: Floats
    """(24, 3, 3) each relative to its parent, the root's to the camera."""
    betas: Floats
    """(10,)."""
    pose_known: Floats
    """(1,)."""


def make_targets(person: Person, form: Form, change: Change) -> Targets:
    """Reads the picture. Raises RecoveryError("bad_data") where it cannot be read, or shows nothing of the box."""
    image = read_picture(person.picture)
    square = square_around(person.box, image.shape[1], image.shape[0])
    if square is None:
        message = f"{person.picture} shows nothing of the box {person.box.tolist()} that is annotated in it."
        raise RecoveryError("bad_data", message, "Do its pictures and annotations belong together?")
    matrix = into_crop(square, change, CROP)
    crop = cut_out(image, matrix, change, CROP)
    joints = place_joints(person, form.names, change, matrix)
    places = _lixels(joints.places, form)
    inside = _inside(places)
    # where the depth is not known, x and y count alone
    counted = joints.known & inside[:, :2].all(axis=1, keepdims=True)
    counted &= ~joints.known[:, 2:] | inside[:, 2:]
    return Targets(
        np.ascontiguousarray(crop.transpose(2, 0, 1)) / np.float32(255),
        _floats(np.where(counted, places, 0)),
        _floats(counted),
        _floats(joints.relative),
        _floats(joints.known[:, 2:]),
        *_fitted(person, form, change, matrix, places, joints),
    )


def _fitted(
    person: Person, form: Form, change: Change, matrix: NDArray, annotated: NDArray, joints: Joints
) -> tuple[Floats, ...]:
    """All that follows from a fit; zeros where there is none, or where it is far from the annotated limbs."""
    vertices = place_vertices(person, form.body, change, matrix)
    count = form.kind.turned_count
    rotations, betas, known = np.tile(np.eye(3), (count, 1, 1)), np.zeros(BETAS), 0.0
    if vertices is None:
        shapes = ((len(form.names), 3), (len(form.names), 1), (form.vertex_count, 3), (form.vertex_count, 1))
        return *(np.zeros(shape, np.float32) for shape in shapes), *map(_floats, (rotations, betas, [known]))
    from_vertices = form.joint_regressor @ vertices
    root = from_vertices[0, 2]
    surface, fit_joints = (_lixels(points - [0, 0, root], form) for points in (vertices, from_vertices))
    close = _distance(fit_joints, annotated, joints, form) <= FAR_FIT
    if person.fit is not None and form.body is not None:
        fit = change_fit(person.fit, form.body, change)
        rotations = axis_angle_to_matrix(fit.pose)
        rotations[0] = change.rotation @ rotations[0]
        betas = fit.betas if np.abs(fit.betas).max() <= USUAL_BETAS else betas
        known = float(close)
    counted = [_inside(points).all(axis=1, keepdims=True) & close for points in (fit_joints, surface)]
    return (
        _floats(np.where(counted[0], fit_joints, 0)),
        _floats(counted[0]),
        _floats(np.where(close, surface, 0)),
        _floats(counted[1]),
        *map(_floats, (rotations, betas, [known])),
    )


def _distance(fit: NDArray, annotated: NDArray, joints: Joints, form: Form) -> float:
    """The mean distance of the limbs in the picture, in lixels; 0 where none is annotated."""
    rows = [row for row, name in enumerate(form.names) if name in LIMBS and joints.known[row, 0]]
    if not rows:
        return 0.0
    return float(np.linalg.norm(fit[rows, :2] - annotated[rows, :2], axis=1).mean())


def _lixels(points: NDArray, form: Form) -> NDArray:
    """Pixels x, y of the crop and metres z behind the root (N, 3) -> lixels."""
    depth = (points[:, 2:] / form.kind.depth + 0.5) * GRID
    return np.concatenate([points[:, :2] * (GRID / CROP), depth], axis=1)


def _inside(lixels: NDArray) -> NDArray[np.bool_]:
    return (lixels >= 0) & (lixels < GRID)


def _floats(values: NDArray | list[float]) -> Floats:
    return np.asarray(values, dtype=np.float32)
