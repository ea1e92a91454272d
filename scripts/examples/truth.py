"""From a motion on the stage to a Motion in the world, with joints and keypoints as its camera sees them."""

import numpy as np

from human_mesh_recovery.inference_server.body import model, rotation
from human_mesh_recovery.inference_server.body.skeleton import JOINT_INDEX as J
from human_mesh_recovery.inference_server.body.skeleton import KEYPOINT_NAMES
from human_mesh_recovery.inference_server.motion import Camera, Motion

from .gait import FootShape
from .parts import whole_body
from .shoes import floor_height
from .turns import Array

STAGE_TO_WORLD = np.array([[1.0, 0, 0], [0, 0, -1.0], [0, 1.0, 0]])
"""The stage has Y up and its front at +Z, the world Z up and its front at -Y."""


def foot_shape(body: model.Body, betas: Array) -> FootShape:
    """The shod feet of a figure; both feet are alike."""
    joints, rest = model.rest_joints(body, betas), model.rest_vertices(body, betas)
    ankle, toes = joints[J["left_ankle"]], joints[J["left_foot"]]
    floor = floor_height(whole_body(body, betas))
    skin = rest[body.weights[:, J["left_ankle"]] > 0.5]
    heel = np.array([0.0, floor - ankle[1], skin[:, 2].min() - ankle[2]])
    return FootShape(float(ankle[1] - floor), heel, toes - ankle)


def make_motion(
    body: model.Body, betas: Array, staged: tuple[Array, Array], fps: float, camera: Camera, source: str
) -> Motion:
    """staged: local rotations (F, 24, 3, 3) and pelvis positions (F, 3) on the stage.

    The keypoints are unknown (their definition belongs to the detectors): zeros with confidence 0.
    """
    rotations, pelvis = staged[0].copy(), staged[1] @ STAGE_TO_WORLD.T
    rotations[:, 0] = STAGE_TO_WORLD @ rotations[:, 0]
    joints = model.rest_joints(body, betas)
    trans = pelvis - joints[0]
    _, positions = model.forward_kinematics(rotations, joints)
    count = len(rotations)
    return Motion(
        poses=rotation.matrix_to_axis_angle(rotations).astype(np.float32),
        betas=betas.astype(np.float32),
        trans=trans.astype(np.float32),
        fps=fps,
        frames=np.arange(count),
        camera=camera,
        confidence=np.ones((count, 24), dtype=np.float32),
        joints=camera.to_camera(positions + trans[:, None]).astype(np.float32),
        keypoints_2d=np.zeros((count, len(KEYPOINT_NAMES), 3), dtype=np.float32),
        source=source,
    )
