"""Rigs that are moved by controls: seen as plain bones, so that they are solved like any other rig.

The bones of such a view are the controls, each hanging from the control that it follows in truth, whatever
mechanism lies between the two; so nothing has to be evaluated to know where a control must be turned.
"""

from collections.abc import Mapping as Named
from dataclasses import dataclass, field, replace

import bpy
import numpy as np

from . import humanoid
from .humanoid import Mapping
from .retargeted import Retargeted
from .skeleton import Skeleton, Skin

COPIES = ("COPY_TRANSFORMS", "COPY_ROTATION")
SPACES = ("WORLD", "POSE")


@dataclass(frozen=True)
class IkLimb:
    """A limb that controls at its end and beside it move by inverse kinematics."""

    limb: str
    """The hub's name of its end: "leftHand", "rightFoot"."""
    root: str
    """The first bone of the chain, about whose axes the pole angle is counted."""
    end_control: str
    pole_control: str
    pole_angle: float
    """Radians, as the constraint has it."""
    fk_controls: tuple[str, ...]
    """The controls of the view that this takes the place of."""
    end_parent: str = ""
    """The bones that the two controls hang from, which stand at rest; "" for none."""
    pole_parent: str = ""


@dataclass(frozen=True)
class Switch:
    """A bone's custom property, and what it must be."""

    bone: str
    key: str
    value: float


@dataclass(frozen=True)
class ControlView:
    """A control rig as plain bones."""

    skeleton: Skeleton
    mapping: Mapping
    pivots: Named[str, np.ndarray] = field(default_factory=dict)
    """(3,) armature space: where a control's own joint is, of those that stand elsewhere in the view."""
    ik_limbs: tuple[IkLimb, ...] = ()
    switches: tuple[Switch, ...] = ()
    has_choice: bool = False
    """Whether limbs can be moved forwards or by inverse kinematics."""


def view_of(rig: bpy.types.Object, skeleton: Skeleton, mapping: Mapping) -> ControlView | None:
    """The view of a rig whose bones follow others by constraints; None where none do.

    mapping: the bones that were recognised, such as those that deform the skin.
    """
    drivers = {bone: _driver(rig, name) for bone, names in mapping.bones.items() for name in names[:1]}
    if all(drivers[bone] == names[0] for bone, names in mapping.bones.items()):
        return None
    drivers["hips"] = _outermost(rig, drivers["hips"])
    pelvis = skeleton.rest[skeleton.index[mapping.bones["hips"][0]], :3, 3]
    bones = {bone: drivers[bone] for bone in humanoid.BONES if bone in drivers}
    root = _driver(rig, mapping.root) if mapping.root else None
    view, pivots = plain_view(skeleton, bones, pelvis, root)
    limbs = tuple(
        limb
        for end in ("leftHand", "rightHand", "leftFoot", "rightFoot")
        if end in bones and (limb := _ik_limb(rig, bones, end)) is not None
    )
    chains = {bone: (name,) for bone, name in bones.items()}
    return ControlView(view, replace(mapping, bones=chains, root=root), pivots, limbs)


def plain_view(
    skeleton: Skeleton, bones: Named[str, str], pelvis: np.ndarray, root: str | None
) -> tuple[Skeleton, dict[str, np.ndarray]]:
    """The controls `bones` (the hub's name -> the control) as a skeleton, and the pivots of those moved in it.

    Each hangs from the control of the next bone below it in the hub, and the hips, which stand at `pelvis` (3,) in
    armature space, from the control `root`.
    """
    above_all = () if root is None else (root,)
    names = (*above_all, *bones.values())
    numbers = [skeleton.index[name] for name in names]
    rest = skeleton.rest[numbers].copy()
    place = {bone: row for row, bone in enumerate(bones, len(above_all))}
    parents = np.full(len(names), -1)
    for bone, row in place.items():
        above = humanoid.PARENTS[bone]
        while above is not None and above not in place:
            above = humanoid.PARENTS[above]
        parents[row] = len(above_all) - 1 if above is None else place[above]
    hips = place["hips"]
    pivots = {names[hips]: rest[hips, :3, 3].copy()}
    rest[hips, :3, 3] = pelvis
    view = Skeleton(
        names=names,
        parents=parents,
        rest=rest,
        tails=skeleton.tails[numbers],
        to_world=skeleton.to_world,
        deforms=np.ones(len(names), dtype=bool),
        inherits_rotation=np.ones(len(names), dtype=bool),
        local_location=skeleton.local_location[numbers],
        skin=None if skeleton.skin is None else _followed(skeleton, skeleton.skin, numbers),
    )
    return view, pivots


