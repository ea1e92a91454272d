"""Results in the user's own scene: added without changing what is there, and removed without a trace."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import bpy

from ...inference_server.body.files import load_body
from ...inference_server.motion import Motion
from .. import compat
from . import camera, marks, view_layers
from .build import COLLECTION, Person, build_person, child_collection
from .people import rebuild_person, remove_person, rename_person, rigs_in, show_person
from .timeline import Timeline

__all__ = [
    "Made", "add_recovered", "rebuild_person", "remove_person", "remove_result", "rename_person", "rigs_in",
    "show_person",
]  # fmt: skip

RESULT = "Result"
DEFAULT_END = 250
"""Where a scene ends in a new file."""
DEFAULT_SIZE = (1920, 1080)
"""What a new file renders, in pixels."""


@dataclass(frozen=True)
class Made:
    """One result in the scene."""

    collection: bpy.types.Collection
    people: list[Person]
    view: bpy.types.Object | None
    """The camera that the people were seen by, where it is known."""


def add_recovered(
    scene: bpy.types.Scene,
    name: str,
    motions: Sequence[Motion],
    timeline: Timeline,
    set_up: bool,
    on_progress: Callable[[float], None] = lambda fraction: None,
    files: Sequence[str] = (),
    frames: Sequence[str] = (),
) -> Made:
    """Adds the people of one source, and the camera that saw them, in a collection called `name`.

    set_up: also makes that camera the scene's, with the source behind it, and its picture size too where the
    user has not chosen one, and lets the scene's frames reach over the people. files: the motions' own, in
    their order; frames: the pictures of an image sequence. on_progress is told what fraction is done. The user's
    mode stays; in object mode the rigs are selected after that. Raises RecoveryError where a body can't be read,
    and has added nothing then.
    """
    for motion in motions:
        load_body(motion.body)
    is_new = _is_new(scene)
    layer = view_layers.layer_of(scene)
    collection = child_collection(name, _home(scene, layer), RESULT)
    people = []
    for place, motion in enumerate(motions):
        file = str(files[place]) if files else ""
        people.append(build_person(motion, timeline, collection, place, file))
        on_progress((place + 1) / (len(motions) + 1))
    seen = next((motion.camera for motion in motions if motion.camera is not None), None)
    if set_up and seen is not None and not _is_size_chosen(scene):
        camera.set_picture_size(scene, seen)
    view, _ = camera.add_view(scene, motions, timeline, frames)
    if view is not None:
        collection.objects.link(view)
    if set_up:
        _set_up(scene, timeline, view, is_new)
    rigs = [person.rig for person in people]
    view_layers.select(layer, rigs)
    view_layers.show_in_local_views(scene, collection.all_objects)
    on_progress(1.0)
    return Made(collection, people, view)


def remove_result(collection: bpy.types.Collection) -> None:
    """Removes a result's people, camera and footage; what the user added to its collections stays there."""
    for rig in rigs_in(collection):
        remove_person(rig.name)
    views = [made for made in collection.all_objects if made.get(marks.MADE) == camera.NAME]
    for view in views:
        images = [background.image for background in view.data.background_images if background.image]
        unused = [view.data, *marks.actions_of(view), *marks.actions_of(view.data), *images]
        bpy.data.objects.remove(view)
        marks.remove_unused(unused)
    home = marks.find(
        (other for other in bpy.data.collections if collection.name in other.children), COLLECTION
    )
    for emptied in (collection, home):
        if emptied is not None and not emptied.objects and not emptied.children:
            bpy.data.collections.remove(emptied)


def _set_up(scene: bpy.types.Scene, timeline: Timeline, view: bpy.types.Object | None, is_new: bool) -> None:
    if view is not None:
        scene.camera = view
    scene.frame_start = min(scene.frame_start, timeline.first_frame)
    is_still = timeline.last_frame == timeline.first_frame
    if timeline.last_frame > scene.frame_end or (is_new and not is_still):
        scene.frame_end = timeline.last_frame
    scene.frame_set(timeline.first_frame)


def _is_new(scene: bpy.types.Scene) -> bool:
    """Whether the scene is as long as a new file's and holds nothing that moves."""
    return scene.frame_end == DEFAULT_END and not _has_strips(scene) and not bpy.data.actions


def _has_strips(scene: bpy.types.Scene) -> bool:
    return scene.sequence_editor is not None and len(compat.strips_of(scene.sequence_editor)) > 0


def _is_size_chosen(scene: bpy.types.Scene) -> bool:
    """Whether the user has given the scene a picture size; those of a new file and of an earlier result are not.

    An edit keeps the size that its strips were fitted to, whichever that is.
    """
    render = scene.render
    if _has_strips(scene):
        return True
    if scene.camera is not None and scene.camera.get(marks.MADE) == camera.NAME:
        return False
    return (render.resolution_x, render.resolution_y) != DEFAULT_SIZE


def _home(scene: bpy.types.Scene, layer: bpy.types.ViewLayer) -> bpy.types.Collection:
    """Where results go: the collection of before, or a new one where the user has hidden that."""
    for child in layer.layer_collection.children:
        if child.collection.get(marks.MADE) == COLLECTION and child.is_visible and not child.exclude:
            return child.collection
    return child_collection(COLLECTION, scene.collection, COLLECTION)
