"""Whose motion goes onto which character, from what is chosen in the panel and selected in the scene."""

from collections.abc import Iterable

import bpy

from ...inference_server.errors import RecoveryError
from .. import people
from ..scene import marks
from . import apply, choices
from .read import meshes_of
from .read_poses import animated_frames


def is_recovered(made: bpy.types.Object) -> bool:
    """Whether it is the rig of a recovered person."""
    return made.type == "ARMATURE" and marks.PERSON in made


def character(context: bpy.types.Context) -> bpy.types.Object | None:
    """The chosen armature; else the selected one, or that of the selected mesh; else that of the latest press, or the
    only one that is there.
    """
    chosen = choices.of(context.scene)
    if choices.there(chosen.target) is not None:
        return chosen.target
    found = [rig for rig in _selected_rigs(context) if not is_recovered(rig) and rig != chosen.source]
    if found:
        return found[0]
    if choices.there(chosen.shown_target) is not None:
        return chosen.shown_target
    others = [
        made
        for made in context.scene.objects
        if made.type == "ARMATURE" and not is_recovered(made) and made != chosen.source
    ]
    if len(others) > 1:  # Rigify's metarig carries no mesh, the rig made from it does
        others = [rig for rig in others if meshes_of(rig)]
    return others[0] if len(others) == 1 else None


def source(context: bpy.types.Context, target: bpy.types.Object | None) -> bpy.types.Object | None:
    """The chosen armature; else the recovered person who is selected, another armature that is selected and moves, that
    of the latest press, the person of the result that is shown, or the only person there is. None for a file, too.

    target: the `character`.
    """
    chosen = choices.of(context.scene)
    if chosen.file:
        return None
    if choices.there(chosen.source) is not None:
        return chosen.source
    rigs = [rig for rig in _selected_rigs(context) if rig != target]
    for rig in rigs:
        if is_recovered(rig):
            return rig
    for rig in rigs:
        if animated_frames(rig) is not None:
            return rig
    latest = choices.there(chosen.shown_source)
    if latest is not None and target == chosen.shown_target:
        return latest
    shown = people.active(context)
    if shown is not None:
        return shown.rig
    recovered = [made for made in context.scene.objects if is_recovered(made)]
    return recovered[0] if len(recovered) == 1 else None


def both(context: bpy.types.Context) -> tuple[bpy.types.Object | None, bpy.types.Object]:
    """Source, None for a file, and character. Raises RecoveryError("nothing_chosen", "same_rig")."""
    target = character(context)
    moved = source(context, target)
    if target is None:
        raise RecoveryError(
            "nothing_chosen",
            "There is no character to retarget to.",
            "Select the armature of your character, or choose it under Character.",
        )
    if moved is None and not choices.of(context.scene).file:
        raise RecoveryError(
            "nothing_chosen",
            "There is no motion to retarget.",
            "Select a recovered person, or choose a motion file.",
        )
    if moved == target:
        raise RecoveryError(
            "same_rig", f"{target.name} is chosen as both motion and character.", "Choose another armature."
        )
    return moved, target


def shown(context: bpy.types.Context) -> bpy.types.Object | None:
    """The character that shows a result which is not baked yet; else that of the latest press, if it does."""
    latest = choices.there(choices.of(context.scene).shown_target)
    rigs = (character(context), latest)
    return next((rig for rig in rigs if rig is not None and apply.live_action(rig) is not None), None)


def _selected_rigs(context: bpy.types.Context) -> list[bpy.types.Object]:
    """The armatures that are selected, or that move what is selected; the active object's first."""
    active = context.view_layer.objects.active
    chosen = list(context.view_layer.objects.selected)
    if active is not None and active in chosen:
        chosen.sort(key=lambda made: made != active)
    rigs: Iterable[bpy.types.Object | None] = map(_rig_of, chosen)
    return list(dict.fromkeys(rig for rig in rigs if rig is not None))


def _rig_of(made: bpy.types.Object) -> bpy.types.Object | None:
    if made.type == "ARMATURE":
        return made
    for modifier in made.modifiers:
        if modifier.type == "ARMATURE" and modifier.object is not None:
            return modifier.object
    above = made.parent
    return above if above is not None and above.type == "ARMATURE" else None
