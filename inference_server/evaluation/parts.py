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

PARTS: Final = ("background", "head", "torso", "right arm", "left arm", "right leg", "left leg")
"""By their numbers in the annotations."""
UNKNOWN: Final = 255
"""The number of pixels that are annotated as no part."""
_LIMBS: Final = {"arm": ("shoulder", "elbow", "wrist", "hand"), "leg": ("hip", "knee", "ankle", "foot")}
_SAMPLES: Final = 4_000_000
"""Pixels of triangles' boxes that are worked on at a time."""


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

    vertices (V, 3) metres in camera space; faces (T, 3); parts (V,). A pixel shows the nearest triangle over its
    centre; a triangle is of the part of its first two corners that agree. Those that reach behind the camera are
    left out.
    """
    corners = vertices[faces]
    whole = corners[..., 2].min(axis=1) > 1e-3
    corners, labels = corners[whole], parts[faces[whole]]
    labels = np.where(labels[:, 1] == labels[:, 2], labels[:, 1], labels[:, 0])
    pixels, depths = camera.project(corners), corners[..., 2]
    limit = [camera.width - 1, camera.height - 1]
    low = np.clip(np.ceil(pixels.min(axis=1)), 0, None).astype(np.int64)
    high = np.minimum(np.clip(np.floor(pixels.max(axis=1)), -1, None).astype(np.int64), limit)
    sizes = np.maximum(high - low + 1, 0)
    counts = sizes.prod(axis=1)
    nearest = np.full(camera.width * camera.height, np.inf)
    image = np.zeros(camera.width * camera.height, dtype=np.uint8)
    groups = np.cumsum(counts) // _SAMPLES
    for group in np.unique(groups[counts > 0]):
        rows = np.flatnonzero((groups == group) & (counts > 0))
        _draw(pixels[rows], depths[rows], labels[rows], low[rows], sizes[rows], camera.width, nearest, image)
    return image.reshape(camera.height, camera.width)


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


def _draw(
    pixels: NDArray,
    depths: NDArray,
    labels: NDArray[np.uint8],
    low: NDArray[np.int64],
    sizes: NDArray[np.int64],
    width: int,
    nearest: NDArray,
    image: NDArray[np.uint8],
) -> None:
    """Draws triangles, pixels (T, 3, 2), depths (T, 3), labels (T,), whose boxes begin at low (T, 2), into the flat
    `nearest` and `image`.
    """
    counts = sizes.prod(axis=1)
    triangle = np.repeat(np.arange(len(counts)), counts)
    place = np.arange(len(triangle)) - np.repeat(np.cumsum(counts) - counts, counts)
    across = sizes[triangle, 0]
    points = low[triangle] + np.column_stack([place % across, place // across])
    a, b, c = pixels[triangle].transpose(1, 0, 2)
    area = _cross(b - a, c - a)
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = np.stack([_cross(b - points, c - points), _cross(c - points, a - points)]) / area
    shares = np.concatenate([shares, 1 - shares.sum(axis=0, keepdims=True)])
    inside = (shares >= 0).all(axis=0)
    triangle, points, shares = triangle[inside], points[inside], shares[:, inside]
    depth = 1 / (shares / depths[triangle].T).sum(axis=0)  # what is even in the picture is one over the depth
    index = points[:, 1] * width + points[:, 0]
    order = np.argsort(-depth, kind="stable")  # the nearest is written last
    triangle, index, depth = triangle[order], index[order], depth[order]
    closer = depth < nearest[index]
    nearest[index[closer]], image[index[closer]] = depth[closer], labels[triangle[closer]]


def _cross(u: NDArray, v: NDArray) -> NDArray:
    return u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]
