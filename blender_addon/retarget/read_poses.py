"""How an armature moves, in numbers; neither it nor the frame that the user is at changes."""

from hashlib import sha256
from typing import Any

import bpy
import numpy as np

from .. import compat
from .channels import REST
from .rotation_modes import from_mode, property_of
from .skeleton import Skeleton

OBJECT_PATHS = ("location", "rotation_euler", "rotation_quaternion", "rotation_axis_angle", "scale")


def animated_frames(rig: bpy.types.Object) -> tuple[int, int] | None:
    """The first and the last whole frame that its action or its strips have keys for; None without any."""
    curves = [curve for curve in compat.curves_of(rig) if len(curve.keyframe_points)]
    spans = [tuple(curve.range()) for curve in curves]
    spans += [(strip.frame_start, strip.frame_end) for strip in compat.playing_strips(rig)]
    if not spans:
        return None
    first, last = min(span[0] for span in spans), max(span[1] for span in spans)
    return int(np.ceil(first - 1e-4)), max(int(np.ceil(first - 1e-4)), int(np.floor(last + 1e-4)))


def keys_of(rig: bpy.types.Object) -> bytes:
    """What changes when the keys or the strips that move it do, or the place where it stands."""
    parts = [np.array(rig.matrix_world).tobytes()]
    for curve in compat.curves_of(rig):
        points = np.empty(2 * len(curve.keyframe_points), dtype=np.float32)
        curve.keyframe_points.foreach_get("co", points)
        parts += [f"{curve.data_path} {curve.array_index} {curve.mute}".encode(), points.tobytes()]
    strips = compat.playing_strips(rig)
    parts += [f"{strip.action.name} {strip.frame_start} {strip.frame_end}".encode() for strip in strips]
    return sha256(b"\n".join(parts)).digest()


def read_poses(rig: bpy.types.Object, skeleton: Skeleton, frames: np.ndarray) -> np.ndarray:
    """(F, B, 4, 4) bone space to the armature space that the skeleton was read in, at `frames` (F,).

    How the object itself moves is part of it. Of a rig that nothing but keys moves this is computed from the keys;
    else the scene is shown at every frame, and at the end again at the one that the user is at.
    """
    if _only_keys_move(rig):
        return _from_keys(rig, skeleton, frames)
    return _from_scene(rig, skeleton, frames)


def _only_keys_move(rig: bpy.types.Object) -> bool:
    """Whether the rig's own action, keyed on its bones alone, says all."""
    curves = list(compat.curves_of(rig))
    data = rig.animation_data
    usual = all(
        bone.use_inherit_rotation and bone.inherit_scale == "FULL" and bone.use_local_location
        for bone in rig.data.bones
    )
    return (
        usual
        and rig.parent is None
        and not rig.constraints
        and not any(bone.constraints for bone in rig.pose.bones)
        and not (data and (data.drivers or compat.playing_strips(rig)))
        and not any(curve.data_path in OBJECT_PATHS or len(curve.modifiers) for curve in curves)
    )


def _from_keys(rig: bpy.types.Object, skeleton: Skeleton, frames: np.ndarray) -> np.ndarray:
    curves: dict[str, list[Any]] = {}
    for curve in compat.curves_of(rig):
        if not curve.mute:
            curves.setdefault(curve.data_path, []).append(curve)
    poses = np.empty((len(frames), len(skeleton.names), 4, 4))
    for number, name in enumerate(skeleton.names):
        bone = rig.pose.bones[name]
        prefix = bone.path_from_id()
        names = ("location", property_of(bone.rotation_mode), "scale")
        place, turn, size = (
            _values(bone, part, curves.get(f"{prefix}.{part}", ()), frames) for part in names
        )
        basis = np.tile(np.eye(4), (len(frames), 1, 1))
        basis[:, :3, :3] = from_mode(turn, bone.rotation_mode) * size[:, None, :]
        parent = int(skeleton.parents[number])
        if parent < 0 or not bone.bone.use_connect:  # Blender keeps the others at their parent's tail
            basis[:, :3, 3] = place
        if parent < 0:
            poses[:, number] = skeleton.rest[number] @ basis
        else:
            offset = np.linalg.inv(skeleton.rest[parent]) @ skeleton.rest[number]
            poses[:, number] = poses[:, parent] @ offset @ basis
    return poses


def _values(bone: bpy.types.PoseBone, name: str, curves: Any, frames: np.ndarray) -> np.ndarray:
    """(F, C) a property of a bone: as keyed, or as it stands."""
    values = np.tile(np.array(getattr(bone, name), dtype=np.float64), (len(frames), 1))
    assert values.shape[1] == len(REST[name])
    for curve in curves:
        values[:, curve.array_index] = [curve.evaluate(frame) for frame in frames]
    return values


def _from_scene(rig: bpy.types.Object, skeleton: Skeleton, frames: np.ndarray) -> np.ndarray:
    scene = rig.users_scene[0] if bpy.context.scene not in rig.users_scene else bpy.context.scene
    layer = bpy.context.view_layer if scene == bpy.context.scene else scene.view_layers[0]
    before = scene.frame_current, scene.frame_subframe
    to_armature = np.linalg.inv(skeleton.to_world)
    poses = np.empty((len(frames), len(skeleton.names), 4, 4))
    try:
        for row, frame in enumerate(frames):
            scene.frame_set(int(np.floor(frame)), subframe=float(frame - np.floor(frame)))
            shown = rig.evaluated_get(layer.depsgraph)
            moved = to_armature @ np.array(shown.matrix_world)
            bones = shown.pose.bones
            poses[row] = moved @ np.array([bones[name].matrix for name in skeleton.names])
    finally:
        scene.frame_set(before[0], subframe=before[1])
    return poses
