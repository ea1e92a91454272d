"""A body in SMPL's form: shape, joints and skin from betas and pose (Loper 2015, "SMPL", section 3).

Rest frame: metres, Y up, facing +Z, +X is the body's left, the pelvis near the origin. Everything is float64.
"""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .fingers import Fingers
from .rotation import axis_angle_to_matrix
from .skeleton import PARENTS, RIG_PARENTS

Array = NDArray[np.float64]

JOINT_COUNT = 24
BETA_COUNT = 10
CHUNK_FRAMES = 16
"""Frames posed at a time: bounds the working memory, about 12 numbers a vertex a frame."""


@dataclass(frozen=True, eq=False)
class Body:
    """The arrays of a body model; V vertices, T triangles.

    template (V, 3); faces (T, 3) int; shape_directions (V, 3, 10); pose_directions (V, 3, 207) or None where
    the body has none; joint_regressor (24, V); weights (V, 24), rows sum to 1; licence: what the data may be
    used for; fingers: the same body with jointed fingers, where it has any; parents (J,): SMPL's, of 24 joints, but for
    bodies of another kind, such as MANO's hand, whose J joints then stand for the 24.
    """

    name: str
    template: Array
    faces: NDArray[np.int64]
    shape_directions: Array
    pose_directions: Array | None
    joint_regressor: Array
    weights: Array
    licence: str
    fingers: Fingers | None = None
    parents: NDArray[np.int64] = field(default_factory=lambda: PARENTS)

    @cached_property
    def joint_template(self) -> Array:
        """(24, 3) the joints of the mean shape."""
        return self.joint_regressor @ self.template

    @cached_property
    def joint_shape_directions(self) -> Array:
        """(24, 3, 10) how each joint moves with each beta."""
        return np.einsum("jv,vcb->jcb", self.joint_regressor, self.shape_directions)


def rest_vertices(body: Body, betas: ArrayLike) -> Array:
    """The surface in the rest pose: betas (..., 10) -> (..., V, 3)."""
    return _shaped(body.template, body.shape_directions, betas)


def rest_joints(body: Body, betas: ArrayLike) -> Array:
    """The joints in the rest pose: betas (..., 10) -> (..., 24, 3). Touches no vertex."""
    return _shaped(body.joint_template, body.joint_shape_directions, betas)


def rest_rig(body: Body, betas: ArrayLike) -> Array:
    """As `rest_joints`, with those of the straight fingers: (..., 54, 3). The body must have fingers."""
    assert body.fingers is not None
    fingers = _shaped(body.fingers.joint_template, body.fingers.joint_shape_directions, betas)
    return np.concatenate([rest_joints(body, betas), fingers], axis=-2)


def rest_tips(body: Body, betas: ArrayLike) -> Array:
    """The ends of the straight fingers, in the fingers' order: betas (..., 10) -> (..., 10, 3)."""
    assert body.fingers is not None
    tips = body.fingers.tips
    return _shaped(body.fingers.template[tips], body.fingers.shape_directions[tips], betas)


def _shaped(template: Array, directions: Array, betas: ArrayLike) -> Array:
    """template (N, 3), directions (N, 3, 10), betas (..., 10) -> (..., N, 3)."""
    betas = np.asarray(betas, dtype=np.float64)
    offsets = betas @ directions.reshape(-1, BETA_COUNT).T
    return template + offsets.reshape(*betas.shape[:-1], *template.shape)


def forward_kinematics(
    rotations: ArrayLike, joints: ArrayLike, parents: NDArray[np.int64] = PARENTS
) -> tuple[Array, Array]:
    """Chains the joints' rotations down the tree, about the root's rest position.

    rotations (..., J, 3, 3), each relative to its parent; joints (..., J, 3) at rest; parents (J,), by default of
    SMPL's 24 joints. -> rotations relative to the body's frame (..., J, 3, 3), positions (..., J, 3).
    """
    local = np.asarray(rotations, dtype=np.float64)
    rest = np.asarray(joints, dtype=np.float64)
    batch = np.broadcast_shapes(local.shape[:-3], rest.shape[:-2])
    turned = np.empty((*batch, len(parents), 3, 3))
    positions = np.empty((*batch, len(parents), 3))
    turned[..., 0, :, :] = local[..., 0, :, :]
    positions[..., 0, :] = rest[..., 0, :]
    for joint in range(1, len(parents)):
        parent = parents[joint]
        bone = rest[..., joint, :] - rest[..., parent, :]
        turned[..., joint, :, :] = turned[..., parent, :, :] @ local[..., joint, :, :]
        moved = turned[..., parent, :, :] @ bone[..., None]
        positions[..., joint, :] = positions[..., parent, :] + moved[..., 0]
    return turned, positions


