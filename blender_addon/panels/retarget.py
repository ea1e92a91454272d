"""A person's motion onto the user's own character: what will be used, the button, and what can be changed after it."""

import re
from typing import Any

import bpy

from ..retarget import apply, choices, humanoid, selection
from ..retarget.rigify import is_rigify
from . import lines

BODY = [bone for bone in humanoid.BONES if bone not in humanoid.FINGER_BONES]


def draw(layout: Any, context: bpy.types.Context) -> None:
    layout.use_property_split = True
    layout.use_property_decorate = False
    chosen = choices.of(context.scene)
    target = selection.character(context)
    _draw_pair(layout, context, chosen, target)
    column = layout.column()
    column.scale_y = 1.6
    column.operator("human_mesh_recovery.retarget", icon="POSE_HLT")
    if chosen.problem:
        box = layout.box()
        box.label(text="Retarget", icon="ERROR")
        lines.say(box, chosen.problem, quiet=False, boxed=True)
    if chosen.note:
        lines.say(layout, chosen.note, icon="INFO")
    if target is None or apply.live_action(target) is None:
        return
    if target == chosen.shown_target:
        _draw_shown(layout, chosen)
    else:
        lines.say(layout, f"Press Retarget to change or bake what {target.name} shows", icon="INFO")
        layout.operator("human_mesh_recovery.remove_retarget", icon="X")


def _draw_pair(layout: Any, context: bpy.types.Context, chosen: Any, target: bpy.types.Object | None) -> None:
    """Who moves whom: as chosen, or as selected."""
    column = layout.column(align=True)
    row = column.row(align=True)
    if chosen.file:
        row.prop(chosen, "file", text="Motion")
        row.operator("human_mesh_recovery.forget_motion", text="", icon="X")
    else:
        row.prop(chosen, "source", text="Motion")
        row.operator("human_mesh_recovery.choose_motion", text="", icon="FILE_FOLDER")
        if chosen.source is None:
            _say_selected(
                column, selection.source(context, target), "Select a recovered person, or choose a file"
            )
    column = layout.column(align=True)
    column.prop(chosen, "target", text="Character")
    if chosen.target is None:
        _say_selected(column, target, "Select your character")


def _say_selected(layout: Any, found: bpy.types.Object | None, wish: str) -> None:
    if found is None:
        lines.say(layout, wish, icon="INFO")
    else:
        lines.say(layout, found.name, icon="CHECKMARK", quiet=False)


def _draw_shown(layout: Any, chosen: Any) -> None:
    column = layout.column()
    column.prop(chosen, "feet")
    column.prop(chosen, "root")
    column.prop(chosen, "place")
    column.prop(chosen, "scale")
    column.prop(chosen, "hands")
    if is_rigify(chosen.shown_target):
        column.prop(chosen, "arms")
        column.prop(chosen, "legs")
    row = layout.row(align=True)
    row.scale_y = 1.3
    row.operator("human_mesh_recovery.bake_retarget", icon="REC")
    row.operator("human_mesh_recovery.remove_retarget", icon="X")
    column = layout.column()
    column.prop(chosen, "output")
    column.prop(chosen, "simplify")
    if chosen.simplify:
        column.prop(chosen, "degrees")
        column.prop(chosen, "millimetres")


def draw_bones(layout: Any, context: bpy.types.Context) -> None:
    """Which bone was taken for what, to be corrected."""
    layout.use_property_decorate = False
    chosen = choices.of(context.scene)
    target = chosen.shown_target
    row = layout.row(align=True)
    row.operator("human_mesh_recovery.guess_bones", icon="FILE_REFRESH")
    row.operator("human_mesh_recovery.load_bones", text="", icon="FILE_FOLDER")
    row.operator("human_mesh_recovery.save_bones", text="", icon="FILE_TICK")
    if target is None or selection.character(context) != target or not chosen.bones:
        lines.say(layout, "Retarget shows here which bone was taken for what", icon="INFO")
        return
    found = sum(bool(item.bone) for item in chosen.bones)
    lines.say(layout, f"{found} bones recognised as {chosen.table}")
    column = layout.column(align=True)
    column.use_property_split = True
    for item in chosen.bones:
        if item.name in BODY or item.bone:
            name = _label(item.name)
            many = f" (+{len(item.more.splitlines())})" if item.more else ""
            column.prop_search(item, "bone", target.data, "bones", text=name + many)
    column.separator()
    column.prop_search(chosen, "root_bone", target.data, "bones")


def _label(bone: str) -> str:
    """Such as "Left Upper Arm" of "leftUpperArm"."""
    return re.sub(r"(?=[A-Z])", " ", bone[0].upper() + bone[1:]).strip()
