"""The button, and Cancel."""

# pyright: reportInvalidTypeForm=false

from pathlib import Path

import bpy
from bpy.props import IntProperty, StringProperty

from ...inference_server.errors import RecoveryError
from .. import choices, preferences, press, running, settings, viewports
from ..sources.prepare import prepare
from ..state import is_playing, state

BUSY = "A recovery is running: wait for it, or cancel it"
NOTHING = "Nothing to recover: open or select a picture, a video, strips or a clip, or add files"


def nothing_runs(operator: type[bpy.types.Operator]) -> bool:
    """For an operator's poll; where something runs, the button says so."""
    if state.press is not None:
        operator.poll_message_set(BUSY)
    return state.press is None


class Recover(bpy.types.Operator):
    """Recover the people in what is listed above as rigged, animated bodies"""

    bl_idname = "human_mesh_recovery.recover"
    bl_label = "Recover Mesh"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not nothing_runs(cls):
            return False
        problem = choices.missing_choice(settings.of(context.scene)) or _nothing(context)
        if problem:
            cls.poll_message_set(problem)
        return not problem

    def execute(self, context: bpy.types.Context) -> set[str]:
        chosen = settings.of(context.scene)
        tasks, problems = press.recover_tasks(
            choices.sources(context),
            choices.request_settings(chosen),
            preferences.results_folder(),
            prepare,
        )
        running.begin(
            tasks,
            state.here(context.scene),
            set_up=chosen.set_up,
            area=viewports.area_of(context),
            problems=problems,
        )
        return {"FINISHED"}


class Cancel(bpy.types.Operator):
    """End the recovery that is running; what was seen so far can still be used"""

    bl_idname = "human_mesh_recovery.cancel"
    bl_label = "Cancel"

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        return state.press is not None

    def execute(self, _context: bpy.types.Context) -> set[str]:
        running.cancel()
        return {"FINISHED"}


class Escape(bpy.types.Operator):
    """End the recovery that is running"""

    bl_idname = "human_mesh_recovery.escape"
    bl_label = "Cancel the Recovery"
    bl_options = {"INTERNAL"}  # noqa: RUF012 Blender's own form

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        # while an animation plays, ESC means to stop that; it has stopped when the same key comes here
        return state.press is not None and not state.was_playing and not is_playing(context)

    def execute(self, _context: bpy.types.Context) -> set[str]:
        running.cancel()
        return {"FINISHED"}


class UseSeen(bpy.types.Operator):
    """Fit bodies to the frames that were seen before the recovery was cancelled"""

    bl_idname = "human_mesh_recovery.use_seen"
    bl_label = "Use the Frames Seen"

    folder: StringProperty(name="Folder", description="Folder of the cancelled recovery", subtype="DIR_PATH")

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        return nothing_runs(cls)

    def execute(self, context: bpy.types.Context) -> set[str]:
        seen = next((seen for seen in state.seen if str(seen.folder) == self.folder), None)
        if seen is None:
            return {"CANCELLED"}
        try:
            task = press.solve_task(seen.label, Path(seen.folder), {})
        except RecoveryError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        running.begin(
            [task],
            state.here(context.scene),
            set_up=settings.of(context.scene).set_up,
            area=viewports.area_of(context),
        )
        return {"FINISHED"}


class Dismiss(bpy.types.Operator):
    """Take this message away"""

    bl_idname = "human_mesh_recovery.dismiss"
    bl_label = "Dismiss"

    number: IntProperty(name="Number", description="Which of the messages")

    def execute(self, _context: bpy.types.Context) -> set[str]:
        if 0 <= self.number < len(state.problems):
            del state.problems[self.number]
        return {"FINISHED"}


def _nothing(context: bpy.types.Context) -> str:
    """Why nothing of what is chosen can be used, or nothing."""
    found = choices.sources(context)
    if not found:
        return NOTHING
    return "" if any(not source.problem for source in found) else found[0].problem


CLASSES = (Recover, Cancel, Escape, UseSeen, Dismiss)
