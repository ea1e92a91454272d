"""How fingers bend: their axes at rest, and how far each usually goes about each. Right-handed, radians.

Every joint's pose is an axis-angle vector, as in SMPL-H, written here in the joint's own axes: about the hinge, towards
the palm; sideways, towards the little finger; and about the bone. What is left in one hand is right in the other.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from ..body.files import load_body
from ..body.fingers import PER_HAND, SIDES
from ..body.model import rest_rig
from ..body.skeleton import FINGER_NAMES, JOINT_INDEX, PARENTS

FLEX: Final = 0
"""The hinge, among a joint's axes."""
INTO_PALM: Final = np.array([0.0, -1.0, 0.0])
"""Where the fingers bend to in the rest pose, whose palms look down."""
INTO_PALM_THUMB: Final = np.array([0.0, -0.85, -0.5])


@dataclass(frozen=True)
class Habits:
    """(15, 3) of one hand's joints, about each of their own axes, radians."""

    usual: np.ndarray
    """Of a relaxed hand, which fingers that nobody sees go back to."""
    spread: np.ndarray
    """The standard deviation about it."""
    lower: np.ndarray
    upper: np.ndarray


@dataclass(frozen=True)
class HandForm:
    """One hand of the free body with its fingers straight, in the body's axes."""

    palm: np.ndarray
    """(5, 3) metres: the wrist and the knuckles of index, middle, ring and little finger."""
    parts: np.ndarray
    """(15, 3) unit vectors along the fingers' parts."""
    axes: np.ndarray
    """(15, 3, 3) the joints' own axes as columns: hinge, sideways, and along the bone, of the right hand backwards."""


@lru_cache(maxsize=2)
def hand_form(side: str) -> HandForm:
    """Of the "left" or "right" hand, of the mean shape: directions hardly depend on it."""
    body = load_body("free")
    assert body.fingers is not None
    joints = rest_rig(body, np.zeros(10))
    first = SIDES.index(side) * PER_HAND
    own = slice(first, first + PER_HAND)
    fingers = joints[len(PARENTS) :][own]
    tips = body.fingers.template[body.fingers.tips].reshape(len(SIDES), -1, 3)[SIDES.index(side)]
    ends = fingers.copy()
    ends[:-1] = fingers[1:]
    ends[2::3] = tips
    parts = ends - fingers
    parts /= np.linalg.norm(parts, axis=1, keepdims=True)
    names = [name.partition("_")[2] for name in FINGER_NAMES[own]]
    knuckles = [names.index(f"{finger}1") for finger in ("index", "middle", "ring", "pinky")]
    palm = np.concatenate([joints[[JOINT_INDEX[f"{side}_wrist"]]], fingers[knuckles]])
    inwards = np.array([INTO_PALM_THUMB if name.startswith("thumb") else INTO_PALM for name in names])
    hinge = np.cross(parts, inwards)
    hinge /= np.linalg.norm(hinge, axis=1, keepdims=True)
    # turns are mirrored in their axes, too
    hand = 1 if side == "left" else -1
    return HandForm(palm, parts, np.stack([hinge, hand * np.cross(parts, hinge), hand * parts], axis=-1))


def _habits() -> Habits:
    """Degrees about hinge, sideways, bone: usual, spread, lower and upper limit, by the joint's place in the finger."""
    beside = {"index": (0, -25, 25), "middle": (0, -25, 25), "pinky": (-14, -45, 20), "ring": (-5, -30, 20)}
    fingers = [
        row
        for usual, lower, upper in beside.values()
        for row in (
            ((20, usual, 0), (45, 9, 5), (-30, lower, -15), (95, upper, 15)),
            ((30, 0, 0), (45, 4, 4), (-5, -8, -8), (115, 8, 8)),
            ((18, 0, 0), (30, 4, 4), (-10, -8, -8), (85, 8, 8)),
        )
    ]
    thumb = (
        ((15, 0, 0), (20, 16, 14), (-40, -45, -45), (60, 45, 45)),
        ((10, 0, 0), (20, 8, 6), (-30, -25, -20), (70, 25, 20)),
        ((15, 0, 0), (30, 5, 5), (-30, -10, -10), (90, 10, 10)),
    )
    table = np.radians([*fingers, *thumb])
    return Habits(*table.swapaxes(0, 1))


HABITS: Final = _habits()
