"""Which part of the body shows in which pixel, and how well that agrees with what somebody drew (Lassner 2017, "Unite
the People", section 4; HMR's paper measures so on Leeds Sports Pose).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..body.model import Body
from ..body.skeleton import JOINT_NAMES
from ..motion import Camera
from ..triangles import seen_triangles

PARTS: Final = ("background", "head", "torso", "right arm", "left arm", "right leg", "left leg")
"""By their numbers in the annotations."""
UNKNOWN: Final = 255
"""The number of pixels that are annotated as no part."""
_LIMBS: Final = {"arm": ("shoulder", "elbow", "wrist", "hand"), "leg": ("hip", "knee", "ankle", "foot")}


@dataclass(frozen=True)
class Agreement:
    """Pixels counted over pictures, for each of C classes; they add up."""

    right: int
    """Pixels of the right class."""
    total: int
    hits: NDArray[np.int64]
    """(C,) of the class on both sides."""
    only_found: NDArray[np.int64]
    """(C,)."""
    only_true: NDArray[np.int64]
    """(C,)."""

    def __add__(self, other: "Agreement") -> "Agreement":
        return Agreement(
            self.right + other.right,
            self.total + other.total,
            self.hits + other.hits,
            self.only_found + other.only_found,
            self.only_true + other.only_true,
        )

    @property
    def accuracy(self) -> float:
        """0..1, background too."""
        return self.right / self.total

    @property
    def f1(self) -> float:
        """0..1, the mean over the classes, background too; a class that nowhere is on either side has none."""
        both = 2 * self.hits + self.only_found + self.only_true
        return float((2 * self.hits[both > 0] / both[both > 0]).mean())


def part_of_vertices(body: Body) -> NDArray[np.uint8]:
    """(V,) the part of `PARTS` whose joints carry most of each vertex."""
    share = np.zeros((len(body.weights), len(PARTS)))
    for joint, name in enumerate(JOINT_NAMES):
        share[:, _part_of_joint(name)] += body.weights[:, joint]
    return share.argmax(axis=1).astype(np.uint8)


def draw_parts(
    vertices: NDArray, faces: NDArray, parts: NDArray[np.uint8], camera: Camera
) -> NDArray[np.uint8]:
    """The numbers of the parts (H, W) that a camera sees, 0 where there is no body.

    vertices (V, 3) metres in camera space; faces (T, 3); parts (V,). A triangle is of the part of its first two
    corners that agree.
    """
    corners = parts[faces]
    labels = np.where(corners[:, 1] == corners[:, 2], corners[:, 1], corners[:, 0])
    seen = seen_triangles(vertices, faces, camera)
    return np.where(seen >= 0, labels[seen], 0).astype(np.uint8)


def compare(found: NDArray[np.uint8], truth: NDArray[np.uint8], classes: int) -> Agreement:
    """Two pictures (H, W) of numbers below `classes`; where the truth is UNKNOWN nothing counts as found.

    So the authors' evaluation counts: such pixels are right where the background was found.
    """
    unknown = truth == UNKNOWN
    found, truth = np.where(unknown, 0, found), np.where(unknown, 0, truth)
    both = np.bincount(truth.ravel().astype(np.int64) * classes + found.ravel(), minlength=classes**2)
    table = both.reshape(classes, classes)
    hits = table.diagonal()
    return Agreement(int(hits.sum()), truth.size, hits, table.sum(axis=0) - hits, table.sum(axis=1) - hits)


def _part_of_joint(name: str) -> int:
    if name == "head":
        return PARTS.index("head")
    side, _, joint = name.partition("_")
    limb = next((limb for limb, joints in _LIMBS.items() if joint in joints), None)
    return PARTS.index("torso") if limb is None else PARTS.index(f"{side} {limb}")
