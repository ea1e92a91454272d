"""What a scene remembers of the Retarget panel."""

# pyright: reportInvalidTypeForm=false

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import bpy
from bpy.props import (
    BoolProperty,
    CollectionProperty,
    EnumProperty,
    FloatProperty,
    PointerProperty,
    StringProperty,
)

FEET = (
    ("auto", "Automatic", "Hold a foot where it is found to stand"),
    ("always", "Always", "One foot stands at all times, as in dances without jumps"),
    ("never", "Never", "Hold no foot; limbs point exactly as the person's"),
    ("grounding", "Grounding", "Keep the lower foot on the floor, but let it slide"),
)
ROOTS = (
    ("hips", "Hips", "The hips carry the way over the floor"),
    (
        "root",
        "Root Bone",
        "The rig's root bone carries it, as game engines want; the hips, where there is none",
    ),
    ("in_place", "In Place", "Stay on the spot"),
)
PLACES = (
    (
        "character",
        "Character's",
        "Begin where the character stands; facing the camera is its own ahead",
    ),
    ("source", "Person's", "Stand and face where the person does, so that one covers the other"),
)
LIMBS = (
    ("FK", "FK", "Key the controls that turn the limb"),
    ("IK", "IK", "Key the controls that move the limb's end, and its pole"),
)
OUTPUTS = (
    ("ACTION", "Action", "The character's action"),
    ("NLA", "NLA Strip", "A strip on a new track, above what is there"),
    ("ASSET", "Asset", "The character's action, marked as an asset"),
)

_quiet = False
"""Whether properties are being filled, which is no wish of the user's."""


@contextmanager
def filling() -> Iterator[None]:
    """Within, changed properties don't make the result follow."""
    global _quiet
    before, _quiet = _quiet, True
    try:
        yield
    finally:
        _quiet = before


def _follow(owner: bpy.types.PropertyGroup, _context: bpy.types.Context) -> None:
    if not _quiet:
        from . import live

        live.follow(owner.id_data)


def _chosen_bone(owner: "BoneChoice", context: bpy.types.Context) -> None:
    if not _quiet:
        owner.more = ""
        _follow(owner, context)


def _is_armature(_owner: bpy.types.PropertyGroup, made: bpy.types.Object) -> bool:
    return made.type == "ARMATURE"


class BoneChoice(bpy.types.PropertyGroup):
    """Which bone of the character is one of a human being's; its name is the latter's."""

    bone: StringProperty(name="Bone", description="The character's bone", update=_chosen_bone)
    more: StringProperty(description="The bones after it, where a spine or a limb is split, a line each")


class RetargetChoices(bpy.types.PropertyGroup):
    """A scene's `human_mesh_recovery.retarget`."""

    source: PointerProperty(
        type=bpy.types.Object, poll=_is_armature, name="Motion",
        description="A recovered person's rig, or any armature of a human being that moves; "
        "empty for the one that is selected",
    )  # fmt: skip
    file: StringProperty(
        name="File", description="A motion file in place of somebody in the scene: .npz or .bvh",
        subtype="FILE_PATH",
    )  # fmt: skip
    target: PointerProperty(
        type=bpy.types.Object, poll=_is_armature, name="Character",
        description="The armature of your character; empty for the one that is selected",
    )  # fmt: skip
    shown_source: PointerProperty(
        type=bpy.types.Object, description="Whose motion is shown on the character; none of a file's"
    )
    shown_target: PointerProperty(type=bpy.types.Object, description="The character that all below is about")
    feet: EnumProperty(name="Feet", description="When feet are held", items=FEET, update=_follow)
    root: EnumProperty(
        name="Travel", description="What carries the way over the floor", items=ROOTS, update=_follow
    )
    place: EnumProperty(name="Place", description="Where the motion happens", items=PLACES, update=_follow)
    scale: FloatProperty(
        name="Steps", description="How large the steps are; at 1 as the legs' lengths ask for",
        default=1.0, min=0.01, soft_min=0.25, soft_max=2.0, update=_follow,
    )  # fmt: skip
    hands: BoolProperty(
        name="Hand Contacts", description="Lead hands that touch the own body or the floor to it",
        update=_follow,
    )  # fmt: skip
    arms: EnumProperty(name="Arms", description="How arms are keyed", items=LIMBS, update=_follow)
    legs: EnumProperty(name="Legs", description="How legs are keyed", items=LIMBS, update=_follow)
    bones: CollectionProperty(
        type=BoneChoice, name="Bones", description="Which of the character's bones is which"
    )
    table: StringProperty(description="How the bones were recognised")
    root_bone: StringProperty(
        name="Root", description="The bone on the floor that takes root motion", update=_follow
    )
    problem: StringProperty(description="What went wrong")
    note: StringProperty(description="What the user should know")
    output: EnumProperty(name="Bake To", description="What the keys are put into", items=OUTPUTS)
    simplify: BoolProperty(name="Fewer Keys", description="Keep only the keys that are needed", default=False)
    degrees: FloatProperty(
        name="Rotation", description="Degrees by which a bone may be off", default=0.5, min=0.01, soft_max=5.0
    )
    millimetres: FloatProperty(
        name="Location",
        description="Millimetres by which a bone may be off",
        default=2.0,
        min=0.01,
        soft_max=50.0,
    )


CLASSES = (BoneChoice, RetargetChoices)


def there(made: bpy.types.Object | None) -> bpy.types.Object | None:
    """A chosen object that is in a scene; what was deleted lives on in the file as long as it is pointed at."""
    return made if made is not None and made.users_scene else None


def of(scene: bpy.types.Scene) -> Any:
    return scene.human_mesh_recovery.retarget
