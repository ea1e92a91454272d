"""The Recover tab: what will be used, and the button; while it runs, how far it is."""

from functools import partial
from typing import Any

import bpy

from .. import choices, delivery, preferences, settings, viewports
from ..state import state
from . import lines, missing
from . import method as panels_method
from . import result as panels_result
from . import retarget as panels_retarget
from . import source as panels_source

EDITORS = ("VIEW_3D", "IMAGE_EDITOR", "SEQUENCE_EDITOR", "CLIP_EDITOR")
TAB = "Recover"
MOST_SHOWN = 5


def draw_main(layout: Any, context: bpy.types.Context) -> None:
    """The panel that is always there."""
    if state.press is not None and not state.press.key:
        _draw_progress(layout, state.press.work.progress)
    else:
        needs = preferences.needs(settings.of(context.scene).fingers)
        missing.draw(layout, needs, in_full=False)
        _draw_sources(layout, context)
        column = layout.column()
        column.scale_y = 1.6
        column.operator("human_mesh_recovery.recover", icon="OUTLINER_OB_ARMATURE")
    _draw_outcome(layout, context)


def _draw_progress(layout: Any, progress: Any) -> None:
    column = layout.column(align=True)
    row = column.row()
    row.label(text=progress.stage, icon="SORTTIME")
    if progress.place:
        place = row.row()
        place.alignment = "RIGHT"
        place.label(text=progress.place)
    column.progress(factor=progress.fraction, text=f"{progress.fraction * 100:.0f} %")
    # always two lines: what is below must not jump under the mouse
    for text in (", ".join(part for part in (progress.count, progress.rate) if part), progress.left):
        lines.say(column, text)
    row = layout.row()
    row.scale_y = 1.6
    row.operator("human_mesh_recovery.cancel", icon="CANCEL")


def _draw_sources(layout: Any, context: bpy.types.Context) -> None:
    found = choices.sources(context)
    are_files = choices.are_files(context, found)
    column = layout.column(align=True)
    for number, source in enumerate(found[:MOST_SHOWN]):
        row = column.row()
        row.label(text=source.label, icon=_icon(source))
        if are_files:
            row.operator("human_mesh_recovery.remove_file", text="", icon="X", emboss=False).number = number
        said = source.problem or source.detail
        if said:
            lines.say(column, said[0].upper() + said[1:], icon="BLANK1")
    if len(found) > MOST_SHOWN:
        lines.say(column, f"and {len(found) - MOST_SHOWN} more", icon="BLANK1")
    if not found:
        lines.say(column, "Add a picture or a video, or select a strip, an image or a clip", icon="INFO")
    if are_files or not found:
        row = layout.row()
        row.scale_y = 1.3 if not found else 1.0
        row.operator("human_mesh_recovery.add_files", icon="FILE_FOLDER")


def _icon(source: Any) -> str:
    if source.problem:
        return "ERROR"
    return "IMAGE_DATA" if source.end == source.start else "FILE_MOVIE"


def _draw_outcome(layout: Any, context: bpy.types.Context) -> None:
    """What the latest presses left to say or to do."""
    for stranger in state.strangers():
        box = layout.box()
        lines.say(box, "Recovered while another file was open", icon="INFO", quiet=False, boxed=True)
        for task in stranger.recovered:
            box.label(text=task.name, icon="BLANK1")
        box.operator("human_mesh_recovery.add_here", icon="ADD")
    if delivery.due() and (reason := delivery.reason_to_wait()):
        lines.say(layout.box(), reason, icon="INFO", quiet=False, boxed=True)
    for seen in state.seen:
        frames = "Frame" if seen.frames == 1 else f"{seen.frames} Frames"
        text = f"Use the {frames} Seen"
        layout.operator("human_mesh_recovery.use_seen", text=text, icon="RECOVER_LAST").folder = str(
            seen.folder
        )
    for number, problem in enumerate(state.problems):
        lines.problem(layout, problem, number)
    if state.found and settings.of(context.scene).results:
        how = "" if viewports.are_in(context.screen) else "; View Through Camera shows them"
        lines.say(layout, state.found + how, icon="CHECKMARK", quiet=False)


def _panel(space: str, name: str, label: str, draw: Any, parent: str = "", closed: bool = False) -> type:
    """A panel of one editor. Each editor needs classes of its own."""
    members: dict[str, Any] = {
        "bl_idname": f"HUMAN_MESH_RECOVERY_PT_{name}_{space.lower()}",
        "bl_label": label,
        "bl_space_type": space,
        "bl_region_type": "UI",
        "bl_category": TAB,
        "bl_options": {"DEFAULT_CLOSED"} if closed else set(),
        "draw": lambda self, context: draw(self.layout, context),
    }
    if parent:
        members["bl_parent_id"] = f"HUMAN_MESH_RECOVERY_PT_{parent}_{space.lower()}"
    return type(members["bl_idname"], (bpy.types.Panel,), members)


def _panels(space: str) -> list[type]:
    """The panels of one editor."""
    panel = partial(_panel, space)
    return [
        panel("main", "Recover Mesh", draw_main),
        panel("source", "Source", panels_source.draw, "main", closed=True),
        panel("method", "Method", panels_method.draw, "main", closed=True),
        panel("result", "Result", panels_result.draw, "main"),
    ]


def _retarget_panels() -> list[type]:
    """Characters are in the 3D viewport alone."""
    return [
        _panel("VIEW_3D", "retarget", "Retarget", panels_retarget.draw, "main"),
        _panel("VIEW_3D", "bones", "Bones", panels_retarget.draw_bones, "retarget", closed=True),
    ]


CLASSES = (
    panels_source.FileList,
    panels_result.ResultList,
    panels_result.RecentMenu,
    *(panel for space in EDITORS for panel in _panels(space)),
    *_retarget_panels(),
)
