"""The fingers of MakeHuman's rig on the free body: joints, weights, tips, and which turns lay them straight."""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from human_mesh_recovery.inference_server.body.fingers import PER_HAND
from human_mesh_recovery.inference_server.body.skeleton import FINGER_NAMES

from .fitting import ShapeSpace, fit_row
from .rest_pose import Aim, least_turn
from .sampling import Samples

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

NUMBERS = {"thumb": 1, "index": 2, "middle": 3, "ring": 4, "pinky": 5}
"""MakeHuman's numbers of the fingers."""
STRAIGHT: dict[str, tuple[Aim, Aim, Aim]] = {
    "index": ((1.0, 0.1, 0.05), (1.0, 0.0, 0.0), (1.0, 0.0, 0.0)),
    "middle": ((1.0, 0.05, -0.18), (1.0, -0.05, -0.18), (1.0, -0.05, -0.18)),
    "pinky": ((1.0, 0.0, -0.7), (1.0, -0.05, -0.65), (1.0, -0.05, -0.65)),
    "ring": ((1.0, 0.05, -0.2), (1.0, -0.05, -0.3), (1.0, -0.05, -0.3)),
    "thumb": ((0.64, 0.03, 0.77), (0.82, -0.2, 0.54), (0.82, -0.2, 0.54)),
}
"""Where the three parts of the left hand's fingers point when SMPL-H's pose is zero; the right ones mirror them."""
REACH = 0.045
"""A joint's vertices lie no further from it, in metres."""
LEAST_WEIGHT = 1e-3


def bone_of(joint: str) -> str:
    """MakeHuman's bone of a joint of skeleton.FINGER_NAMES."""
    side, _, rest = joint.partition("_")
    return f"finger{NUMBERS[rest[:-1]]}-{rest[-1]}.{side[0].upper()}"


def finger_bones(samples: Samples) -> Indices:
    """(30,) which of the bones are the joints of the fingers."""
    return np.array([samples.bones.index(bone_of(joint)) for joint in FINGER_NAMES])


def mirror_fingers() -> Indices:
    """(30,) the joint of the other hand."""
    return np.roll(np.arange(len(FINGER_NAMES)), PER_HAND)


def fit_finger_regressor(space: ShapeSpace, joints: Array, weights: Array, mirror: Indices) -> Array:
    """(30, V) as `fit_joint_regressor`: joints (S, 30, 3) of the samples, weights (V, 30)."""
    mean = joints.mean(axis=0)
    fitted = np.linalg.lstsq(space.betas, (joints - mean).reshape(len(joints), -1), rcond=None)[0]
    along_betas = fitted.reshape(-1, *mean.shape)
    regressor = np.zeros((len(FINGER_NAMES), len(space.template)))
    for joint in range(PER_HAND):
        distances = np.linalg.norm(space.template - mean[joint], axis=1)
        # the wrist's vertices, which belong to no finger, may help the knuckles
        own = slice(joint - joint % 3, joint - joint % 3 + 3)
        others = weights.sum(axis=1) - weights[:, own].sum(axis=1)
        near = np.flatnonzero((distances < REACH) & (others < 0.2))
        regressor[joint] = fit_row(space, near, mean[joint], along_betas[:, joint])
        regressor[joint + PER_HAND] = regressor[joint, mirror]
    return regressor


def find_tips(template: Array, joints: Array, weights: Array) -> Indices:
    """(10,) the vertex of each finger's last part that is farthest along it: joints (30, 3)."""
    tips = []
    for last in range(2, len(FINGER_NAMES), 3):
        along = (template - joints[last]) @ (joints[last] - joints[last - 1])
        tips.append(int(np.argmax(np.where(weights[:, last] > 0.5, along, -np.inf))))
    return np.array(tips)


def straight_turns(joints: Array, tips: Array) -> Array:
    """(30, 3) axis-angle in the body's axes: joints (30, 3) and tips (10, 3) of the mean shape."""
    turns = np.empty((len(FINGER_NAMES), 3, 3))
    for joint, name in enumerate(FINGER_NAMES):
        end = tips[joint // 3] if joint % 3 == 2 else joints[joint + 1]
        aim = np.array(STRAIGHT[name.partition("_")[2][:-1]][joint % 3])
        aim = aim * ((1 if name.startswith("left") else -1), 1, 1)
        before = np.eye(3) if joint % 3 == 0 else turns[joint - 1]
        # each follows the part before it first, so that it does not twist against it
        turns[joint] = least_turn((before @ (end - joints[joint]))[None], aim)[0] @ before
    return Rotation.from_matrix(turns).as_rotvec()
