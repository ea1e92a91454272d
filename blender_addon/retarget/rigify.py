"""Rigify's generated rigs: which controls are a human being's, what they follow, and their switches.

A rig's spine controls above its torso, found by walking down from the neck; limbs by the names that Rigify gives
them (scripts/addons/rigify/rigs/limbs and spines of Blender 4.2 to 5.2).
"""

from collections.abc import Iterator, Sequence
from typing import Final

import bpy

from . import humanoid
from .control_rigs import ControlView, IkLimb, Switch, plain_view
from .humanoid import Mapping
from .skeleton import Skeleton

SIDES: Final = {"left": "L", "right": "R"}
LIMBS: Final = {
    "Shoulder": "shoulder", "UpperArm": "upper_arm_fk", "LowerArm": "forearm_fk", "Hand": "hand_fk",
    "UpperLeg": "thigh_fk", "LowerLeg": "shin_fk", "Foot": "foot_fk", "Toes": "toe_fk",
}  # fmt: skip
FINGERS: Final = {
    "Thumb": "thumb", "Index": "f_index", "Middle": "f_middle", "Ring": "f_ring", "Little": "f_pinky"
}  # fmt: skip
HAND: Final = (*FINGERS.values(), "palm")
"""How the names of all controls of fingers begin."""
NEEDED: Final = (
    "torso",
    "upper_arm_fk.L",
    "upper_arm_fk.R",
    "thigh_fk.L",
    "thigh_fk.R",
    "upper_arm_parent.L",
)
CHAINS: Final = (
    ("Hand", "upper_arm", ("upper_arm_fk", "forearm_fk", "hand_fk"), "hand_ik", "MCH-forearm_ik"),
    ("Foot", "thigh", ("thigh_fk", "shin_fk", "foot_fk"), "foot_ik", "MCH-shin_ik"),
)
"""Of each side: the end, the limb's first name, its controls that are turned, the one that is moved, and the bone
that carries the constraint."""
FOLLOW: Final = 1.0
ROOT_PARENT: Final = 1
"""Of the properties that choose what a control hangs from: Rigify's root."""


def is_rigify(rig: bpy.types.Object) -> bool:
    """Whether it is a rig that Rigify generated, with a human being's limbs."""
    return all(name in rig.pose.bones for name in NEEDED)


def view_of(
    rig: bpy.types.Object, skeleton: Skeleton, arms_ik: bool, legs_ik: bool, chosen: Mapping | None = None
) -> ControlView:
    """The view of a rig of which `is_rigify` is true, with the switches that the wanted controls need.

    chosen: the controls, where the user corrected them.
    """
    shown = _controls(rig)
    if chosen is not None:
        shown = {bone: names[0] for bone in humanoid.BONES if (names := chosen.bones.get(bone))}
    bones = {bone: _of_moved_legs(rig, name) if legs_ik else name for bone, name in shown.items()}
    hips = rig.data.bones[_pelvis(rig)].head_local
    root = "root" if "root" in rig.pose.bones else None
    view, pivots = plain_view(skeleton, bones, hips, root)
    mapping = Mapping("Rigify", {bone: (name,) for bone, name in bones.items()}, root)
    told = Mapping(mapping.table, {bone: (name,) for bone, name in shown.items()}, root)
    limbs = tuple(limb for limb in _ik_limbs(rig, arms_ik, legs_ik) if limb.limb in bones)
    switches = tuple(_switches(rig, limbs))
    others = _others(rig)
    fingers = frozenset(name for name in others if name.startswith(HAND))
    return ControlView(view, mapping, pivots, limbs, switches, told, others, fingers)


def _spine(rig: bpy.types.Object) -> list[str]:
    """The controls between torso and neck, from below."""
    found = []
    bone = rig.data.bones.get("neck") or rig.data.bones.get("head")
    while bone is not None and bone.name != "torso":
        bone = bone.parent
        if bone is not None and bone.name.startswith("spine_fk"):
            found.insert(0, bone.name)
    return found


