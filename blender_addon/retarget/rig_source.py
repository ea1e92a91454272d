"""The motion of any rig that was recognised, or of a Biovision file, on the hub's bones."""

from functools import lru_cache

import numpy as np

from ...inference_server.body.axes import Y_UP_TO_Z_UP
from ...inference_server.body.files import load_body
from ...inference_server.body.skeleton import JOINT_INDEX
from ...inference_server.errors import RecoveryError
from .contacts import PARTS, USUAL_LEG, legs_length
from .fingers import rest_fingers
from .humanoid import BONES, PARENTS, SIDES, HumanMotion, Mapping, as_seen, require_limbs
from .skeleton import Skeleton
from .soles import find_floor
from .sources import smpl_bones
from .t_pose import Joints, corrections, heading, rest_positions, upright
from .turns import UP, Array, unit

LARGEST_LEG = 10.0
"""A leg that is longer is in centimetres or inches, not in metres."""
FLOOR_SHARE = 5
"""Percent of the frames in which a foot may be lower than the floor is taken to be."""


def from_skeleton(
    skeleton: Skeleton, mapping: Mapping, poses: np.ndarray, fps: float, frames: np.ndarray
) -> HumanMotion:
    """A rig's `poses` (F, B, 4, 4), each bone's to armature space, at `frames` (F,) of the scene.

    The rig may rest in any pose, look anywhere, lie, and be of any size. A skeleton that moves lying, because its
    file's upward axis was taken for another, is stood up. The floor is put where the feet come down to.
    Raises RecoveryError: "motion_empty", "motion_damaged", "bones_missing", "rig_scale".
    """
    if not len(poses):
        raise RecoveryError(
            "motion_empty", "The armature's motion has no frame.", "Choose one with an action."
        )
    if not np.isfinite(poses).all():
        raise RecoveryError(
            "motion_damaged", "The motion holds numbers that are not finite.", "Choose another motion."
        )
    require_limbs(mapping)
    mapping = as_seen(mapping, skeleton.to_world)
    bones = tuple(bone for bone in BONES if mapping.bones.get(bone))
    first = [skeleton.index[mapping.bones[bone][0]] for bone in bones]
    # of a limb or a spine that is split the last has turned as far as the whole
    last = [skeleton.index[mapping.bones[bone][-1]] for bone in bones]
    turned = (
        skeleton.turn
        @ (unit_columns(poses[:, last, :3, :3]) @ _transposed(skeleton.rest[last]))
        @ skeleton.turn.T
    )
    joints = skeleton.in_world(poses[:, first][..., :3, 3])
    rest = rest_positions(skeleton, mapping)
    base = upright(rest)
    if not np.allclose(base, np.eye(3)):
        turned, joints = _stood_up(base, turned, joints, bones.index("hips"))
    stood = {name: base @ joint for name, joint in rest.items()}
    facing = heading(stood)
    ahead = {name: facing.T @ joint for name, joint in stood.items()}
    turns = corrections(ahead, usual_joints())
    back = base.T @ facing
    for number, bone in enumerate(bones):
        turned[:, number] = turned[:, number] @ back @ turns.get(bone, np.eye(3)).T
    size = USUAL_LEG / legs_length(rest) if legs_length(rest) > LARGEST_LEG else 1.0
    sole = find_floor(skeleton, mapping, stood, base)
    posed = _t_pose(ahead, turns, bones, sole) * size
    grounded = _on_floor(joints * size, posed, bones)
    return HumanMotion(fps, np.asarray(frames, dtype=np.float64), bones, turned, posed, grounded, facing)


def unit_columns(matrices: np.ndarray) -> Array:
    """(..., 3, 3) without scale."""
    return np.swapaxes(unit(np.swapaxes(matrices, -1, -2)), -1, -2)


def _transposed(rest: np.ndarray) -> Array:
    return rest[:, :3, :3].swapaxes(-1, -2)


def _stood_up(base: np.ndarray, turned: np.ndarray, joints: np.ndarray, hips: int) -> tuple[Array, Array]:
    """A rig that lies at rest, in motion: stood up with its world, unless the motion itself stands it up."""
    up = (turned[:, hips] @ base.T @ UP).mean(axis=0)
    if np.argmax(np.abs(up)) == 2 and up[2] > 0:
        return turned, joints
    return base @ turned, joints @ base.T


@lru_cache(maxsize=1)
def usual_joints() -> Joints:
    """The hub's names -> (3,) the joints of a T-pose that faces -Y, Z up: the free body's, with fingers."""
    body = load_body("free")
    rest = body.joint_template @ Y_UP_TO_Z_UP.T
    joints = {bone: rest[JOINT_INDEX[joint]] for joint, bone in smpl_bones().items()}
    for side in SIDES:
        joints |= rest_fingers(side, joints[f"{side}Hand"])
    return joints


def _t_pose(joints: Joints, turns: dict[str, np.ndarray], bones: tuple[str, ...], sole: float) -> Array:
    """(N, 3) where the joints, which stand and face -Y, are in the T-pose, with the soles on Z = 0."""
    placed: Joints = {}
    for bone in bones:
        above = PARENTS[bone]
        while above is not None and above not in placed:
            above = PARENTS[above]
        if above is None:
            placed[bone] = joints[bone]
        else:
            placed[bone] = placed[above] + turns.get(above, np.eye(3)) @ (joints[bone] - joints[above])
    # spread legs that come together come down: the ankles keep their own height
    down = float(np.mean([placed[f"{side}Foot"][2] - joints[f"{side}Foot"][2] for side in SIDES]))
    return np.array([placed[bone] for bone in bones]) - (down + sole) * UP


def _on_floor(joints: np.ndarray, rest: np.ndarray, bones: tuple[str, ...]) -> Array:
    """Joints (F, N, 3) with the floor that the feet come down to at Z = 0; `rest` (N, 3) are those of the T-pose."""
    feet = [number for number, bone in enumerate(bones) if bone in PARTS]
    over = (joints[:, feet, 2] - rest[feet, 2]).min(axis=1)
    return joints - float(np.percentile(over, FLOOR_SHARE)) * UP
