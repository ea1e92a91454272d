"""The rig: SMPL's 24 joints as bones."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import bpy
import numpy as np
from mathutils import Matrix, Vector

from ...inference_server.body.axes import Y_UP_TO_Z_UP
from ...inference_server.body.model import Body, rest_joints
from ...inference_server.body.skeleton import JOINT_INDEX, JOINT_NAMES, PARENTS
from . import marks

AHEAD = {
    "pelvis": "spine1", "spine3": "neck",
    "head": (0.0, 0.16, 0.02),
    "left_foot": (0.0, -0.01, 0.09), "right_foot": (0.0, -0.01, 0.09),
    "left_hand": (0.08, 0.0, 0.0), "right_hand": (-0.08, 0.0, 0.0),
}  # fmt: skip
"""Where a bone is drawn to, for those that have several children or none: a joint, or metres from its own."""


def build_armature(name: str, body: Body, betas: np.ndarray) -> bpy.types.Object:
    """The armature object, in object mode and in no collection yet.

    Bones stand at the joints of the body's rest pose at `betas`. Every one points along +Y of the armature
    with no roll, so that a pose bone's quaternion is the joint's local rotation in SMPL as it stands; how the
    limbs run is shown by the bones' custom shape. The armature's axes are SMPL's, the object stands it up.
    """
    joints = rest_joints(body, betas)
    data = bpy.data.armatures.new(name)
    rig = bpy.data.objects.new(name, data)
    rig.matrix_world = Matrix(Y_UP_TO_Z_UP.tolist()).to_4x4()
    rig.show_in_front = True
    with _edited(rig) as bones:
        for index, joint_name in enumerate(JOINT_NAMES):
            bone = bones.new(joint_name)
            _place(bone, joints, index)
            if index:
                bone.parent = bones[JOINT_NAMES[PARENTS[index]]]
    shape = bone_shape()
    for index, joint_name in enumerate(JOINT_NAMES):
        bone = rig.pose.bones[joint_name]
        bone.rotation_mode = "QUATERNION"
        along = _drawn_to(joints, index)
        bone.custom_shape = shape
        bone.use_custom_shape_bone_size = False
        bone.custom_shape_scale_xyz = (along.length,) * 3
        bone.custom_shape_rotation_euler = Vector((0, 1, 0)).rotation_difference(along).to_euler()
        if index:
            bone.lock_location = (True, True, True)
    return rig


def reshape_armature(rig: bpy.types.Object, body: Body, betas: np.ndarray) -> None:
    """Moves the bones to the joints at other betas; bones that the user renamed or added stay as they are."""
    joints = rest_joints(body, betas)
    with _edited(rig) as bones:
        for index, joint_name in enumerate(JOINT_NAMES):
            if joint_name in bones:
                _place(bones[joint_name], joints, index)


@contextmanager
def _edited(rig: bpy.types.Object) -> Iterator[Any]:
    """The rig's bones in edit mode, which they are in a scene of their own for as long.

    So it does not matter which scene, mode or view the user is in, and none of that changes.
    """
    apart = bpy.data.scenes.new(rig.name)
    apart.collection.objects.link(rig)
    layer = apart.view_layers[0]
    layer.objects.active = rig
    was_hidden, mode = rig.hide_viewport, rig.mode
    # a hidden object can't be edited
    rig.hide_viewport = False
    try:
        with bpy.context.temp_override(scene=apart, view_layer=layer, active_object=rig, object=rig):
            bpy.ops.object.mode_set(mode="EDIT")
            yield rig.data.edit_bones
            bpy.ops.object.mode_set(mode="OBJECT")
            bpy.ops.object.mode_set(mode=mode)
    finally:
        rig.hide_viewport = was_hidden
        bpy.data.scenes.remove(apart)


def _place(bone: Any, joints: np.ndarray, index: int) -> None:
    bone.head = joints[index]
    bone.tail = joints[index] + (0.0, _length(joints, index), 0.0)
    bone.roll = 0.0


def _drawn_to(joints: np.ndarray, index: int) -> Vector:
    """The vector along which the bone of joint `index` is drawn."""
    ahead = AHEAD.get(JOINT_NAMES[index])
    if isinstance(ahead, tuple):
        return Vector(ahead)
    child = JOINT_INDEX[ahead] if ahead else int(np.flatnonzero(np.equal(PARENTS, index))[0])
    return Vector(joints[child] - joints[index])


def _length(joints: np.ndarray, index: int) -> float:
    """Metres of the bone itself; it points up whatever the limb does, so it is kept short."""
    return min(0.1, max(0.03, 0.5 * _drawn_to(joints, index).length))


def bone_shape() -> bpy.types.Object:
    """An octahedron from the origin to +Y, one for all bones; in no collection, so it shows nowhere else."""
    name = "Bone Shape"
    if existing := marks.find(bpy.data.objects, name):
        return existing
    mesh = bpy.data.meshes.new(name)
    ring = [(0.08, 0.1, 0.0), (0.0, 0.1, 0.08), (-0.08, 0.1, 0.0), (0.0, 0.1, -0.08)]
    edges = [(end, corner) for end in (0, 5) for corner in range(1, 5)] + [(1, 2), (2, 3), (3, 4), (4, 1)]
    mesh.from_pydata([(0.0, 0.0, 0.0), *ring, (0.0, 1.0, 0.0)], edges, [])
    shape = bpy.data.objects.new(name, mesh)
    for made in (shape, mesh):
        marks.mark(made, name)
    return shape
