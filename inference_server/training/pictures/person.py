"""Somebody in a picture, and what is known of them."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...methods.i2l_meshnet.crops import square_around

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class View:
    """A pinhole camera's numbers."""

    focal_length: Array
    """(2,) pixels, along x and y."""
    principal_point: Array
    """(2,) pixels."""

    def project(self, points: ArrayLike) -> Array:
        """Points (..., 3) in camera space -> pixels (..., 2)."""
        points = np.asarray(points, dtype=np.float64)
        return points[..., :2] / points[..., 2:] * self.focal_length + self.principal_point


@dataclass(frozen=True, eq=False)
class Fit:
    """A body in SMPL's form that stands where somebody does, in camera space."""

    pose: Array
    """(24, 3) axis-angle, the root's relative to the camera."""
    betas: Array
    """(10,)."""
    trans: Array
    """(3,) metres."""


@dataclass(frozen=True, eq=False)
class Person:
    """One person or hand. All but the picture and the box may be unknown; what is in 3D needs the view.

    Camera space: metres, x right, y down, z forward.
    """

    picture: Path
    box: Array
    """(4,) left, top, width and height in pixels."""
    names: tuple[str, ...] = ()
    """Of the J joints; `joint_names` says how they are called."""
    joints_2d: Array | None = None
    """(J, 3) x and y in pixels, and 1 where they are known, 0 elsewhere."""
    joints_3d: Array | None = None
    """(J, 3) camera space."""
    view: View | None = None
    fit: Fit | None = None
    vertices: Array | None = None
    """(V, 3) camera space, where a set has the surface itself."""
    mirrors: bool = True
    """Whether a mirrored picture of them looks like anybody: not where left and right have colours of their own."""


@dataclass(frozen=True, eq=False)
class People:
    """What was found in one place."""

    name: str
    people: list[Person]
    flat: bool
    """Whether all that is sure of them are their 2D joints."""
    hands: bool = False
    free: bool = False
    """Whether the fits are of the free body; else they are of SMPL."""

    def without_fits(self) -> "People":
        """What is left for a body that has another shape space."""
        return replace(self, people=[replace(person, fit=None) for person in self.people])


def in_sight(box: Array, entry: dict[str, Any]) -> bool:
    """Whether a picture shows something of the box; `entry` holds its width and height."""
    return square_around(box, entry["width"], entry["height"]) is not None


def box_around(points: ArrayLike, width: int, height: int, margin: float = 1.0) -> Array | None:
    """The box around pixels (N, 2), `margin` times as wide and high, within the picture; None where it is outside.

    (4,) left, top, width, height.
    """
    points = np.asarray(points, dtype=np.float64)
    low, high = points.min(axis=0), points.max(axis=0)
    middle, half = (low + high) / 2, margin * (high - low) / 2
    low, high = np.maximum(middle - half, 0), np.minimum(middle + half, [width - 1, height - 1])
    return np.concatenate([low, high - low + 1]) if (high > low).all() else None


def box_of(joints: Array, margin: float = 1.0) -> Array | None:
    """The box around the known of the joints (J, 3: x, y, known), `margin` times as wide and high; None where fewer
    than two places are known. (4,) left, top, width, height.
    """
    places = joints[joints[:, 2] > 0, :2]
    if len(places) < 2:
        return None
    low, high = places.min(axis=0), places.max(axis=0)
    middle, size = (low + high) / 2, margin * (high - low)
    return np.concatenate([middle - size / 2, size]) if size.max() > 0 else None


def with_pelvis(joints: Array, names: tuple[str, ...]) -> Array:
    """(J, 3) x, y, known -> (J + 1, 3), with the middle of the hips, known where both are."""
    hips = [names.index(f"{side}_hip") for side in ("left", "right")]
    pelvis = joints[hips].mean(axis=0)
    pelvis[2] = joints[hips, 2].min()
    return np.concatenate([joints, pelvis[None]])
