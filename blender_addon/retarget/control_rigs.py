"""Rigs that are moved by controls: seen as plain bones, so that they are solved like any other rig.

The bones of such a view are the controls, each hanging from the control that it follows in truth, whatever
mechanism lies between the two; so nothing has to be evaluated to know where a control must be turned.
"""

from collections.abc import Iterator
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
AT_THE_END = 0.1
"""Of a bone's length: how near to its tail a joint is at its end."""
SURE = 0.99
"""Influence from which a constraint alone says where its bone is."""


@dataclass(frozen=True)
class IkLimb:
    """A limb that controls at its end and beside it move by inverse kinematics."""

    limb: str
    """The hub's name of its end: "leftHand", "rightFoot"."""
    bones: tuple[str, str, str]
    """The two of the chain, and that of the hand or foot. About the first one's axes the pole angle is counted."""
    end_control: str
    pole_control: str
    """"" where the chain has no pole: then it bends as its bones are turned."""
    pole_angle: float
    """Radians, as the constraint has it."""
    replaced: tuple[str, ...]
    """The bones that need no keys of their own then."""
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
    shown: Mapping | None = None
    """What the user sees and may correct, where that is not what was recognised."""
    others: tuple[str, ...] = ()
    """Controls besides that move the body, and are to be at rest."""
    fingers: frozenset[str] = frozenset()
    """Those of them that move fingers, which is only so where the motion has fingers."""


def view_of(rig: bpy.types.Object, skeleton: Skeleton, mapping: Mapping) -> ControlView | None:
    """The view of a rig whose bones follow others by constraints; None where none do.

    mapping: the bones that were recognised, such as those that deform the skin.
    """
    drivers = {bone: _driver(rig, name) for bone, names in mapping.bones.items() for name in names[:1]}
    if all(drivers[bone] == names[0] for bone, names in mapping.bones.items()):
        limbs = _ik_limbs(rig, drivers)
        return ControlView(skeleton, mapping, ik_limbs=limbs) if limbs else None
    drivers["hips"] = _outermost(rig, drivers["hips"])
    pelvis = skeleton.rest[skeleton.index[mapping.bones["hips"][0]], :3, 3]
    bones = {bone: drivers[bone] for bone in humanoid.BONES if bone in drivers}
    root = _driver(rig, mapping.root) if mapping.root else None
    view, pivots = plain_view(skeleton, bones, pelvis, root)
    chains = {bone: (name,) for bone, name in bones.items()}
    others = tuple(bone.name for bone in rig.data.bones if not bone.use_deform)
    limbs = _ik_limbs(rig, bones)
    fingers = frozenset(_below_hands(rig, mapping, bones))
    return ControlView(
        view, replace(mapping, bones=chains, root=root), pivots, limbs, others=others, fingers=fingers
    )


def as_it_hangs(rig: bpy.types.Object, skeleton: Skeleton) -> Skeleton:
    """The rig with hands and feet that hang from a limb's IK control hung from the limb, whose end they go with."""
    parents = skeleton.parents.copy()
    for bone in rig.pose.bones:
        for constraint in bone.constraints:
            target = _ik_target(rig, constraint)
            if target is None:
                continue
            lower = skeleton.index[bone.name]
            reach = AT_THE_END * np.linalg.norm(skeleton.tails[lower] - skeleton.rest[lower, :3, 3])
            for child in skeleton.children[skeleton.index[target]]:
                if np.linalg.norm(skeleton.rest[child, :3, 3] - skeleton.tails[lower]) < reach:
                    parents[child] = lower
    if np.array_equal(parents, skeleton.parents):
        return skeleton
    return _in_order(skeleton, parents)


def _in_order(skeleton: Skeleton, parents: np.ndarray) -> Skeleton:
    """The skeleton with other parents, its bones after theirs again."""

    def depth(bone: int) -> int:
        return 0 if parents[bone] < 0 else 1 + depth(int(parents[bone]))

    order = sorted(range(len(parents)), key=depth)
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    skin = skeleton.skin
    return replace(
        skeleton,
        names=tuple(skeleton.names[bone] for bone in order),
        parents=np.array([-1 if parents[bone] < 0 else place[parents[bone]] for bone in order]),
        rest=skeleton.rest[order],
        tails=skeleton.tails[order],
        deforms=skeleton.deforms[order],
        inherits_rotation=skeleton.inherits_rotation[order],
        local_location=skeleton.local_location[order],
        connected=None if skeleton.connected is None else skeleton.connected[order],
        skin=None if skin is None else replace(skin, bones=np.where(skin.bones < 0, -1, place[skin.bones])),
    )


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
    view = replace(
        skeleton,
        names=names,
        parents=parents,
        rest=rest,
        tails=skeleton.tails[numbers],
        deforms=np.ones(len(names), dtype=bool),
        inherits_rotation=np.ones(len(names), dtype=bool),
        local_location=skeleton.local_location[numbers],
        connected=None if skeleton.connected is None else skeleton.connected[numbers],
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
                and constraint.influence > SURE
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


def _below_hands(rig: bpy.types.Object, mapping: Mapping, bones: Named[str, str]) -> Iterator[str]:
    """The bones that hang from the hands, and from the controls that those follow."""
    for hand in ("leftHand", "rightHand"):
        for name in {*mapping.bones.get(hand, ()), *([bones[hand]] if hand in bones else [])}:
            yield from (bone.name for bone in rig.data.bones[name].children_recursive)


def _ik_limbs(rig: bpy.types.Object, bones: Named[str, str]) -> tuple[IkLimb, ...]:
    ends = [end for end in ("leftHand", "rightHand", "leftFoot", "rightFoot") if end in bones]
    limbs = [_ik_limb(rig, bones, end) for end in ends]
    return tuple(limb for limb in limbs if limb is not None)


def _ik_limb(rig: bpy.types.Object, bones: Named[str, str], end: str) -> IkLimb | None:
    """The limb's controls, where an IK constraint moves it."""
    side = "left" if end.startswith("left") else "right"
    kind = "Arm" if end.endswith("Hand") else "Leg"
    upper, lower, last = (bones.get(name) for name in (f"{side}Upper{kind}", f"{side}Lower{kind}", end))
    if upper is None or lower is None or last is None:
        return None
    for constraint in rig.pose.bones[lower].constraints:
        target = _ik_target(rig, constraint)
        if target is None:
            continue
        pole = constraint.pole_subtarget if constraint.pole_target == rig else ""
        above = [last, *(bone.name for bone in rig.data.bones[last].parent_recursive)]
        carried = (last,) if target in above else ()
        return IkLimb(
            end, (upper, lower, last), target, pole, constraint.pole_angle,
            (upper, lower, *carried) if pole else carried,
            _parent(rig, target), _parent(rig, pole) if pole else "",
        )  # fmt: skip
    return None


def _ik_target(rig: bpy.types.Object, constraint: bpy.types.Constraint) -> str | None:
    """The bone to which a limb of two bones is led by a constraint on the second."""
    leads = (
        constraint.type == "IK"
        and not constraint.mute
        and constraint.influence > SURE
        and constraint.target == rig
        and constraint.subtarget in rig.pose.bones
        and constraint.chain_count == 2
    )
    return constraint.subtarget if leads else None


def _parent(rig: bpy.types.Object, name: str) -> str:
    parent = rig.data.bones[name].parent
    return parent.name if parent else ""
