"""Motions of every source on the hub's bones."""

import numpy as np

from ...inference_server import resampling
from ...inference_server.body import rotation
from ...inference_server.body.axes import Y_UP_TO_Z_UP
from ...inference_server.body.files import load_body
from ...inference_server.body.model import forward_kinematics, rest_joints, rest_vertices
from ...inference_server.body.skeleton import JOINT_INDEX, JOINT_NAMES
from ...inference_server.errors import RecoveryError
from ...inference_server.motion import Motion
from .fingers import rest_fingers, smpl_order
from .humanoid import PARENTS, SIDES, HumanMotion
from .turns import UP

SMPL_BONES = {
    "pelvis": "hips", "spine1": "spine", "spine2": "chest", "spine3": "upperChest", "neck": "neck", "head": "head",
    "collar": "Shoulder", "shoulder": "UpperArm", "elbow": "LowerArm", "wrist": "Hand",
    "hip": "UpperLeg", "knee": "LowerLeg", "ankle": "Foot", "foot": "Toes",
}  # fmt: skip
"""SMPL's joints, of the limbs without their side, -> the hub's bones."""
UPSTAIRS = 0.25
"""Metres: who is never lower than this is on another floor than the world's, and is brought down to it."""
LOWEST_SHARE = 5
"""Percent of the frames in which somebody may be lower."""


def human_motion(
    motion: Motion, positions: np.ndarray | None = None, fps: float | None = None, first_frame: float = 1.0
) -> HumanMotion:
    """A motion of this program, or of SMPL, SMPL-H or AMASS, with its fingers where it has them.

    `positions` (N,) are the source's frames that the scene shows, one each frame from `first_frame` on at `fps`;
    without them all are shown at the motion's own rate. Raises RecoveryError("motion_empty").
    """
    if not len(motion.poses):
        raise RecoveryError("motion_empty", "The motion has no frame.", "Choose a person who was recovered.")
    if positions is None:
        positions = resampling.even_positions([motion], resampling.rate(motion))
    samples = resampling.resample(motion, positions)
    body = load_body(motion.body)
    rest = rest_joints(body, motion.betas)
    body_turns, finger_turns = (
        samples.quaternions[:, : len(JOINT_NAMES)],
        samples.quaternions[:, len(JOINT_NAMES) :],
    )
    turned, joints = forward_kinematics(rotation.quaternion_to_matrix(body_turns), rest)
    joints = joints + samples.trans[:, None]
    floor = rest_vertices(body, motion.betas)[:, 1].min()
    stood_up = (rest - [0.0, floor, 0.0]) @ Y_UP_TO_Z_UP.T
    bones = smpl_bones()
    order = [JOINT_INDEX[joint] for joint in bones]
    lowest = float(np.percentile(joints[..., 2].min(axis=1), LOWEST_SHARE))
    if lowest > UPSTAIRS:
        joints = joints - (lowest - stood_up[..., 2].min()) * UP
    result = HumanMotion(
        fps=fps or resampling.rate(motion),
        frames=first_frame + samples.frames.astype(np.float64),
        bones=tuple(bones.values()),
        rotations=turned[:, order] @ Y_UP_TO_Z_UP.T,
        rest_joints=stood_up[order],
        joints=joints[:, order],
    )
    if motion.hand_poses is None:
        return result
    return _with_fingers(result, finger_turns)


def smpl_bones() -> dict[str, str]:
    """SMPL's joints -> the hub's bones; the hands' own joints, which the hub has none for, are left out."""
    bones = {}
    for joint in JOINT_NAMES[:22]:
        side, _, part = joint.rpartition("_")
        bones[joint] = side + SMPL_BONES[part]
    return bones


def _with_fingers(motion: HumanMotion, quaternions: np.ndarray) -> HumanMotion:
    """`motion` with the fingers' rotations (F, 30, 4), each relative to its parent in SMPL's axes."""
    local = Y_UP_TO_Z_UP @ rotation.quaternion_to_matrix(quaternions) @ Y_UP_TO_Z_UP.T
    turned = {bone: motion.rotations[:, number] for number, bone in enumerate(motion.bones)}
    rest = dict(zip(motion.bones, motion.rest_joints, strict=True))
    joints = {bone: motion.joints[:, number] for number, bone in enumerate(motion.bones)}
    for side in SIDES:
        rest |= rest_fingers(side, rest[f"{side}Hand"])
    for number, bone in enumerate(smpl_order()):
        parent = PARENTS[bone]
        assert parent is not None
        turned[bone] = turned[parent] @ local[:, number]
        joints[bone] = joints[parent] + turned[parent] @ (rest[bone] - rest[parent])
    bones = tuple(turned)
    return HumanMotion(
        motion.fps,
        motion.frames,
        bones,
        np.stack([turned[bone] for bone in bones], axis=1),
        np.stack([rest[bone] for bone in bones]),
        np.stack([joints[bone] for bone in bones], axis=1),
    )
