"""The points of a body by the names that sets of pictures give them."""

import numpy as np
from numpy.typing import NDArray

from ...body.files import load_body
from ...body.model import Body, forward_kinematics, rest_joints
from ...body.skeleton import JOINT_INDEX, JOINT_NAMES, KEYPOINT_INDEX
from ...fitting.body_keypoints import BodyKeypoints, attach_keypoints
from ...fitting.kinematics import keypoint_positions
from .joint_names import FACE, LEEDS

POINT_NAMES = (*JOINT_NAMES, *FACE, "head_top")
"""The P points: whatever a set calls by one of these names is taken to be the same, as the seed papers go by names."""
COMMON = tuple(POINT_NAMES.index(name) for name in LEEDS)
"""Leeds Sports Pose's 14 joints, over which the papers measure."""


def attach_points(body: Body) -> BodyKeypoints:
    """The points that are no joints: nose, eyes and ears lie as they do on the free body, the top of the head is the
    highest vertex at rest.
    """
    keypoints = attach_keypoints(body, load_body("free"))
    face = [KEYPOINT_INDEX[name] for name in FACE]
    crown = int(body.template[:, 1].argmax())
    return BodyKeypoints(
        np.append(keypoints.joints[face], JOINT_INDEX["head"]),
        np.concatenate([keypoints.rest[face], body.template[crown, None]]),
        np.concatenate([keypoints.shape_directions[face], body.shape_directions[crown, None]]),
    )


def named_points(
    body: Body, attached: BodyKeypoints, rotations: NDArray, betas: NDArray
) -> NDArray[np.float64]:
    """rotations (24, 3, 3) relative to the parent, betas (10,) -> (P, 3) metres, the root where it is at rest."""
    joints = forward_kinematics(rotations, rest_joints(body, betas))[1]
    others = keypoint_positions(body, attached, rotations[None], betas, np.zeros((1, 3)))[0]
    return np.concatenate([joints, others])
