"""A motion onto an armature of the scene: what of it has to be keyed, whatever kind of rig it is."""

from collections.abc import Sequence
from dataclasses import dataclass

import bpy
import numpy as np

from ...inference_server.errors import RecoveryError
from . import control_rigs, ik_controls, rigify, vrm
from .apply import modes_of, still_channels
from .channels import Channel, channels_of, held
from .control_rigs import ControlView
from .humanoid import FINGER_BONES, HumanMotion, Mapping, require_limbs
from .read import read_skeleton
from .recognition import recognise
from .retargeted import Retargeted, Settings
from .rotation_modes import property_of, to_mode
from .skeleton import Skeleton
from .solver import retarget


@dataclass(frozen=True)
class Controls:
    """How the limbs of a rig with controls are moved."""

    arms_ik: bool = False
    legs_ik: bool = False


@dataclass(frozen=True)
class Target:
    """An armature that was understood."""

    rig: bpy.types.Object
    skeleton: Skeleton
    shown: Mapping
    """What the user sees, and may correct."""
    mapping: Mapping
    """Of what is keyed: controls, where the rig has them."""
    view: ControlView | None
    """The rig's controls as plain bones, where it has controls."""


def understand(
    rig: bpy.types.Object,
    controls: Controls = Controls(),
    mapping: Mapping | None = None,
) -> Target:
    """Reads an armature; `mapping` in place of the guess.

    Raises RecoveryError: "linked_rig", "edit_mode" or "tweak_mode" where it can't be animated, "no_armature",
    "rig_scale", or what `recognise` raises.
    """
    _check_editable(rig)
    skeleton = read_skeleton(rig)
    if rigify.is_rigify(rig):
        _check_names(skeleton, mapping)
        view = rigify.view_of(rig, skeleton, controls.arms_ik, controls.legs_ik, mapping)
        return Target(rig, skeleton, view.shown or view.mapping, view.mapping, view)
    skeleton = control_rigs.as_it_hangs(rig, skeleton)
    mapping = mapping or vrm.mapping_of_armature(rig, skeleton) or recognise(skeleton)
    _check_names(skeleton, mapping)
    view = control_rigs.view_of(rig, skeleton, mapping)
    return Target(rig, skeleton, mapping, mapping if view is None else view.mapping, view)


def solve(target: Target, human: HumanMotion, settings: Settings) -> list[Channel]:
    """All keys that make `target` do what `human` does. Raises RecoveryError."""
    if target.view is None:
        moved = retarget(human, target.skeleton, target.mapping, settings)
        keyed = channels_of(moved, modes_of(target.rig))
    else:
        moved = retarget(human, target.view.skeleton, target.mapping, settings)
        keyed = _on_controls(target, target.view, moved)
    others = _to_rest(target, human, moved)
    return keyed + still_channels(target.rig, target.skeleton, keyed, others, float(moved.frames[0]))


def _to_rest(target: Target, human: HumanMotion, moved: Retargeted) -> list[str]:
    """The other controls that are to be at rest: not what the motion says nothing of."""
    if target.view is None:
        return []
    left = {name for names in target.mapping.bones.values() for name in names} - set(moved.bones)
    if not set(human.bones) & set(FINGER_BONES):
        left |= target.view.fingers
    return [name for name in target.view.others if name not in left]


def _on_controls(target: Target, view: ControlView, moved: Retargeted) -> list[Channel]:
    modes = modes_of(target.rig)
    instead = {control for limb in view.ik_limbs for control in limb.replaced}
    keyed = [
        channel
        for channel in channels_of(control_rigs.at_pivots(moved, view), modes)
        if channel.bone not in instead
    ]
    for limb in view.ik_limbs:
        turns, places, poles = ik_controls.place_controls(limb, moved, target.skeleton)
        mode = modes[limb.end_control]
        keyed.append(Channel(limb.end_control, property_of(mode), moved.frames, to_mode(turns, mode), mode))
        keyed.append(Channel(limb.end_control, "location", moved.frames, places))
        if poles is not None:
            keyed.append(Channel(limb.pole_control, "location", moved.frames, poles))
    first = float(moved.frames[0])
    keyed += [held(one.bone, f'["{one.key}"]', [one.value], first) for one in view.switches]
    # of limbs that one control leads the first
    return list({channel.path: channel for channel in reversed(keyed)}.values())[::-1]


def _check_editable(rig: bpy.types.Object) -> None:
    if rig.library is not None:
        raise RecoveryError(
            "linked_rig",
            f"{rig.name} is linked from another file and can't be animated as it is.",
            "Select it and use Object > Library Override > Make, then press Retarget again.",
        )
    if rig.type == "ARMATURE" and rig.data.is_editmode:
        raise RecoveryError(
            "edit_mode", f"{rig.name} is in Edit Mode.", "Press Tab to leave it, then press Retarget again."
        )
    if rig.animation_data is not None and rig.animation_data.use_tweak_mode:
        raise RecoveryError(
            "tweak_mode",
            f"A strip of {rig.name} is being edited.",
            "Press Tab in the Nonlinear Animation editor to leave its tweak mode, then press Retarget again.",
        )


def notes(target: Target, settings: Settings) -> list[str]:
    """What may keep the character from doing what it should, though all is well with its keys."""
    told = []
    if settings.root == "root" and target.mapping.root is None:
        told.append("The rig has no root bone: the hips carry the way over the floor")
    if target.rig.data.pose_position == "REST":
        told.append("The armature is set to Rest Position: choose Pose Position in its data to see it move")
    if target.view is None:
        held = _constrained(target)
        if held:
            told.append(f"{', '.join(held[:3])}: constraints of these bones may change the result")
    return told


def _check_names(skeleton: Skeleton, mapping: Mapping | None) -> None:
    """Raises RecoveryError("no_bone", "same_bone", "bones_missing") where a chosen mapping can't be of this rig."""
    if mapping is None:
        return
    names = [name for names in mapping.bones.values() for name in names]
    names += [mapping.root] if mapping.root else []
    missing = [name for name in names if name not in skeleton.index]
    if missing:
        raise RecoveryError(
            "no_bone",
            f"The character has no bone {missing[0]}.",
            "Choose another one under Bones, or press Guess Again.",
        )
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise RecoveryError(
            "same_bone",
            f"{twice} is chosen twice.",
            "Choose another bone, or none, in one of the two places.",
        )
    require_limbs(mapping)


def _constrained(target: Target) -> list[str]:
    """The keyed bones that a constraint moves as well."""
    names = [name for names in target.mapping.bones.values() for name in names]
    return [
        name
        for name in names
        if any(not each.mute and each.influence > 0 for each in target.rig.pose.bones[name].constraints)
    ]


def frames_of(channels: Sequence[Channel]) -> tuple[int, int]:
    """The first and the last of the scene's frames that have keys."""
    frames = np.concatenate([channel.frames for channel in channels])
    return int(np.floor(frames.min())), int(np.ceil(frames.max()))