def at_pivots(retargeted: Retargeted, view: ControlView) -> Retargeted:
    """The same motion with locations counted from the controls' own joints in place of the view's."""
    locations = retargeted.locations.copy()
    for column, bone in enumerate(retargeted.moved):
        pivot = view.pivots.get(bone)
        if pivot is None:
            continue
        number = view.skeleton.index[bone]
        axes, joint = view.skeleton.rest[number, :3, :3], view.skeleton.rest[number, :3, 3]
        turns = axes @ retargeted.rotations[:, retargeted.bones.index(bone)] @ axes.T
        counted = np.eye(3) if not view.skeleton.local_location[number] else axes
        moved = locations[:, column] @ counted.T + turns @ (pivot - joint) - (pivot - joint)
        locations[:, column] = moved @ counted
    return replace(retargeted, locations=locations)


def _followed(skeleton: Skeleton, skin: Skin, controls: list[int]) -> Skin:
    """The skin as it follows the controls: each of its bones the control whose joint is nearest to its own."""
    joints = skeleton.rest[:, :3, 3]
    distances = np.linalg.norm(joints[:, None] - joints[controls], axis=-1)
    return replace(skin, bones=np.where(skin.bones < 0, -1, distances.argmin(axis=1)[skin.bones]))


def _driver(rig: bpy.types.Object, name: str) -> str:
    """The bone that `name` follows in the end."""
    seen = set()
    while name not in seen:
        seen.add(name)
        for constraint in rig.pose.bones[name].constraints:
            follows = (
                constraint.type in COPIES
                and not constraint.mute
                and constraint.influence > 0.99
                and constraint.target == rig
                and constraint.subtarget in rig.pose.bones
                and constraint.owner_space in SPACES
                and constraint.target_space in SPACES
            )
            if follows:
                name = constraint.subtarget
    return name


def _outermost(rig: bpy.types.Object, name: str) -> str:
    """The control above the hips' bone that carries nothing besides, such as one that is made to be grabbed."""
    bone = rig.data.bones[name]
    while bone.parent and bone.parent.parent and len(bone.parent.children) == 1:
        bone = bone.parent
    return bone.name


def _ik_limb(rig: bpy.types.Object, bones: Named[str, str], end: str) -> IkLimb | None:
    """The limb's controls, where an IK constraint with a pole moves it."""
    side = "left" if end.startswith("left") else "right"
    upper, lower = (f"{side}{part}" for part in (("UpperArm", "LowerArm") if "Hand" in end else
                                                 ("UpperLeg", "LowerLeg")))  # fmt: skip
    for constraint in rig.pose.bones[bones[lower]].constraints:
        if constraint.type != "IK" or constraint.mute or not constraint.pole_subtarget:
            continue
        if constraint.target != rig or constraint.pole_target != rig or constraint.chain_count != 2:
            continue
        target, pole = constraint.subtarget, constraint.pole_subtarget
        return IkLimb(
            end, bones[upper], target, pole, constraint.pole_angle,
            (bones[upper], bones[lower], bones[end]), _parent(rig, target), _parent(rig, pole),
        )  # fmt: skip
    return None


def _parent(rig: bpy.types.Object, name: str) -> str:
    parent = rig.data.bones[name].parent
    return parent.name if parent else ""
