"""Check, and what is downloaded or opened from the preferences."""

# pyright: reportInvalidTypeForm=false

from pathlib import Path

import bpy
from bpy.props import StringProperty

from ...inference_server.weights.catalogue import NETWORKS
from .. import preferences, running
from ..client.jobs import Task
from ..panels import missing
from ..state import state
from .press import nothing_runs


class Check(bpy.types.Operator):
    """See whether people can be recovered here: the program, its networks, the device and the folders"""

    bl_idname = "human_mesh_recovery.check"
    bl_label = "Check"

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        return nothing_runs(cls)

    def execute(self, context: bpy.types.Context) -> set[str]:
        state.report = []
        request = {"device": preferences.get().device}
        if preferences.get().where != "MACHINE":
            request["folder"] = str(preferences.results_folder())
        running.begin([Task("check", "Check", request=request)], state.here(context.scene))
        return {"FINISHED"}


class Download(bpy.types.Operator):
    """Download what is missing before people can be recovered: the program's packages and its networks"""

    bl_idname = "human_mesh_recovery.download"
    bl_label = "Download"

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        if not nothing_runs(cls):
            return False
        if not bpy.app.online_access:
            cls.poll_message_set(missing.OFFLINE)
            return False
        return True

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        return context.window_manager.invoke_props_dialog(self, width=480, confirm_text="Download")

    def draw(self, _context: bpy.types.Context) -> None:
        needs = preferences.needs()
        networks = needs.networks or tuple(NETWORKS.values())
        column = self.layout.column(align=True)
        if needs.packages:
            column.label(
                text=f"The program's packages, {needs.packages / 1e6:.0f} MB, from the index of Python packages"
            )
            column.label(text=missing.PACKAGES)
            column.separator()
        for package in dict.fromkeys(str(entry.package) for entry in networks):
            column.label(text=f"Networks from the public package {package}")
        for entry in networks:
            column.label(text=f"{entry.name}: by {entry.authors}, licence {entry.licence}")
        if needs.download:
            column.separator()
            column.label(text=missing.described(needs, in_full=False)[-1])
        column.separator()
        column.label(text="Nothing about you or your footage is sent")

    def execute(self, context: bpy.types.Context) -> set[str]:
        running.begin([Task("fetch", "Download")], state.here(context.scene), may_download=True)
        return {"FINISHED"}


class OpenFolder(bpy.types.Operator):
    """Show the folder in the system's file manager"""

    bl_idname = "human_mesh_recovery.open_folder"
    bl_label = "Open Folder"

    folder: StringProperty(name="Folder", description="The folder to show", subtype="DIR_PATH")

    def execute(self, _context: bpy.types.Context) -> set[str]:
        folder = Path(self.folder) if self.folder else preferences.results_folder()
        if not folder.is_dir():
            self.report({"ERROR"}, f"There is no folder {folder}")
            return {"CANCELLED"}
        bpy.ops.wm.path_open(filepath=str(folder))
        return {"FINISHED"}


CLASSES = (Check, Download, OpenFolder)
