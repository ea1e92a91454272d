"""Results into the scene, and out of it again."""

# pyright: reportInvalidTypeForm=false

from pathlib import Path

import bpy

from ...inference_server.errors import RecoveryError
from .. import building, delivery, people, settings
from ..press import Press, Problem
from ..scene import recovered
from ..state import state


class AddPeople(bpy.types.Operator):
    """Add what was recovered to the scene that it was recovered for"""

    bl_idname = "human_mesh_recovery.add_people"
    bl_label = "Recover Mesh"
    bl_options = {"UNDO", "INTERNAL"}  # noqa: RUF012

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        return bool(delivery.due())

    def execute(self, context: bpy.types.Context) -> set[str]:
        press = delivery.due()[0]
        state.ready.remove(press)
        add(context, press, bpy.data.scenes.get(press.place.scene) or context.scene)
        return {"FINISHED"}


class AddHere(bpy.types.Operator):
    """Add the people to this scene, although they were recovered for another file"""

    bl_idname = "human_mesh_recovery.add_here"
    bl_label = "Add to This Scene"
    bl_options = {"UNDO"}  # noqa: RUF012

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        return bool(state.strangers())

    def execute(self, context: bpy.types.Context) -> set[str]:
        press = state.strangers()[0]
        state.ready.remove(press)
        press.key = ""
        add(context, press, context.scene)
        return {"FINISHED"}


class RemoveResult(bpy.types.Operator):
    """Remove this result's people and camera from the scene; its files stay, so that it can be opened again"""

    bl_idname = "human_mesh_recovery.remove_result"
    bl_label = "Remove Result"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return settings.active(context.scene) is not None

    def execute(self, context: bpy.types.Context) -> set[str]:
        chosen = settings.of(context.scene)
        result = chosen.results[chosen.active_result]
        for person in result.people:
            people.remove(result, person)
        if result.collection is not None:
            recovered.remove_result(result.collection)
        chosen.results.remove(chosen.active_result)
        chosen.active_result = max(0, chosen.active_result - 1)
        return {"FINISHED"}


class ViewThroughCamera(bpy.types.Operator):
    """Make this result's camera the scene's, and look through it"""

    bl_idname = "human_mesh_recovery.view_through_camera"
    bl_label = "View Through Camera"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        result = settings.active(context.scene)
        there = result is not None and result.camera is not None and bool(result.camera.users_scene)
        if result is not None and not there:
            cls.poll_message_set("This result has no camera")
        return there

    def execute(self, context: bpy.types.Context) -> set[str]:
        result = settings.active(context.scene)
        assert result is not None
        context.scene.camera = result.camera
        if not result.first_frame <= context.scene.frame_current <= result.last_frame:
            context.scene.frame_set(result.first_frame)
        for area in context.screen.areas if context.screen else ():
            if area.type == "VIEW_3D":
                area.spaces.active.region_3d.view_perspective = "CAMERA"
        return {"FINISHED"}


def add(context: bpy.types.Context, press: Press, scene: bpy.types.Scene) -> None:
    """Builds all that a press recovered. What fails is told in the panel."""
    manager = context.window_manager
    manager.progress_begin(0, 100)
    try:
        if press.key:
            _rebuild(scene, press)
            return
        found: list[building.Found] = []
        for task in press.recovered:
            assert task.folder is not None
            try:
                found.append(building.read_folder(Path(task.folder)))
            except RecoveryError as error:
                state.problems.append(Problem(task.name, error.message, error.hint))
        state.problems += building.add_all(
            scene, found, press.set_up, lambda fraction: manager.progress_update(fraction * 100)
        )
        state.found = in_words(sum(len(each.motions) for each in found))
    finally:
        manager.progress_end()


def in_words(count: int) -> str:
    if not count:
        return ""
    return "1 person recovered" if count == 1 else f"{count} people recovered"


def _rebuild(scene: bpy.types.Scene, press: Press) -> None:
    result = settings.find(scene, press.key)
    if result is None:
        return  # it was removed meanwhile
    try:
        building.rebuild(scene, result)
    except RecoveryError as error:
        state.problems.append(Problem(result.name, error.message, error.hint))


CLASSES = (AddPeople, AddHere, RemoveResult, ViewThroughCamera)
