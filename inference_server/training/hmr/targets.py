"""What HMR should give of a picture: where the points are in it and in space, pose and shape, and which are known."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...body.rotation import axis_angle_to_matrix
from ...errors import RecoveryError
from ...hmr_layout import BETAS, CROP, TURNED
from ...methods.hmr.crops import IMAGENET_DEVIATION, IMAGENET_MEAN, MARGIN
from ...methods.i2l_meshnet.crops import Square
from ..pictures.augment import Change, Joints, change_fit, cut_out, into_crop, place_joints, read_picture
from ..pictures.named_points import POINT_NAMES, named_points
from ..pictures.person import Array, Person, box_of
from ..reading import USUAL_BETAS
from .form import Form

Floats = NDArray[np.float32]
FAR_FIT = 0.1
"""Of the crop's half: a fit whose limbs lie further than this from the annotated ones is left out."""


@dataclass(frozen=True, eq=False)
class Targets:
    """Of one crop, S pixels a side; P points. `known` is 1 where a number is counted, else 0."""

    crop: Floats
    """(3, S, S) RGB, less ImageNet's mean and over its deviation."""
    places: Floats
    """(P, 2) in the crop, x and y from -1 to 1."""
    places_known: Floats
    """(P, 1)."""
    relative: Floats
    """(P, 3) metres from the pelvis in camera space."""
    relative_known: Floats
    """(P, 1)."""
    rotations: Floats
    """(24, 3, 3) each relative to its parent, the root's to the camera."""
    betas: Floats
    """(10,)."""
    pose_known: Floats
    """(1,)."""
    betas_known: Floats
    """(1,)."""


def square_of(person: Person) -> Square:
    """The square that the network is shown, around the joints where they are known; it may reach beyond the picture."""
    around = None if person.joints_2d is None else box_of(person.joints_2d)
    left, top, width, height = person.box if around is None else around
    side = MARGIN * max(width, height)
    return Square(left + (width - side) / 2, top + (height - side) / 2, side)


def make_targets(person: Person, form: Form, change: Change, size: int = CROP) -> Targets:
    """Reads the picture. Raises RecoveryError("bad_data") where it cannot be read."""
    image = read_picture(person.picture)
    square = square_of(person)
    if not square.side > 0:
        message = f"{person.picture} shows nothing of the box {person.box.tolist()} that is annotated in it."
        raise RecoveryError("bad_data", message, "Do its pictures and annotations belong together?")
    matrix = into_crop(square, change, size)
    crop = cut_out(image, matrix, change, size)
    joints = place_joints(person, POINT_NAMES, change, matrix)
    places, seen = joints.places[:, :2] * (2 / size) - 1, joints.known[:, :1]
    relative, known = joints.relative, joints.known[:, 2:]
    fitted = _fitted(person, form, change, matrix, size)
    rotations, betas, posed = np.tile(np.eye(3), (TURNED, 1, 1)), np.zeros(BETAS), False
    if fitted is not None and _distance(fitted.places, places, joints) <= FAR_FIT:
        rotations, betas, posed = fitted.rotations, fitted.betas, True
        places = np.where(seen, places, fitted.places)
        relative = np.where(known, relative, fitted.relative)
        seen, known = seen | True, known | True
    crop = (crop / np.float32(255) - IMAGENET_MEAN) / IMAGENET_DEVIATION
    usual = posed and np.abs(betas).max() <= USUAL_BETAS
    return Targets(
        np.ascontiguousarray(crop.transpose(2, 0, 1), dtype=np.float32),
        *map(_floats, (np.where(seen, places, 0), seen, np.where(known, relative, 0), known)),
        *map(_floats, (rotations, betas if usual else np.zeros(BETAS), [posed], [usual])),
    )


@dataclass(frozen=True, eq=False)
class _Fitted:
    """What follows from a fit."""

    rotations: Array
    betas: Array
    places: Array
    relative: Array


def _fitted(person: Person, form: Form, change: Change, matrix: Array, size: int) -> _Fitted | None:
    if person.fit is None or person.view is None:
        return None
    fit = change_fit(person.fit, form.body, change)
    rotations = axis_angle_to_matrix(fit.pose)
    posed = named_points(form.body, form.attached, rotations, fit.betas) + fit.trans
    shown = posed * (-1, 1, 1) if change.mirrored else posed  # back into the picture as it was
    pixels = person.view.project(shown) @ matrix[:, :2].T + matrix[:, 2]
    rotations[0] = change.rotation @ rotations[0]
    return _Fitted(rotations, fit.betas, pixels * (2 / size) - 1, (posed - posed[0]) @ change.rotation.T)


def _distance(fitted: Array, annotated: Array, joints: Joints) -> float:
    """The mean distance of the annotated points in the picture; 0 where none is annotated."""
    rows = joints.known[:, 0]
    return float(np.linalg.norm(fitted[rows] - annotated[rows], axis=1).mean()) if rows.any() else 0.0


def _floats(values: NDArray | list[bool]) -> Floats:
    return np.asarray(values, dtype=np.float32)
