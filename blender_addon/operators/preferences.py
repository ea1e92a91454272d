"""Check, and what is downloaded or opened from the preferences."""

# pyright: reportInvalidTypeForm=false

from pathlib import Path

import bpy
from bpy.props import StringProperty

from ...inference_server.weights.catalogue import NETWORKS
from .. import preferences, running
from ..client.jobs import Task
from ..state import state
from .press import BUSY

OFFLINE = "Blender may not go online: allow it under Preferences, System, Network"


class Check(bpy.types.Operator):
    """See whether people can be recovered here: the program, its networks, the device and the folders"""

    bl_idname = "human_mesh_recovery.check"
    bl_label = "Check"

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        if state.press is not None:
            cls.poll_message_set(BUSY)
        return state.press is None

    def execute(self, context: bpy.types.Context) -> set[str]:
        state.report = []
        request = {"device": preferences.get().device}
        if preferences.get().where != "MACHINE":
            request["folder"] = str(preferences.results_folder())
        running.begin([Task("check", "Check", request=request)], state.here(context.scene))
        return {"FINISHED"}


class Download(bpy.types.Operator):
    """Download the networks that are missing, into the folder above"""

    bl_idname = "human_mesh_recovery.download"
    bl_label = "Download Networks"

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        if state.press is not None:
            cls.poll_message_set(BUSY)
            return False
        if not bpy.app.online_access:
            cls.poll_message_set(OFFLINE)
            return False
        return True

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        return context.window_manager.invoke_props_dialog(self, width=440)

    def draw(self, _context: bpy.types.Context) -> None:
        column = self.layout.column(align=True)
        for package in dict.fromkeys(str(entry.package) for entry in NETWORKS.values()):
            column.label(text=f"From the public package {package}")
        column.separator()
        for entry in NETWORKS.values():
            column.label(text=f"{entry.name}: by {entry.authors}, licence {entry.licence}")
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
