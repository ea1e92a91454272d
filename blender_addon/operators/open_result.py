"""Earlier results, and motion files of other programs."""

# pyright: reportInvalidTypeForm=false

from pathlib import Path

import bpy
from bpy.props import BoolProperty, StringProperty

from ...inference_server.errors import RecoveryError
from .. import building, preferences, press, running, settings, viewports
from ..client import job_files
from ..state import state
from .press import BUSY
from .results import add_found


class OpenResult(bpy.types.Operator):
    """Add the people of an earlier recovery, or a motion file of SMPL, SMPL-H or SMPL-X such as AMASS's"""

    bl_idname = "human_mesh_recovery.open_result"
    bl_label = "Open Result"
    bl_options = {"UNDO"}  # noqa: RUF012

    filepath: StringProperty(
        name="Path", description="A recovery's folder, or a motion file (.npz)", subtype="FILE_PATH"
    )
    filter_glob: StringProperty(default="*.npz", options={"HIDDEN"})
    filter_folder: BoolProperty(default=True, options={"HIDDEN"})

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        if self.properties.is_property_set("filepath"):
            return self.execute(context)
        self.filepath = str(preferences.results_folder()) + "/"
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        path = Path(bpy.path.abspath(self.filepath))
        try:
            if path.is_dir() and not job_files.read_record(path).people:
                return self._fit(context, path)
            found = building.read_folder(path) if path.is_dir() else building.read_file(path)
        except RecoveryError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        set_up = settings.of(context.scene).set_up
        add_found(context.scene, [found], set_up, viewports.area_of(context), verb="opened")
        return {"FINISHED"}

    def _fit(self, context: bpy.types.Context, folder: Path) -> set[str]:
        """A recovery that was cancelled: bodies are fitted to what was seen until then."""
        if not (folder / job_files.TRACKS).is_file():
            self.report({"ERROR"}, f"Nobody was recovered in {folder.name}")
            return {"CANCELLED"}
        if state.press is not None:
            self.report({"ERROR"}, BUSY)
            return {"CANCELLED"}
        task = press.solve_task(job_files.read_record(folder).name, folder, {})
        running.begin(
            [task],
            state.here(context.scene),
            set_up=settings.of(context.scene).set_up,
            area=viewports.area_of(context),
        )
        return {"FINISHED"}


CLASSES = (OpenResult,)
