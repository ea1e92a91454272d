"""A person's motion onto the user's own character."""

# pyright: reportInvalidTypeForm=false

from pathlib import Path
from typing import Any

import bpy
from bpy.props import BoolProperty, StringProperty

from ...inference_server.errors import RecoveryError
from ..retarget import choices, live, presets, selection

UNDO = {"REGISTER", "UNDO"}


class Retarget(bpy.types.Operator):
    """Make the character do what the person does; nothing is keyed for good before you bake"""

    bl_idname = "human_mesh_recovery.retarget"
    bl_label = "Retarget"
    bl_options = UNDO

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            source, target = selection.both(context)
            live.press(context.scene, source, target)
        except RecoveryError as error:
            return _tell(self, context, error)
        return {"FINISHED"}


class BakeRetarget(bpy.types.Operator):
    """Key the result for good in a new action; the character's other actions stay in the file"""

    bl_idname = "human_mesh_recovery.bake_retarget"
    bl_label = "Bake"
    bl_options = UNDO

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return live.is_shown(context.scene)

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            action = live.bake_shown(context.scene)
        except RecoveryError as error:
            return _tell(self, context, error)
        self.report({"INFO"}, f"Baked into the action {action.name}")
        return {"FINISHED"}


class RemoveRetarget(bpy.types.Operator):
    """Take the result away: the character's own action and pose come back"""

    bl_idname = "human_mesh_recovery.remove_retarget"
    bl_label = "Remove"
    bl_options = UNDO

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return selection.shown(context) is not None

    def execute(self, context: bpy.types.Context) -> set[str]:
        target = selection.shown(context)
        assert target is not None
        live.take_away(context.scene, target)
        return {"FINISHED"}


class _OnCharacter:
    """What the operators share that change which of a character's bones is which."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return selection.character(context) is not None

    def take(self, context: bpy.types.Context, target: bpy.types.Object) -> None:
        """Takes the bones from somewhere. Raises RecoveryError."""
        raise NotImplementedError

    def execute(self, context: bpy.types.Context) -> set[str]:
        target = selection.character(context)
        assert target is not None
        try:
            self.take(context, target)
        except RecoveryError as error:
            return _tell(self, context, error)
        return {"FINISHED"}


class GuessBones(_OnCharacter, bpy.types.Operator):
    """Recognise the character's bones anew; what was corrected is lost"""

    bl_idname = "human_mesh_recovery.guess_bones"
    bl_label = "Guess Again"
    bl_options = UNDO

    def take(self, context: bpy.types.Context, target: bpy.types.Object) -> None:
        live.guess(context.scene, target)


class _WithFile:
    """What saving and loading share: a file browser that begins where the user's presets lie."""

    filepath: StringProperty(name="Path", description="The preset's file", subtype="FILE_PATH")
    filter_glob: StringProperty(default="*.json", options={"HIDDEN"})

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        self.filepath = str(presets.folder(create=True) / self.file_name(context))
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def file_name(self, context: bpy.types.Context) -> str:
        return ""


class SaveBones(_WithFile, bpy.types.Operator):
    """Save which bones are which; rigs that have all of them are understood by it from then on"""

    bl_idname = "human_mesh_recovery.save_bones"
    bl_label = "Save Preset"

    check_existing: BoolProperty(default=True, options={"HIDDEN"})

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return len(choices.of(context.scene).bones) > 0

    def file_name(self, context: bpy.types.Context) -> str:
        target = choices.of(context.scene).shown_target
        return bpy.path.clean_name(target.name if target else "bones") + ".json"

    def execute(self, context: bpy.types.Context) -> set[str]:
        path = Path(self.filepath)
        if path.suffix.lower() != ".json":  # "hero.v2" is a name with a dot
            path = path.with_name(f"{path.name}.json")
        try:
            presets.save_preset(live.mapping_of(context.scene), path)
        except RecoveryError as error:
            return _tell(self, context, error)
        return {"FINISHED"}


class LoadBones(_WithFile, _OnCharacter, bpy.types.Operator):
    """Take which bones are which from a preset's file, of your own or of somebody else"""

    bl_idname = "human_mesh_recovery.load_bones"
    bl_label = "Load Preset"
    bl_options = UNDO

    def take(self, context: bpy.types.Context, target: bpy.types.Object) -> None:
        live.use_bones(context.scene, target, presets.load_preset(Path(self.filepath)))


class ChooseMotion(bpy.types.Operator):
    """Choose a motion file: SMPL's or AMASS's (.npz), or a BVH file"""

    bl_idname = "human_mesh_recovery.choose_motion"
    bl_label = "Motion File"
    bl_options = {"UNDO"}  # noqa: RUF012

    filepath: StringProperty(name="Path", description="A motion file", subtype="FILE_PATH")
    filter_glob: StringProperty(default="*.npz;*.bvh", options={"HIDDEN"})

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        chosen = choices.of(context.scene)
        chosen.file, chosen.source = self.filepath, None
        return {"FINISHED"}


class ForgetMotion(bpy.types.Operator):
    """Use somebody in the scene again in place of this file"""

    bl_idname = "human_mesh_recovery.forget_motion"
    bl_label = "Forget Motion File"
    bl_options = {"UNDO"}  # noqa: RUF012

    def execute(self, context: bpy.types.Context) -> set[str]:
        choices.of(context.scene).file = ""
        return {"FINISHED"}


def _tell(operator: Any, context: bpy.types.Context, error: RecoveryError) -> set[str]:
    """Says what went wrong in the panel and the status bar."""
    choices.of(context.scene).problem = str(error)
    operator.report({"ERROR"}, str(error))
    return {"CANCELLED"}


CLASSES = (
    Retarget,
    BakeRetarget,
    RemoveRetarget,
    GuessBones,
    SaveBones,
    LoadBones,
    ChooseMotion,
    ForgetMotion,
)
