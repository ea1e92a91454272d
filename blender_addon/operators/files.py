"""The list of files."""

# pyright: reportInvalidTypeForm=false

from pathlib import Path

import bpy
from bpy.props import BoolProperty, CollectionProperty, StringProperty

from .. import settings


class AddFiles(bpy.types.Operator):
    """Add pictures, videos or folders of frames, several at once"""

    bl_idname = "human_mesh_recovery.add_files"
    bl_label = "Add Files"
    bl_options = {"UNDO"}  # noqa: RUF012

    directory: StringProperty(name="Folder", description="Where the files lie", subtype="DIR_PATH")
    files: CollectionProperty(
        name="Files",
        description="The chosen files",
        type=bpy.types.OperatorFileListElement,
        options={"HIDDEN", "SKIP_SAVE"},
    )
    filter_image: BoolProperty(default=True, options={"HIDDEN"})
    filter_movie: BoolProperty(default=True, options={"HIDDEN"})
    filter_folder: BoolProperty(default=True, options={"HIDDEN"})

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        chosen = settings.of(context.scene)
        folder = Path(self.directory)
        # no file means the folder itself: the frames in it
        names = [item.name for item in self.files if item.name]
        paths = [folder / name for name in names] or [folder]
        for path in paths:
            item = chosen.files.add()
            item.name, item.path = path.name, str(path)
        chosen.active_file = len(chosen.files) - 1
        return {"FINISHED"}


class RemoveFile(bpy.types.Operator):
    """Take the selected file from the list; the file itself stays"""

    bl_idname = "human_mesh_recovery.remove_file"
    bl_label = "Remove File"
    bl_options = {"UNDO"}  # noqa: RUF012

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return bool(settings.of(context.scene).files)

    def execute(self, context: bpy.types.Context) -> set[str]:
        chosen = settings.of(context.scene)
        chosen.files.remove(chosen.active_file)
        chosen.active_file = max(0, min(chosen.active_file, len(chosen.files) - 1))
        return {"FINISHED"}


class ClearFiles(bpy.types.Operator):
    """Empty the list; the files themselves stay"""

    bl_idname = "human_mesh_recovery.clear_files"
    bl_label = "Clear Files"
    bl_options = {"UNDO"}  # noqa: RUF012

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return bool(settings.of(context.scene).files)

    def execute(self, context: bpy.types.Context) -> set[str]:
        settings.of(context.scene).files.clear()
        return {"FINISHED"}


CLASSES = (AddFiles, RemoveFile, ClearFiles)
