"""The fingers of a body in SMPL's form, which itself has none: their joints, their skin, and what straight means.

Rest frame and units are the body's: metres, Y up, facing +Z, +X is the body's left, arms out to the sides.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .rotation import axis_angle_to_matrix
from .skeleton import FINGER_NAMES, JOINT_INDEX, PARENTS, RIG_PARENTS

Array = NDArray[np.float64]

SIDES = ("left", "right")
WRISTS = tuple(JOINT_INDEX[f"{side}_wrist"] for side in SIDES)
HANDS = tuple(JOINT_INDEX[f"{side}_hand"] for side in SIDES)
PER_HAND = len(FINGER_NAMES) // 2


@dataclass(frozen=True, eq=False)
class Fingers:
    """A body at rest with its fingers straight, as SMPL-H's are (Romero 2017); V vertices, as the body itself.

    template (V, 3); shape_directions (V, 3, 10); joint_template (30, 3), the joints of skeleton.FINGER_NAMES, and
    joint_shape_directions (30, 3, 10); weights (V, 54) of skeleton.RIG_NAMES, rows sum to 1; tips (10,): the vertex
    at each finger's end, in the order of the fingers.
    """

    template: Array
    shape_directions: Array
    joint_template: Array
    joint_shape_directions: Array
    weights: Array
    tips: NDArray[np.int64]


def build_fingers(
    content: Mapping[str, NDArray], template: Array, shape_directions: Array, joints: Array, weights: Array
) -> Fingers:
    """Gives a body the fingers of a file's `content`: `vertices` (H,) of the hands, their `weights` (H, 30),
    `J_regressor` (30, H) from them, `straight` (30, 3) axis-angle, by which each part of a finger turns from where
    it is in the body's own rest to where it is straight, in the body's axes, and `tips` (10,).

    joints (24, 3, 11): the body's, as `linear` has them; weights (V, 24).
    """
    chosen = np.asarray(content["vertices"], dtype=np.int64)
    regressor = np.asarray(content["J_regressor"], dtype=np.float64)
    turns = axis_angle_to_matrix(content["straight"])
    all_weights = _weights(weights, chosen, np.asarray(content["weights"], dtype=np.float64))
    surface = linear(template[chosen], shape_directions[chosen])
    finger_joints = np.einsum("jv,vcb->jcb", regressor, surface)
    straight_joints = _straight_joints(np.concatenate([joints, finger_joints]), turns)
    # v -> sum of w_j (S_j (v - p_j) + p'_j): linear in the shape, as the turns are everybody's
    by_finger = all_weights[chosen, len(PARENTS) :]
    moved = straight_joints - np.einsum("jac,jcb->jab", turns, finger_joints)
    blended = np.einsum("vj,jac->vac", by_finger, turns - np.eye(3))
    straight = (
        surface + np.einsum("vac,vcb->vab", blended, surface) + np.einsum("vj,jab->vab", by_finger, moved)
    )
    new_template, new_directions = template.copy(), shape_directions.copy()
    new_template[chosen], new_directions[chosen] = straight[..., 0], straight[..., 1:]
    return Fingers(
        new_template,
        new_directions,
        straight_joints[..., 0].copy(),
        straight_joints[..., 1:].copy(),
        all_weights,
        np.asarray(content["tips"], dtype=np.int64),
    )


def linear(template: Array, directions: Array) -> Array:
    """(N, 3) and (N, 3, 10) -> (N, 3, 11): the mean, then what each beta adds."""
    return np.concatenate([template[..., None], directions], axis=-1)


def _straight_joints(joints: Array, turns: Array) -> Array:
    """(54, 3, 11) -> (30, 3, 11): the fingers' joints, each finger laid straight from its knuckle on."""
    first = len(PARENTS)
    straight = joints.copy()
    for joint in range(first, len(RIG_PARENTS)):
        parent = RIG_PARENTS[joint]
        bone = joints[joint] - joints[parent]
        straight[joint] = straight[parent] + (bone if parent < first else turns[parent - first] @ bone)
    return straight[first:]


def _weights(weights: Array, chosen: NDArray[np.int64], by_finger: Array) -> Array:
    """(V, 54): what SMPL's hand joints carry goes to the fingers, and the rest of it to the wrists."""
    whole = np.concatenate([weights, np.zeros((len(weights), len(FINGER_NAMES)))], axis=1)
    whole[chosen, len(PARENTS) :] = by_finger
    for side, (wrist, hand) in enumerate(zip(WRISTS, HANDS, strict=True)):
        own = len(PARENTS) + side * PER_HAND
        carried = whole[:, wrist] + whole[:, hand]
        whole[:, wrist] = np.maximum(carried - whole[:, own : own + PER_HAND].sum(axis=1), 0.0)
        whole[:, hand] = 0.0
    return whole / whole.sum(axis=1, keepdims=True)
