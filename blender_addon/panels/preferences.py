"""What the preferences show."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import bpy

from ...inference_server.weights.catalogue import NETWORKS
from .. import folders, licences
from ..state import state
from . import lines

WHERE = {
    "BUILT_IN": "Recovers with what the extension brings",
    "PYTHON": "Recovers with a Python of your own, which may use your graphics card",
    "MACHINE": "Sends the footage to another machine; your ssh key has to open it without a password",
}


def draw(layout: Any, preferences: Any, runtime: Path) -> None:
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
    models = Path(bpy.path.abspath(preferences.models)) if preferences.models else folders.default_models()
    if not preferences.models:
        lines.say(column, str(models))
    _draw_networks(layout, models, runtime)
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


def _draw_networks(layout: Any, models: Path, runtime: Path) -> None:
    if (megabytes := _packages_to_fetch(runtime)) > 0:
        box = layout.box()
        box.label(text="The program's packages are not here yet", icon="INFO")
        lines.say(
            box, "ONNX Runtime, OpenCV, NumPy, SciPy and Pillow, by their authors, under the licences below"
        )
        _draw_download(box, megabytes)
        return
    missing = [entry for entry in NETWORKS.values() if not (models / f"{entry.name}.onnx").is_file()]
    if not missing:
        size = sum(entry.onnx_size for entry in NETWORKS.values()) / 1e6
        layout.label(text=f"All {len(NETWORKS)} networks are here ({size:.0f} MB)", icon="CHECKMARK")
        return
    box = layout.box()
    box.label(text=f"{len(missing)} of {len(NETWORKS)} networks are missing", icon="INFO")
    for entry in missing:
        box.label(text=f"{entry.purpose}: {entry.name}, by {entry.authors}, {entry.licence}", icon="BLANK1")
    size = sum(source.size for entry in missing for source in entry.files) / 1e6
    _draw_download(box, size)


def _draw_download(box: Any, megabytes: float) -> None:
    row = box.row()
    row.operator("human_mesh_recovery.download", text=f"Download {megabytes:.0f} MB", icon="IMPORT")
    if not bpy.app.online_access:
        lines.say(box, "Blender may not go online: allow it in the System preferences first")


def _packages_to_fetch(runtime: Path) -> float:
    """Megabytes that a small extension has yet to fetch, 0 for one that brings its packages or has unpacked them."""
    parts = folders.ROOT / "parts"
    # pip comes with it, to fetch the others
    brought = [wheel for wheel in parts.glob("*.whl") if not wheel.name.startswith("pip-")]
    if not parts.is_dir() or brought or any(runtime.glob("cp*")):
        return 0.0
    return _largest(parts / "parts.json")


@cache
def _largest(table: Path) -> float:
    targets = json.loads(table.read_text(encoding="utf-8"))["targets"].values()
    return max(sum(wheel["size"] for wheel in target["wheels"]) for target in targets) / 1e6
