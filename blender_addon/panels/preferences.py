"""What the preferences show."""

from typing import Any

from ...inference_server.weights.catalogue import NETWORKS
from .. import folders, licences
from ..needs import Needs
from ..state import state
from . import lines, missing

WHERE = {
    "BUILT_IN": "Recovers with what the extension brings",
    "PYTHON": "Recovers with a Python of your own, which may use your graphics card",
    "MACHINE": "Sends the footage to another machine; your ssh key has to open it without a password",
}


def draw(layout: Any, preferences: Any, needs: Needs) -> None:
    layout.use_property_split = True
    layout.use_property_decorate = False
    column = layout.column()
    column.prop(preferences, "where", expand=True)
    lines.say(column, WHERE[preferences.where])
    if preferences.where == "PYTHON":
        column.prop(preferences, "python")
    elif preferences.where == "MACHINE":
        column.prop(preferences, "host")
        column.prop(preferences, "command")
    column.prop(preferences, "device")
    _draw_check(layout)
    layout.separator()
    column = layout.column()
    column.prop(preferences, "results")
    if not preferences.results:
        lines.say(column, str(folders.default_results()))
    column.prop(preferences, "models")
    if not preferences.models:
        lines.say(column, str(folders.default_models()))
    _draw_networks(layout, preferences.where, needs)
    layout.separator()
    header, body = layout.panel("human_mesh_recovery_licences", default_closed=True)
    header.label(text="Licences")
    if body is not None:
        for part, licence in licences.LICENCES:
            split = body.split(factor=0.6)
            split.label(text=part)
            split.label(text=licence)


def _draw_check(layout: Any) -> None:
    box = layout.column(align=True)
    busy = state.press is not None and state.press.is_check
    if state.press is not None and busy:
        progress = state.press.work.progress
        row = box.row(align=True)
        row.progress(factor=progress.fraction, text=f"{progress.stage} {progress.text}")
        row.operator("human_mesh_recovery.cancel", text="", icon="X")
    else:
        row = box.row()
        row.scale_y = 1.2
        row.operator("human_mesh_recovery.check", icon="CHECKMARK")
    for number, problem in enumerate(state.problems):
        if problem.label in ("Check", "Download"):
            lines.problem(box, problem, number)
    for line in state.report:
        box.label(text=line.get("text", ""), icon="CHECKMARK" if line.get("ok") else "ERROR")
        if line.get("hint") and not line.get("ok"):
            lines.say(box, line["hint"], icon="BLANK1")


def _draw_networks(layout: Any, where: str, needs: Needs) -> None:
    if where == "MACHINE":
        lines.say(layout, "The networks are that machine's own; Check says whether they are there")
        layout.operator("human_mesh_recovery.download", text="Download Networks There", icon="IMPORT")
    elif needs.message or needs.download:
        missing.draw(layout, needs, in_full=True)
    else:
        size = sum(entry.onnx_size for entry in NETWORKS.values()) / 1e6
        layout.label(text=f"All {len(NETWORKS)} networks are here ({size:.0f} MB)", icon="CHECKMARK")
