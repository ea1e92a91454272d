"""The rig: SMPL's 24 joints as bones, and where a person's fingers are known those of the fingers."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np
from mathutils import Matrix, Vector

from ...inference_server.body.axes import Y_UP_TO_Z_UP
from ...inference_server.body.fingers import HANDS
from ...inference_server.body.model import Body, rest_joints, rest_rig, rest_tips
from ...inference_server.body.skeleton import (
    FINGER_NAMES,
    JOINT_INDEX,
    JOINT_NAMES,
    PARENTS,
    RIG_NAMES,
    RIG_PARENTS,
)
from . import marks

AHEAD = {
    "pelvis": "spine1", "spine3": "neck",
    "head": (0.0, 0.16, 0.02),
    "left_foot": (0.0, -0.01, 0.09), "right_foot": (0.0, -0.01, 0.09),
    "left_hand": (0.08, 0.0, 0.0), "right_hand": (-0.08, 0.0, 0.0),
}  # fmt: skip
"""Where a bone is drawn to, for those that have several children or none: a joint, or metres from its own."""

SHORTEST = 0.03
"""Metres, of a bone itself."""


@dataclass(frozen=True)
class Joint:
    """Where a bone is to stand, in the rig's axes."""

    name: str
    parent: str | None
    place: Vector
    along: Vector
    """Metres, along which it is drawn."""


def build_armature(name: str, body: Body, betas: np.ndarray, with_fingers: bool = False) -> bpy.types.Object:
    """The armature object, in object mode and in no collection yet.

    Bones stand at the joints of the body's rest pose at `betas`. Every one points along +Y of the armature
    with no roll, so that a pose bone's quaternion is the joint's local rotation in SMPL as it stands; how the
    limbs run is shown by the bones' custom shape. The armature's axes are SMPL's, the object stands it up.
    with_fingers: for bodies that have them; SMPL's hand joints then deform nothing.
    """
    joints = _joints(body, betas, with_fingers)
    data = bpy.data.armatures.new(name)
    rig = bpy.data.objects.new(name, data)
    rig.matrix_world = Matrix(Y_UP_TO_Z_UP.tolist()).to_4x4()
    rig.show_in_front = True
    with _edited(rig) as bones:
        for joint in joints:
            _add(bones, joint)
    for joint in joints:
        _dress(rig, joint)
    _mute_hands(rig, with_fingers)
    return rig


def has_fingers(rig: bpy.types.Object) -> bool:
    return any(name in rig.pose.bones for name in FINGER_NAMES)


def reshape_armature(
    rig: bpy.types.Object, body: Body, betas: np.ndarray, with_fingers: bool = False
) -> None:
    """Moves the bones to the joints at other betas; bones that the user renamed or added stay as they are.

    Fingers are added to a rig that has none, or taken away, as `with_fingers` says.
    """
    joints = _joints(body, betas, with_fingers)
    new = [joint for joint in joints if joint.name in FINGER_NAMES] if not has_fingers(rig) else []
    with _edited(rig) as bones:
        for joint in joints:
            if joint.name in bones:
                _place(bones[joint.name], joint)
        for joint in new:
            if joint.parent in bones:
                _add(bones, joint)
        for name in FINGER_NAMES if not with_fingers else ():
            if name in bones:
                bones.remove(bones[name])
    for joint in new:
        if joint.name in rig.pose.bones:
            _dress(rig, joint)
    _mute_hands(rig, with_fingers)


def _joints(body: Body, betas: np.ndarray, with_fingers: bool) -> list[Joint]:
    names, parents = (RIG_NAMES, RIG_PARENTS) if with_fingers else (JOINT_NAMES, PARENTS)
    places = rest_rig(body, betas) if with_fingers else rest_joints(body, betas)
    ends = iter(rest_tips(body, betas) if with_fingers else ())
    joints = []
    for index, name in enumerate(names):
        ahead = AHEAD.get(name)
        children = np.flatnonzero(np.equal(parents, index))
        if isinstance(ahead, tuple):
            along = ahead
        elif ahead or len(children):
            along = places[JOINT_INDEX[ahead] if ahead else int(children[0])] - places[index]
        else:
            along = next(ends) - places[index]
        parent = names[parents[index]] if index else None
        joints.append(Joint(name, parent, Vector(places[index]), Vector(along)))
    return joints


def _add(bones: Any, joint: Joint) -> None:
    bone = bones.new(joint.name)
    _place(bone, joint)
    if joint.parent is not None:
        bone.parent = bones[joint.parent]


def _dress(rig: bpy.types.Object, joint: Joint) -> None:
    """How the bone looks and turns in Pose Mode."""
    bone = rig.pose.bones[joint.name]
    bone.rotation_mode = "QUATERNION"
    bone.custom_shape = bone_shape()
    bone.use_custom_shape_bone_size = False
    bone.custom_shape_scale_xyz = (joint.along.length,) * 3
    bone.custom_shape_rotation_euler = Vector((0, 1, 0)).rotation_difference(joint.along).to_euler()
    if joint.parent is not None:
        bone.lock_location = (True, True, True)


def _mute_hands(rig: bpy.types.Object, with_fingers: bool) -> None:
    """With fingers nothing hangs from SMPL's two hand joints."""
    for index in HANDS:
        if JOINT_NAMES[index] in rig.data.bones:
            rig.data.bones[JOINT_NAMES[index]].use_deform = not with_fingers


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


def _place(bone: Any, joint: Joint) -> None:
    """The bone points up whatever the limb does, so it is kept short."""
    bone.head = joint.place
    bone.tail = joint.place + Vector((0.0, min(0.1, max(SHORTEST, 0.5 * joint.along.length)), 0.0))
    bone.roll = 0.0


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
