"""Results into the scene, and out of it again."""

# pyright: reportInvalidTypeForm=false

from collections.abc import Callable
from pathlib import Path

import bpy

from ...inference_server.errors import RecoveryError
from .. import building, delivery, people, settings, shown_confidence, viewports
from ..press import Press, Problem
from ..scene import recovered, view_layers
from ..scene.default_cube import hide_default_cube
from ..scene.reference_images import hide_reference_images
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
        add(context, press, _scene_of(press) or context.scene)
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
        press.key, press.area = "", viewports.area_of(context)
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
        shown_confidence.fit_viewports()
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
        viewports.look_through_camera(context.scene, viewports.area_of(context))
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
        add_found(
            scene,
            found,
            press.set_up,
            press.area,
            lambda fraction: manager.progress_update(fraction * 100),
        )
    finally:
        manager.progress_end()


def add_found(
    scene: bpy.types.Scene,
    found: list[building.Found],
    set_up: bool,
    area: int,
    on_progress: Callable[[float], None] = lambda fraction: None,
    verb: str = "recovered",
) -> None:
    """Builds results, shows them where the scene is set up for them, and says in the panel what came of it."""
    before = len(settings.of(scene).results)
    state.problems += building.add_all(scene, found, set_up, on_progress)
    count = sum(len(result.people) for result in settings.of(scene).results[before:])
    state.found = f"{count} {'person' if count == 1 else 'people'} {verb}" if count else ""
    if set_up and count:
        state.found += _hide_what_is_in_the_way(scene, {each.footage for each in found})
        viewports.show_result(scene, area)


def _hide_what_is_in_the_way(scene: bpy.types.Scene, footage: set[str]) -> str:
    """What that was, in words to be added to what was found."""
    layer = view_layers.layer_of(scene)
    hidden = ["the default cube"] if hide_default_cube(layer) else []
    hidden += ["the reference image"] if hide_reference_images(scene, layer, footage) else []
    return f", {' and '.join(hidden)} {'is' if len(hidden) == 1 else 'are'} hidden" if hidden else ""


def _scene_of(press: Press) -> bpy.types.Scene | None:
    """The scene that was pressed in; of a result that is fitted again the one that lists it, whatever it is called."""
    named = bpy.data.scenes.get(press.place.scene)
    if not press.key or (named is not None and settings.find(named, press.key) is not None):
        return named
    return next((scene for scene in bpy.data.scenes if settings.find(scene, press.key) is not None), named)


def _rebuild(scene: bpy.types.Scene, press: Press) -> None:
    result = settings.find(scene, press.key)
    if result is None:
        return  # it was removed meanwhile
    try:
        building.rebuild(scene, result)
    except RecoveryError as error:
        state.problems.append(Problem(result.name, error.message, error.hint))


CLASSES = (AddPeople, AddHere, RemoveResult, ViewThroughCamera)
