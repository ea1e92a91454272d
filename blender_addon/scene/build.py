"""Motions into a scene: the one road from a result to what is seen in Blender."""

from collections.abc import Sequence
from dataclasses import dataclass

import bpy

from ...inference_server import resampling
from ...inference_server.body.files import load_body
from ...inference_server.body.model import rest_joints
from ...inference_server.motion import Motion
from . import animation, armature, body, camera, confidence, marks, materials, stage, timeline

COLLECTION = "Recovered"


@dataclass(frozen=True)
class Person:
    """What stands for one person in a scene."""

    rig: bpy.types.Object
    figure: bpy.types.Object


def build_scene(motions: Sequence[Motion], scene_fps: float | None = None) -> list[Person]:
    """Builds people, camera, light and frame range into the active scene; nothing of it is removed.

    motions: one a person, of one source; scene_fps: the scene's frame rate, or None for the first motion's own.
    Raises RecoveryError where a body's file can't be read.
    """
    scene = bpy.context.scene
    plan = timeline.plan(motions, scene_fps)
    scene.render.fps, scene.render.fps_base = timeline.frame_rate(plan.fps)
    scene.frame_start, scene.frame_end = plan.first_frame, plan.last_frame
    recovered = child_collection(COLLECTION, scene.collection, COLLECTION)
    people = [build_person(motion, plan, recovered, place) for place, motion in enumerate(motions)]
    seen = next((motion.camera for motion in motions if motion.camera is not None), None)
    if seen is not None:
        camera.set_picture_size(scene, seen)
    view, source = camera.add_view(scene, motions, plan)
    if view is not None:
        recovered.objects.link(view)
        scene.camera = view
    if source is not None:
        camera.composite_over(scene, source, plan)
    stage.set_stage(scene, recovered, people[0].rig, view)
    scene.frame_set(plan.first_frame)
    return people


def build_person(
    motion: Motion, plan: timeline.Timeline, parent: bpy.types.Collection, place: int, file: str = ""
) -> Person:
    """A person's rig and body with all keys, in a collection of their own under `parent`.

    place: the number of their colour, from 0; file: the path that the motion was read from, for later.
    """
    model = load_body(motion.body)
    name = _free_name(motion.person)
    fingers = shows_fingers(motion)
    rig = armature.build_armature(f"{name} Rig", model, motion.betas, fingers)
    figure = body.build_mesh(name, model, motion.betas, rig, fingers)
    figure.data.materials.append(materials.clay(place))
    collection = child_collection(name, parent, "Person")
    for made in (rig, figure):
        collection.objects.link(made)
    person = Person(rig, figure)
    key_person(person, motion, plan)
    rig[marks.FILE] = file
    for made in (collection, rig, figure):
        made[marks.PERSON] = motion.person
    mark_person(person, motion)
    return person


def shows_fingers(motion: Motion) -> bool:
    """Whether the motion knows the fingers, and its body has some."""
    return motion.hand_poses is not None and load_body(motion.body).fingers is not None


def _free_name(number: int) -> str:
    """Person 1, or the next number that nobody of an earlier result has."""
    while any(name in bpy.data.objects for name in (f"Person {number}", f"Person {number} Rig")):
        number += 1
    return f"Person {number}"


def key_person(person: Person, motion: Motion, plan: timeline.Timeline) -> None:
    """All keys of a person; those that are there already are replaced."""
    model = load_body(motion.body)
    samples = resampling.resample(motion, plan.positions)
    animation.key_visibility(person.figure, samples, plan)
    if len(motion.poses) == 1:
        # a still that is shown for long stays as it is
        samples = samples.slice(slice(0, 1))
    animation.key_rig(person.rig, samples, plan, rest_joints(model, motion.betas)[0])
    confidence.note_confidence(person.rig, motion, plan)
    if body.corrective_count(model):
        animation.key_correctives(person.figure, samples, plan)


def body_mark(motion: Motion) -> str:
    """By which it is known whether a figure's mesh is right for the motion."""
    return f"{motion.body} with fingers" if shows_fingers(motion) else motion.body


def mark_person(person: Person, motion: Motion) -> None:
    """Notes that all this was made here."""
    rig, figure = person.rig, person.figure
    figure[marks.BODY] = body_mark(motion)
    actions = [action for made in (rig, figure, figure.data.shape_keys) for action in marks.actions_of(made)]
    for made in (rig, figure, rig.data, figure.data, *actions):
        marks.mark(made, "Person")


def child_collection(name: str, parent: bpy.types.Collection, purpose: str) -> bpy.types.Collection:
    """A new collection under `parent`."""
    made = bpy.data.collections.new(name)
    marks.mark(made, purpose)
    parent.children.link(made)
    return made
