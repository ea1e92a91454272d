"""Positions of a posed body's keypoints, and their exact derivatives."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from ..body.model import Body, forward_kinematics, rest_joints
from ..body.skeleton import PARENTS
from .body_keypoints import BodyKeypoints

TURNED_JOINTS: Final = 22
"""Joints whose rotation the keypoints tell: all but the hands, which come last."""
TRANSLATION: Final = slice(3 * TURNED_JOINTS, 3 * TURNED_JOINTS + 3)
UNKNOWNS: Final = 3 * TURNED_JOINTS + 3
"""A frame's unknowns: a turn about its own three axes a joint, then the translation."""


@dataclass(frozen=True)
class PosedKeypoints:
    """K keypoints in F frames, in the frame that the root's rotation and the translation are in."""

    positions: np.ndarray
    """(F, K, 3) metres."""
    pose_jacobian: np.ndarray
    """(F, K, 3, 69): by turns R_j <- R_j exp(d_j), then by the translation."""
    betas_jacobian: np.ndarray | None
    """(F, K, 3, 10)."""


def ancestor_pairs(keypoints: BodyKeypoints) -> tuple[np.ndarray, np.ndarray]:
    """The pairs (joint, keypoint), each (P,), in which turning the joint moves the keypoint."""
    joints, moved = [], []
    for keypoint, carrier in enumerate(keypoints.joints):
        joint = int(carrier)
        while joint >= 0:
            joints.append(joint)
            moved.append(keypoint)
            joint = int(PARENTS[joint])
    return np.array(joints), np.array(moved)


def keypoint_positions(
    body: Body, keypoints: BodyKeypoints, rotations: np.ndarray, betas: np.ndarray, trans: np.ndarray
) -> np.ndarray:
    """rotations (F, 24, 3, 3) relative to the parent, betas (10,) or (F, 10), trans (F, 3) -> (F, K, 3) metres."""
    return _pose(body, keypoints, rotations, betas, trans)[2]


def pose_keypoints(
    body: Body,
    keypoints: BodyKeypoints,
    rotations: np.ndarray,
    betas: np.ndarray,
    trans: np.ndarray,
    with_betas: bool = False,
) -> PosedKeypoints:
    """rotations (F, 24, 3, 3) relative to the parent, betas (10,), trans (F, 3) -> positions and Jacobians.

    A point K carried by a descendant of joint j turns about that joint: dK = (G_j d) x (K - X_j), with G_j
    the joint's global rotation and X_j its position.
    """
    frame_count, keypoint_count = len(rotations), len(keypoints.joints)
    turned, joints, positions = _pose(body, keypoints, rotations, betas, trans)
    jacobian = np.zeros((frame_count, keypoint_count, 3, UNKNOWNS))
    pair_joints, pair_keypoints = ancestor_pairs(keypoints)
    arms = positions[:, pair_keypoints] - joints[:, pair_joints]
    axes = turned[:, pair_joints]  # column a: the world direction of the joint's axis a
    x, y, z = (arms[:, :, axis, None] for axis in range(3))
    turns = jacobian[..., : 3 * TURNED_JOINTS].reshape(frame_count, keypoint_count, 3, TURNED_JOINTS, 3)
    turns[:, pair_keypoints, 0, pair_joints] = axes[:, :, 1] * z - axes[:, :, 2] * y
    turns[:, pair_keypoints, 1, pair_joints] = axes[:, :, 2] * x - axes[:, :, 0] * z
    turns[:, pair_keypoints, 2, pair_joints] = axes[:, :, 0] * y - axes[:, :, 1] * x
    jacobian[..., : 3 * TURNED_JOINTS] = turns.reshape(frame_count, keypoint_count, 3, -1)
    jacobian[..., TRANSLATION] = np.eye(3)
    by_betas = _betas_jacobian(body, keypoints, turned) if with_betas else None
    return PosedKeypoints(positions, jacobian, by_betas)


def _pose(
    body: Body, keypoints: BodyKeypoints, rotations: np.ndarray, betas: np.ndarray, trans: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Global rotations (F, 24, 3, 3), joints (F, 24, 3) and keypoints (F, K, 3)."""
    rest = rest_joints(body, betas)
    turned, joints = forward_kinematics(rotations, rest)
    joints = joints + trans[:, None]
    carriers = keypoints.joints
    offsets = keypoints.rest + np.einsum("kcb,...b->...kc", keypoints.shape_directions, betas)
    offsets = offsets - rest[..., carriers, :]
    return turned, joints, joints[:, carriers] + (turned[:, carriers] @ offsets[..., None])[..., 0]


def _betas_jacobian(body: Body, keypoints: BodyKeypoints, turned: np.ndarray) -> np.ndarray:
    """(F, K, 3, 10): the betas lengthen every bone on the way from the root to the keypoint."""
    directions = body.joint_shape_directions
    joints = np.empty((*turned.shape[:3], directions.shape[-1]))
    joints[:, 0] = directions[0]
    for joint in range(1, len(PARENTS)):
        parent = PARENTS[joint]
        joints[:, joint] = joints[:, parent] + turned[:, parent] @ (directions[joint] - directions[parent])
    carriers = keypoints.joints
    return joints[:, carriers] + turned[:, carriers] @ (keypoints.shape_directions - directions[carriers])
