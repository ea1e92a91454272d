"""Channels into an armature's action, and everything back as it was."""

from collections.abc import Iterable, Sequence
from typing import Any

import bpy
import numpy as np

from .. import compat
from ..scene import marks
from ..scene.animation import LINEAR, write_keys
from .channels import REST, Channel, rest_channels
from .rotation_modes import property_of
from .skeleton import Skeleton

LIVE = "Retargeted"
"""The purpose of an action that shows a result which is not baked yet."""
BEFORE_ACTION = "human_mesh_recovery_before"
BEFORE_SLOT = "human_mesh_recovery_before_slot"
BEFORE_POSE = "human_mesh_recovery_before_pose"
BEFORE_PROPERTIES = "human_mesh_recovery_before_properties"
"""On such an action: the armature's action of before and its slot, the pose, and custom properties of bones."""


def modes_of(rig: bpy.types.Object) -> dict[str, str]:
    """Each pose bone's rotation mode."""
    return {bone.name: bone.rotation_mode for bone in rig.pose.bones}


def live_action(rig: bpy.types.Object) -> bpy.types.Action | None:
    """The action that shows a result which is not baked yet."""
    return next((action for action in marks.actions_of(rig) if action.get(marks.MADE) == LIVE), None)


def show(rig: bpy.types.Object, channels: Sequence[Channel], name: str) -> bpy.types.Action:
    """Gives the rig an action with these keys in place of its own, which `put_back` gives back.

    A live action of before is written anew, and what it keyed and this one does not is as it was before both.
    """
    action = live_action(rig)
    if action is None:
        before = _remembered(rig)
        compat.new_action(rig, name)
        action = rig.animation_data.action
        marks.mark(action, LIVE)
        for key, value in before.items():
            action[key] = value
    else:
        _restore_pose(rig, action)
    action.name = name
    _remember_properties(rig, action, channels)
    try:
        write(rig, channels)
    except BaseException:
        put_back(rig)
        raise
    rig.update_tag(refresh={"OBJECT", "DATA", "TIME"})
    return action


def put_back(rig: bpy.types.Object) -> None:
    """The action, the pose and the bones' properties that the rig had before `show`; nothing where none is shown."""
    action = live_action(rig)
    if action is None:
        return
    compat.give_action(rig, action.get(BEFORE_ACTION), action.get(BEFORE_SLOT, ""))
    _restore_pose(rig, action)
    bpy.data.actions.remove(action)
    rig.update_tag(refresh={"OBJECT", "DATA", "TIME"})


def keep(rig: bpy.types.Object) -> bpy.types.Action | None:
    """Ends what `show` began without going back: the action of before, which the caller now looks after."""
    action = live_action(rig)
    if action is None:
        return next(iter(marks.actions_of(rig)), None)
    before = action.get(BEFORE_ACTION)
    rig.animation_data.action = None
    bpy.data.actions.remove(action)
    return before


def write(rig: bpy.types.Object, channels: Iterable[Channel]) -> None:
    """Writes the keys into the rig's own action, which holds nothing else afterwards."""
    curves = compat.own_action(rig, rig.name)
    curves.clear()
    for channel in channels:
        for component in range(channel.values.shape[1]):
            curve = curves.new(channel.path, component, channel.bone)
            write_keys(curve, channel.frames, channel.values[:, component], LINEAR)


def still_channels(
    rig: bpy.types.Object,
    skeleton: Skeleton,
    keyed: Sequence[Channel],
    others: Iterable[str],
    frame: float,
) -> list[Channel]:
    """Keys that hold at rest what else would move the keyed bones.

    That are the properties of those bones, of the bones that they hang from, and of the `others`, which are not at
    rest now or which another action or a strip animates.
    """
    have = {(channel.bone, channel.attribute) for channel in keyed}
    bones = {skeleton.index[channel.bone] for channel in keyed if channel.bone in skeleton.index}
    bones |= {skeleton.index[name] for name in others}
    bones |= {above for bone in bones for above in skeleton.ancestors(bone)}
    moved = compat.animated_paths(rig)
    made = []
    for number in sorted(bones):
        bone = rig.pose.bones[skeleton.names[number]]
        names = [name for name in ("location", property_of(bone.rotation_mode), "scale")
                 if (bone.name, name) not in have]  # fmt: skip
        wanted = [
            channel
            for channel in rest_channels(bone.name, names, frame)
            if channel.path in moved or not _is_at_rest(bone, channel.attribute)
        ]
        made += wanted
    return made


def _is_at_rest(bone: bpy.types.PoseBone, name: str) -> bool:
    values = np.array(getattr(bone, name))
    if name == "rotation_axis_angle":
        return abs(values[0]) < 1e-6
    return bool(np.abs(values - REST[name]).max() < 1e-6)


def _remembered(rig: bpy.types.Object) -> dict[str, Any]:
    pose = []
    for name, rest in REST.items():
        values = np.empty(len(rig.pose.bones) * len(rest), dtype=np.float32)
        rig.pose.bones.foreach_get(name, values)
        pose.append(values)
    before: dict[str, Any] = {BEFORE_POSE: np.concatenate(pose).tolist(), BEFORE_PROPERTIES: {}}
    for action in marks.actions_of(rig):
        before[BEFORE_ACTION] = action
        before[BEFORE_SLOT] = compat.slot_of(rig)
    return before


def _remember_properties(
    rig: bpy.types.Object, action: bpy.types.Action, channels: Sequence[Channel]
) -> None:
    """Notes the bones' custom properties that are to be keyed, those that no earlier action of ours has keyed."""
    known = action[BEFORE_PROPERTIES].to_dict()
    for channel in channels:
        if channel.attribute.startswith("["):
            key = channel.attribute[2:-2]
            known.setdefault(f"{channel.bone}\n{key}", rig.pose.bones[channel.bone][key])
    action[BEFORE_PROPERTIES] = known


def _restore_pose(rig: bpy.types.Object, action: bpy.types.Action) -> None:
    pose = np.array(action[BEFORE_POSE], dtype=np.float32)
    sizes = [len(rig.pose.bones) * len(rest) for rest in REST.values()]
    if len(pose) == sum(sizes):  # else bones have come or gone
        for name, values in zip(REST, np.split(pose, np.cumsum(sizes)[:-1]), strict=True):
            rig.pose.bones.foreach_set(name, values)
    for path, value in action[BEFORE_PROPERTIES].to_dict().items():
        bone, _, key = path.partition("\n")
        if bone in rig.pose.bones:
            rig.pose.bones[bone][key] = value
