"""What I2L-MeshNet (Moon 2020) sees and gives: its crop, its grid of lixels, and its two kinds, of a body and a hand.

A lixel is a line's pixel: each coordinate of a joint or vertex is found on a line of its own. Of the grid's axes x
runs right and y down over the crop, z away from the camera over `depth` metres, the root in its middle.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

GRID = 64
"""Lixels an axis."""
CROP = 256
"""Pixels of the side of the square picture that the network takes."""


@dataclass(frozen=True)
class LixelKind:
    """What a published network gives, and how its joints follow from its vertices."""

    name: str
    joint_count: int
    turned_count: int
    """Joints that the body model turns; these come first in its joint regressor."""
    vertex_count: int
    depth: float
    """Metres that the grid spans along z."""
    skin_joints: tuple[int, ...]
    """Vertices that are taken for the joints which the model's regressor lacks; they follow the model's."""
    order: tuple[int, ...]
    """Where in that row each of the network's joints stands."""


BODY = LixelKind(
    name="body",
    joint_count=29,
    turned_count=24,
    vertex_count=6890,
    depth=2.0,
    skin_joints=(331, 2802, 6262, 3489, 3990),  # nose, left and right eye, left and right ear
    order=tuple(range(29)),
)
HAND = LixelKind(
    name="hand",
    joint_count=21,
    turned_count=16,
    vertex_count=778,
    depth=0.3,
    skin_joints=(745, 317, 445, 556, 673),  # the tips of thumb, index, middle, ring and little finger
    # the wrist, then each of these fingers from its root to its tip; the model has the thumb last, the ring before it
    order=(0, 13, 14, 15, 16, 1, 2, 3, 17, 4, 5, 6, 18, 10, 11, 12, 19, 7, 8, 9, 20),
)
KINDS = {kind.name: kind for kind in (BODY, HAND)}


def whole_joint_regressor(kind: LixelKind, regressor: NDArray) -> NDArray[np.float32]:
    """The model's own joint regressor (T, V) -> that of all joints of the network (J, V)."""
    skin = np.zeros((len(kind.skin_joints), regressor.shape[1]))
    skin[np.arange(len(skin)), kind.skin_joints] = 1
    return np.concatenate([regressor, skin])[list(kind.order)].astype(np.float32)
