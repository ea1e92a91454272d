"""What was recovered, and what can be done with it."""

from typing import Any

import bpy

from .. import people, preferences, settings
from ..client import job_files
from ..state import state
from . import confidence, lines

MOST_RECENT = 12


class ResultList(bpy.types.UIList):
    """The results in this scene."""

    bl_idname = "HUMAN_MESH_RECOVERY_UL_results"

    def draw_item(
        self, _context: Any, layout: Any, _data: Any, item: Any, _icon: int, _owner: Any, _property: str
    ) -> None:
        row = layout.row(align=True)
        row.prop(item, "name", text="", emboss=False, icon="OUTLINER_COLLECTION")
        count = row.row()
        count.alignment = "RIGHT"
        count.active = False
        count.label(text="1 person" if len(item.people) == 1 else f"{len(item.people)} people")


class RecentMenu(bpy.types.Menu):
    """Results of earlier recoveries, newest first"""

    bl_idname = "HUMAN_MESH_RECOVERY_MT_recent"
    bl_label = "Recent"

    def draw(self, _context: bpy.types.Context) -> None:
        jobs = job_files.recent_jobs(preferences.results_folder(), MOST_RECENT)
        for folder in jobs:
            self.layout.operator(
                "human_mesh_recovery.open_result", text=folder.name
            ).filepath = str(folder)  # fmt: skip
        if not jobs:
            self.layout.label(text="No earlier results")


def draw(layout: Any, context: bpy.types.Context) -> None:
    layout.use_property_decorate = False
    chosen = settings.of(context.scene)
    if len(chosen.results) > 1:
        layout.template_list(
            ResultList.bl_idname, "", chosen, "results", chosen, "active_result", rows=3, maxrows=6
        )
    result = settings.active(context.scene)
    if result is not None:
        _draw_result(layout, context, result, len(chosen.results) == 1)
    row = layout.row(align=True)
    row.operator_context = "INVOKE_DEFAULT"
    row.operator("human_mesh_recovery.open_result", icon="FILE_FOLDER")
    row.menu(RecentMenu.bl_idname, text="", icon="RECOVER_LAST")


def _draw_result(layout: Any, context: bpy.types.Context, result: settings.Result, alone: bool) -> None:
    if alone:
        layout.label(text=result.name, icon="OUTLINER_COLLECTION")
    column = layout.column(align=True)
    for number, person in enumerate(result.people):
        _draw_person(column.row(align=True), person, number)
    confidence.draw(layout, context, result)
    if result.last_frame > result.first_frame:
        column = layout.column()
        column.use_property_split = True
        column.enabled = people.can_refine(result)
        column.prop(result, "smoothing")
        column.prop(result, "foot_contact")
    if state.press is not None and state.press.key == result.key:
        row = layout.row(align=True)
        row.progress(factor=state.press.work.progress.fraction, text="Fitting Again")
        row.operator("human_mesh_recovery.cancel", text="", icon="X")
    column = layout.column(align=True)
    column.operator("human_mesh_recovery.view_through_camera", icon="OUTLINER_OB_CAMERA")
    row = column.row(align=True)
    row.operator("human_mesh_recovery.open_folder", icon="FILEBROWSER").folder = result.folder
    row.operator("human_mesh_recovery.remove_result", icon="TRASH")
    for warning in result.warnings:
        lines.say(layout, warning.name, icon="INFO")


def _draw_person(row: Any, person: Any, number: int) -> None:
    there = people.is_there(person)
    if there:
        shown = people.is_shown(person)
        eye = row.operator(
            "human_mesh_recovery.show_person", text="", icon="HIDE_OFF" if shown else "HIDE_ON"
        )
        eye.number = number
        row.prop(person, "name", text="")
    else:
        row.label(text=f"{person.name} was deleted", icon="GHOST_DISABLED")
    rebuild = row.operator("human_mesh_recovery.rebuild_person", text="", icon="FILE_REFRESH")
    rebuild.number = number
    row.operator("human_mesh_recovery.remove_person", text="", icon="X").number = number