def _pelvis(rig: bpy.types.Object) -> str:
    """The bone of the pelvis, which carries the legs."""
    bone = rig.data.bones["thigh_fk.L"]
    while bone.parent is not None and not bone.name.startswith("ORG-"):
        bone = bone.parent
    return bone.name


def _controls(rig: bpy.types.Object) -> dict[str, str]:
    """The hub's bones -> controls, those that the rig has; of a chain's several the first."""
    there = rig.pose.bones
    bones = {"hips": "torso"}
    bones |= dict(zip(("spine", "chest", "upperChest"), _spine(rig), strict=False))
    bones |= {name: name for name in ("neck", "head") if name in there}
    for side, letter in SIDES.items():
        for part, control in LIMBS.items():
            bones[f"{side}{part}"] = f"{control}.{letter}"
        for finger, control in FINGERS.items():
            parts = [bone for bone in humanoid.FINGER_BONES if bone.startswith(side + finger)]
            for number, bone in enumerate(parts, 1):
                bones[bone] = f"{control}.{number:02d}.{letter}"
    return {bone: name for bone in humanoid.BONES if (name := bones.get(bone, "")) in there}


def _of_moved_legs(rig: bpy.types.Object, control: str) -> str:
    """Where a leg is moved, its toes are turned by a control of their own."""
    other = control.replace("toe_fk.", "toe_ik.")
    return other if other in rig.pose.bones else control


def _ik_limbs(rig: bpy.types.Object, arms_ik: bool, legs_ik: bool) -> Iterator[IkLimb]:
    for side, letter in SIDES.items():
        for end, limb, controls, moved, constrained in CHAINS:
            if not (arms_ik if end == "Hand" else legs_ik):
                continue
            pole = f"{limb}_ik_target.{letter}"
            bone = rig.pose.bones.get(f"{constrained}.{letter}")
            constraints = bone.constraints if bone else ()
            constraint = next((each for each in constraints if getattr(each, "pole_subtarget", "")), None)
            if constraint is None or pole not in rig.pose.bones:
                continue
            turned = tuple(f"{control}.{letter}" for control in controls)
            yield IkLimb(
                f"{side}{end}", (f"{limb}_ik.{letter}", turned[1], turned[2]), f"{moved}.{letter}", pole,
                constraint.pole_angle, turned, f"MCH-{moved}.parent.{letter}", f"MCH-{limb}_ik_target.parent.{letter}",
            )  # fmt: skip


def _switches(rig: bpy.types.Object, limbs: Sequence[IkLimb]) -> Iterator[Switch]:
    """Whether limbs are turned or moved; neck and head follow the chest; controls of the floor hang from the root."""
    wanted = [Switch("torso", key, FOLLOW) for key in ("neck_follow", "head_follow")]
    wanted.append(Switch("torso", "torso_parent", ROOT_PARENT))
    moved = {limb.bones[0] for limb in limbs}
    for letter in SIDES.values():
        for limb in ("upper_arm", "thigh"):
            name, is_ik = f"{limb}_parent.{letter}", f"{limb}_ik.{letter}" in moved
            wanted += [Switch(name, "IK_FK", 0.0 if is_ik else 1.0), Switch(name, "FK_limb_follow", 0.0)]
            if is_ik:
                wanted += [Switch(name, key, ROOT_PARENT) for key in ("IK_parent", "pole_parent")]
                wanted += [Switch(name, "pole_vector", 1)]
    yield from (one for one in wanted if one.bone in rig.pose.bones and one.key in rig.pose.bones[one.bone])


def _others(rig: bpy.types.Object) -> tuple[str, ...]:
    """The controls of the body that are not keyed; those of the face, below the head, are left to the user."""
    face = (
        {bone.name for bone in rig.data.bones["head"].children_recursive}
        if "head" in rig.data.bones
        else set()
    )
    face |= {bone.name for bone in rig.data.bones if bone.parent and bone.parent.name == "ORG-face"}
    return tuple(
        bone.name
        for bone in rig.data.bones
        if not bone.name.startswith(("DEF-", "ORG-", "MCH-", "WGT-")) and bone.name not in face
    )
