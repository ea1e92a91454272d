"""Characters made of boxes, for the tests of retargeting in scenes."""

import bpy
import numpy as np

from human_mesh_recovery.inference_server.body.axes import Y_UP_TO_Z_UP
from human_mesh_recovery.inference_server.body.files import load_body
from human_mesh_recovery.inference_server.body.model import rest_joints
from human_mesh_recovery.inference_server.body.skeleton import JOINT_NAMES, PARENTS

MIXAMO = {
    "pelvis": "Hips", "spine1": "Spine", "spine2": "Spine1", "spine3": "Spine2", "neck": "Neck", "head": "Head",
    "left_collar": "LeftShoulder", "left_shoulder": "LeftArm", "left_elbow": "LeftForeArm", "left_wrist": "LeftHand",
    "right_collar": "RightShoulder", "right_shoulder": "RightArm", "right_elbow": "RightForeArm",
    "right_wrist": "RightHand", "left_hip": "LeftUpLeg", "left_knee": "LeftLeg", "left_ankle": "LeftFoot",
    "left_foot": "LeftToeBase", "right_hip": "RightUpLeg", "right_knee": "RightLeg", "right_ankle": "RightFoot",
    "right_foot": "RightToeBase",
}  # fmt: skip
"""SMPL's joints -> Mixamo's bones, which a made-up character has."""
PARTS = {
    "upper_arm": "Arm", "forearm": "ForeArm", "hand": "Hand", "thigh": "UpLeg", "shin": "Leg", "foot": "Foot",
    "toes": "ToeBase",
}  # fmt: skip


def build_character(
    name: str = "Hero", size: float = 1.0, names: dict[str, str] = MIXAMO
) -> bpy.types.Object:
    """An armature in T-pose with a skinned box a bone, feet on the floor, `size` times as large as the free body.

    It is the active object, in object mode.
    """
    joints = size * rest_joints(load_body("free"), np.zeros(10)) @ Y_UP_TO_Z_UP.T
    joints[:, 2] += 0.07 * size - joints[:, 2].min()
    data = bpy.data.armatures.new(name)
    rig = bpy.data.objects.new(name, data)
    bpy.context.scene.collection.objects.link(rig)
    bpy.context.view_layer.objects.active = rig
    bpy.ops.object.mode_set(mode="EDIT")
    for index, joint in enumerate(JOINT_NAMES):
        if joint not in names:
            continue
        bone = data.edit_bones.new(names[joint])
        children = [
            child for child in np.flatnonzero(np.equal(PARENTS, index)) if JOINT_NAMES[child] in names
        ]
        ahead = joints[children[0]] - joints[index] if len(children) else np.array([0.0, 0.0, 0.1 * size])
        bone.head, bone.tail = joints[index], joints[index] + ahead
        bone.parent = data.edit_bones.get(names.get(JOINT_NAMES[PARENTS[index]], "")) if index else None
    bpy.ops.object.mode_set(mode="OBJECT")
    _skin(rig, size)
    bpy.context.view_layer.objects.active = rig
    return rig


def bones_of_character() -> dict[str, str]:
    """By the names of scripts/retargeting/measures.py, a made-up character's bones."""
    found = {"hips": "Hips"}
    for side in ("left", "right"):
        found |= {f"{side}_{part}": side.capitalize() + bone for part, bone in PARTS.items()}
    return found


def _skin(rig: bpy.types.Object, size: float) -> None:
    points, faces, owners = [], [], []
    for bone in rig.data.bones:
        middle = np.array(bone.head_local + bone.tail_local) / 2
        start = len(points)
        for corner in np.ndindex(2, 2, 2):
            points.append(middle + 0.05 * size * (np.array(corner) * 2 - 1))
            owners.append(bone.name)
        faces += [tuple(start + np.array(face)) for face in ((0, 1, 3, 2), (4, 6, 7, 5), (0, 2, 6, 4), (1, 5, 7, 3),
                                                             (0, 4, 5, 1), (2, 3, 7, 6))]  # fmt: skip
    mesh = bpy.data.meshes.new(f"{rig.name} Skin")
    mesh.from_pydata([tuple(point) for point in points], [], [tuple(map(int, face)) for face in faces])
    skin = bpy.data.objects.new(mesh.name, mesh)
    bpy.context.scene.collection.objects.link(skin)
    skin.parent = rig
    skin.modifiers.new("Armature", "ARMATURE").object = rig
    for bone in rig.data.bones:
        group = skin.vertex_groups.new(name=bone.name)
        group.add([index for index, owner in enumerate(owners) if owner == bone.name], 1.0, "REPLACE")