def pose_body(
    body: Body, poses: ArrayLike, betas: ArrayLike, trans: ArrayLike, hand_poses: ArrayLike | None = None
) -> tuple[Array, Array]:
    """The posed surface and joints (Loper 2015, equations 2-11; linear blend skinning).

    poses (F, 24, 3) axis-angle; betas (10,) or (F, 10); trans (F, 3) metres, added after posing; hand_poses
    (F, 30, 3) axis-angle of the fingers, each from straight, as SMPL-H has them: where they are given and the body
    has fingers, these hang from the wrists and the poses of SMPL's two hand joints move nothing.
    -> vertices (F, V, 3), joints (F, 24, 3), both in the frame that the root's rotation and `trans` are in.
    """
    joint_count = len(body.parents)
    poses = np.asarray(poses, dtype=np.float64).reshape(-1, joint_count, 3)
    betas = np.asarray(betas, dtype=np.float64)
    trans = np.asarray(trans, dtype=np.float64).reshape(-1, 3)
    rotations = axis_angle_to_matrix(poses)
    if body.fingers is None or hand_poses is None:
        skin, rest, all_rotations, parents = body, rest_joints(body, betas), rotations, body.parents
    else:
        skin, rest, parents = body.fingers, rest_rig(body, betas), RIG_PARENTS
        hands = np.asarray(hand_poses, dtype=np.float64).reshape(len(poses), -1, 3)
        all_rotations = np.concatenate([rotations, axis_angle_to_matrix(hands)], axis=1)
    turned, joints = forward_kinematics(all_rotations, rest, parents)
    # joint j carries a vertex v to R_j (v - rest_j) + joint_j = R_j v + shift_j
    shifts = joints - np.einsum("fjab,fjb->fja", turned, np.broadcast_to(rest, joints.shape))
    transforms = np.concatenate([turned, shifts[..., None]], axis=-1)
    frame_count = len(poses)
    vertices = np.empty((frame_count, *body.template.shape))
    shaped = _shaped(skin.template, skin.shape_directions, betas)
    for start in range(0, frame_count, CHUNK_FRAMES):
        chunk = slice(start, min(start + CHUNK_FRAMES, frame_count))
        surface = shaped[chunk] if shaped.ndim == 3 else shaped
        if body.pose_directions is not None:
            surface = surface + _pose_offsets(body.pose_directions, rotations[chunk])
        surfaces = np.broadcast_to(surface, vertices[chunk].shape)
        vertices[chunk] = [
            _skin(skin.weights, *frame) for frame in zip(surfaces, transforms[chunk], strict=True)
        ]
    vertices += trans[:, None]
    return vertices, joints[:, :joint_count] + trans[:, None]


def _pose_offsets(pose_directions: Array, rotations: Array) -> Array:
    """How the rest surface changes with the pose: (F, 24, 3, 3) -> (F, V, 3) (Loper 2015, equation 9)."""
    features = (rotations[:, 1:] - np.eye(3)).reshape(len(rotations), -1)
    offsets = features @ pose_directions.reshape(-1, features.shape[1]).T
    return offsets.reshape(len(rotations), -1, 3)


def _skin(weights: Array, surface: Array, transform: Array) -> Array:
    """Blends the joints' motions: weights (V, J), surface (V, 3), transform (J, 3, 4) -> (V, 3).

    Works on planes of V numbers, three times as fast as one 3 x 4 matrix a vertex.
    """
    blended = transform.transpose(1, 2, 0).reshape(12, -1) @ weights.T
    rows = blended.reshape(3, 4, -1)
    moved = rows[:, 3] + rows[:, 0] * surface[:, 0] + rows[:, 1] * surface[:, 1] + rows[:, 2] * surface[:, 2]
    return moved.T
