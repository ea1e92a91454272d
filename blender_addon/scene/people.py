"""People who were recovered into the user's scene, each known by the name of the rig: shown, renamed, rebuilt."""

import bpy

from ...inference_server.body.files import load_body
from ...inference_server.errors import RecoveryError
from ...inference_server.motion import Motion
from . import animation, armature, body, colouring, marks
from .build import Person, body_mark, child_collection, key_person, mark_person, shows_fingers
from .timeline import Timeline


def rigs_in(collection: bpy.types.Collection) -> list[bpy.types.Object]:
    """The rigs of all people in a collection, such as a scene's, and in those below it."""
    return [made for made in collection.all_objects if _is_rig(made)]


def find_person(rig_name: str) -> Person:
    """The person whose rig has this name. Raises RecoveryError("no_person") where the rig or its mesh is gone."""
    rig = bpy.data.objects.get(rig_name)
    figure = rig and next(
        (child for child in rig.children if child.type == "MESH" and marks.PERSON in child), None
    )
    if rig is None or figure is None or not _is_rig(rig):
        raise RecoveryError(
            "no_person",
            f"{rig_name} is not in this file any more, or not whole.",
            "Open the result again to have the person back.",
        )
    return Person(rig, figure)


def is_shown(rig_name: str) -> bool:
    """Whether the person is to be seen, at the frames at which they are there. Raises KeyError."""
    own = _own_collection(bpy.data.objects[rig_name])
    return own is None or not own.hide_viewport


def show_person(rig_name: str, visible: bool) -> None:
    """Shows or hides a person in viewports and renders, for all frames. Raises RecoveryError("no_person")."""
    person = find_person(rig_name)
    collection = _own_collection(person.rig) or _gather(person)
    collection.hide_viewport = collection.hide_render = not visible


def rename_person(rig_name: str, name: str) -> str:
    """Names a person's collection, rig, body and actions after them; the new name of the rig.

    Raises RecoveryError("no_person").
    """
    person = find_person(rig_name)
    rig, figure = person.rig, person.figure
    if own := _own_collection(rig):
        own.name = name
    rig.name = rig.data.name = f"{name} Rig"
    figure.name = figure.data.name = name
    for owner, title in (
        (rig, rig.name),
        (figure, f"{name} Visibility"),
        (figure.data.shape_keys, f"{name} Corrections"),
    ):
        for action in marks.actions_of(owner):
            if marks.is_ours(action):
                action.name = title
    return rig.name


def rebuild_person(rig_name: str, motion: Motion, timeline: Timeline) -> None:
    """Gives a person another motion and shape.

    The objects stay the same ones with all that the user did to them; only bones, keys and shape keys of ours
    change, and the mesh where the body is another. Raises RecoveryError("no_person", or a body's file).
    """
    person = find_person(rig_name)
    model, fingers = load_body(motion.body), shows_fingers(motion)
    if person.figure.get(marks.BODY) == body_mark(motion):
        body.reshape_mesh(person.figure, motion.betas)
    else:
        old = person.figure.data
        unused = [*marks.actions_of(old.shape_keys), old]
        body.replace_mesh(person.figure, model, motion.betas, fingers)
        marks.remove_unused(reversed(unused))
    armature.reshape_armature(person.rig, model, motion.betas, fingers)
    animation.unkey_visibility(person.figure)
    key_person(person, motion, timeline)
    mark_person(person, motion)


def remove_person(rig_name: str) -> None:
    """Removes a person and all that was made for them; what the user added stays. Raises KeyError."""
    rig = bpy.data.objects[rig_name]
    own = _own_collection(rig)
    figures = [child for child in rig.children if marks.PERSON in child and child.type == "MESH"]
    shapes = [bone.custom_shape for bone in rig.pose.bones if bone.custom_shape is not None]
    owners = [rig, *figures, *(figure.data.shape_keys for figure in figures)]
    unused = [rig.data, *(figure.data for figure in figures)]
    unused += [material for figure in figures for material in figure.data.materials if material is not None]
    unused += [action for owner in owners for action in marks.actions_of(owner)]
    unused += [made for figure in figures for made in colouring.made_for(figure)]
    unused += [*shapes, *(shape.data for shape in shapes if shape.data is not None)]
    for made in (*figures, rig):
        bpy.data.objects.remove(made)
    marks.remove_unused(unused)
    if own is not None and not own.all_objects:
        bpy.data.collections.remove(own)


def _is_rig(made: bpy.types.Object) -> bool:
    return made.type == "ARMATURE" and marks.PERSON in made


def _own_collection(rig: bpy.types.Object) -> bpy.types.Collection | None:
    """The person's collection, unless the user took the rig out of it."""
    return next((owner for owner in rig.users_collection if marks.PERSON in owner), None)


def _gather(person: Person) -> bpy.types.Collection:
    """A new collection for the person alone, where the rig is now."""
    home = person.rig.users_collection[0]
    own = child_collection(person.figure.name, home, "Person")
    own[marks.PERSON] = person.rig[marks.PERSON]
    for made in (person.rig, person.figure):
        own.objects.link(made)
        if made.name in home.objects:
            home.objects.unlink(made)
    return own
