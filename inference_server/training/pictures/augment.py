"""Pictures changed at random, as I2L-MeshNet's authors change them (Moon 2020), and people placed in them.

A change turns the picture about the person's middle, makes them larger or smaller, tints the picture, and exchanges
left and right. What is known in space turns about the camera's axis with it, and is mirrored with it.
"""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ...body.model import Body, pose_body, rest_joints
from ...body.rotation import axis_angle_to_matrix, matrix_to_axis_angle
from ...errors import RecoveryError
from ...methods.i2l_meshnet.crops import Square
from ..motions import mirror
from .joint_names import other_side
from .person import Array, Fit, Person

SCALE, TURN, TINT = 0.25, np.radians(30.0), 0.2
TURNED, MIRRORED = 0.6, 0.5
"""How often."""
MIRROR = np.array([-1.0, 1.0, 1.0])


@dataclass(frozen=True)
class Change:
    scale: float = 1.0
    """The square's side becomes that many times as long."""
    turn: float = 0.0
    """Radians by which what is seen turns, from y to x."""
    tint: tuple[float, float, float] = (1.0, 1.0, 1.0)
    mirrored: bool = False

    @property
    def rotation(self) -> Array:
        """(3, 3) what the turn does to camera space."""
        cosine, sine = np.cos(self.turn), np.sin(self.turn)
        return np.array([[cosine, sine, 0], [-sine, cosine, 0], [0, 0, 1]])


UNCHANGED = Change()


@dataclass(frozen=True, eq=False)
class Joints:
    """J joints of a changed picture; what is not known is 0."""

    places: Array
    """(J, 3) pixels x, y of the crop, and metres behind the root."""
    known: NDArray[np.bool_]
    """(J, 3)."""
    relative: Array
    """(J, 3) metres from the root in the changed camera's axes; known where the depth is."""


def draw_change(random: np.random.Generator, mirrors: bool = True) -> Change:
    """`mirrors` is false where left and right are not to be exchanged, as for a set of right hands."""
    turn = TURN * float(np.clip(random.normal(), -2, 2)) if random.random() <= TURNED else 0.0
    tint = random.uniform(1 - TINT, 1 + TINT, 3)
    mirrored = bool(random.random() <= MIRRORED) and mirrors
    return Change(1 + SCALE * float(np.clip(random.normal(), -1, 1)), turn, tuple(tint), mirrored)


def into_crop(square: Square, change: Change, size: int) -> Array:
    """(2, 3) from the picture's pixels to those of a crop of `size` pixels a side."""
    linear = size / (square.side * change.scale) * change.rotation[:2, :2]
    if change.mirrored:
        linear = linear @ np.diag([-1.0, 1.0])
    middle = np.array([square.left, square.top]) + square.side / 2
    return np.concatenate([linear, (size / 2 - linear @ middle)[:, None]], axis=1)


def cut_out(image: NDArray[np.uint8], matrix: Array, change: Change, size: int) -> NDArray[np.float32]:
    """The crop of a picture (H, W, 3) RGB -> (size, size, 3) from 0 to 255, tinted, black beyond the picture."""
    crop = cv2.warpAffine(image, matrix, (size, size), flags=cv2.INTER_LINEAR)
    return np.clip(crop * np.array(change.tint), 0, 255).astype(np.float32)


def read_picture(path: Path) -> NDArray[np.uint8]:
    """(H, W, 3) RGB as it is stored, upright or not: so sets are annotated. Raises RecoveryError("bad_data")."""
    try:
        data = np.frombuffer(path.read_bytes(), np.uint8)
        image = cv2.imdecode(data, cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION) if len(data) else None
    except (OSError, cv2.error):
        image = None
    if image is None:
        raise RecoveryError(
            "bad_data", f"The picture {path} is missing or damaged.", "Is the set unpacked as a whole?"
        )
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), dtype=np.uint8)


def place_joints(person: Person, names: tuple[str, ...], change: Change, matrix: Array) -> Joints:
    """The annotated joints of those names, of which the first is the root; `matrix` as of `into_crop`."""
    wanted = [other_side(name) for name in names] if change.mirrored else names
    rows = {name: row for row, name in enumerate(person.names)}
    found = [(row, rows[name]) for row, name in enumerate(wanted) if name in rows]
    ours, theirs = (list(side) for side in zip(*found, strict=True)) if found else ([], [])
    places, relative, known = (
        np.zeros((len(names), 3)),
        np.zeros((len(names), 3)),
        np.zeros((len(names), 3), bool),
    )
    if person.joints_2d is not None:
        places[ours, :2] = person.joints_2d[theirs, :2] @ matrix[:, :2].T + matrix[:, 2]
        known[ours, :2] = person.joints_2d[theirs, 2:] > 0
    if person.joints_3d is not None and 0 in ours:
        relative[ours] = person.joints_3d[theirs] - person.joints_3d[rows[wanted[0]]]
        relative = relative * (MIRROR if change.mirrored else 1) @ change.rotation.T
        places[:, 2] = relative[:, 2]
        known[ours, 2] = True
    places[~known] = 0
    return Joints(places, known, relative)


def change_fit(fit: Fit, body: Body, change: Change) -> Fit:
    """The fit as the mirror shows it, but not turned: it still stands where the camera's axis is the same."""
    if not change.mirrored:
        return fit
    rotations = mirror(axis_angle_to_matrix(fit.pose))
    pelvis = rest_joints(body, fit.betas)[0]
    return Fit(matrix_to_axis_angle(rotations), fit.betas, (pelvis + fit.trans) * MIRROR - pelvis)


def place_vertices(person: Person, body: Body | None, change: Change, matrix: Array) -> Array | None:
    """(V, 3) pixels x, y of the crop, and metres from the camera, of the surface; None where none is known.

    A mirrored body is posed anew: where its left hand was, its right hand's vertices are now.
    """
    if person.view is None:
        return None
    if person.vertices is not None:
        vertices = person.vertices
    elif person.fit is not None and body is not None:
        fit = change_fit(person.fit, body, change)
        vertices = pose_body(body, fit.pose, fit.betas, fit.trans)[0][0]
        vertices = vertices * MIRROR if change.mirrored else vertices  # back into the picture as it was
    else:
        return None
    pixels = person.view.project(vertices) @ matrix[:, :2].T + matrix[:, 2]
    return np.concatenate([pixels, vertices[:, 2:]], axis=1)
