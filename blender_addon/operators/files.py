"""The list of files."""

# pyright: reportInvalidTypeForm=false

from pathlib import Path

import bpy
from bpy.props import BoolProperty, CollectionProperty, IntProperty, StringProperty

from .. import choices, settings
from ..sources.source import is_picture


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
        if not names and not _has_pictures(folder):
            self.report({"ERROR"}, "Choose pictures, videos, or a folder that holds the pictures of a video")
            return {"CANCELLED"}
        listed = {item.path for item in chosen.files}
        for path in [folder / name for name in names] or [folder]:
            if str(path) not in listed:
                item = chosen.files.add()
                item.name, item.path = path.name, str(path)
        chosen.active_file = len(chosen.files) - 1
        if not any(source.path == chosen.files[-1].path for source in choices.sources(context)):
            # something else is selected, too, but these were asked for last
            chosen.source = "FILES"
        return {"FINISHED"}


class RemoveFile(bpy.types.Operator):
    """Take this file from the list; the file itself stays"""

    bl_idname = "human_mesh_recovery.remove_file"
    bl_label = "Remove File"
    bl_options = {"UNDO"}  # noqa: RUF012

    number: IntProperty(
        name="File", description="Which of the files, from 0; -1 for the selected one", default=-1,
        options={"HIDDEN", "SKIP_SAVE"},
    )  # fmt: skip

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return bool(settings.of(context.scene).files)

    def execute(self, context: bpy.types.Context) -> set[str]:
        chosen = settings.of(context.scene)
        chosen.files.remove(chosen.active_file if self.number < 0 else self.number)
        chosen.active_file = max(0, min(chosen.active_file, len(chosen.files) - 1))
        _look_elsewhere(chosen)
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
        chosen = settings.of(context.scene)
        chosen.files.clear()
        _look_elsewhere(chosen)
        return {"FINISHED"}


def _look_elsewhere(chosen: settings.RecoverySettings) -> None:
    """Without files, what is selected is used again."""
    if not chosen.files and chosen.source == "FILES":
        chosen.source = "AUTO"


def _has_pictures(folder: Path) -> bool:
    return folder.is_dir() and any(is_picture(path.name) for path in folder.iterdir())


CLASSES = (AddFiles, RemoveFile, ClearFiles)
