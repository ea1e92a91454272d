"""Motions into a scene: the one road from a result to what is seen in Blender."""

from collections.abc import Sequence
from dataclasses import dataclass

import bpy

from ...inference_server import resampling
from ...inference_server.body.files import load_body
from ...inference_server.body.model import rest_joints
from ...inference_server.motion import Motion
from . import animation, armature, body, camera, footage, materials, stage, timeline

COLLECTION = "Recovered"


@dataclass(frozen=True)
class Person:
    """What stands for one person in a scene."""

    rig: bpy.types.Object
    figure: bpy.types.Object
    last_frame: int


def build_scene(motions: Sequence[Motion], scene_fps: float | None = None) -> list[Person]:
    """Builds people, camera, light and frame range into the active scene; nothing of it is removed.

    motions: one a person, of one source; scene_fps: the scene's frame rate, or None for the first motion's own.
    Raises RecoveryError where a body's file can't be read.
    """
    scene = bpy.context.scene
    plan = timeline.plan(motions, scene_fps)
    scene.render.fps, scene.render.fps_base = timeline.frame_rate(plan.fps)
    recovered = _collection(COLLECTION, scene.collection)
    people = [_build_person(motion, plan, recovered, place) for place, motion in enumerate(motions)]
    last_frame = max(person.last_frame for person in people)
    scene.frame_start, scene.frame_end = timeline.FIRST_SCENE_FRAME, last_frame
    for person, motion in zip(people, motions, strict=True):
        samples = resampling.resample(motion, plan.fps, plan.origin_seconds)
        animation.key_visibility(person.figure, samples, last_frame)
    seen = next((motion for motion in motions if motion.camera is not None), None)
    view = None
    if seen is not None and seen.camera is not None:
        view = camera.add_camera(scene, seen.camera)
        recovered.objects.link(view)
        source = footage.open_footage(seen.source) if seen.source else None
        if source is not None:
            camera.show_behind(view, source, plan, last_frame)
            camera.composite_over(scene, source, plan, last_frame)
    stage.set_stage(scene, recovered, people[0].rig, view)
    scene.frame_set(timeline.FIRST_SCENE_FRAME)
    return people


def _build_person(
    motion: Motion, plan: timeline.Timeline, recovered: bpy.types.Collection, place: int
) -> Person:
    model = load_body(motion.body)
    name = f"Person {motion.person}"
    collection = _collection(name, recovered, shared=False)
    samples = resampling.resample(motion, plan.fps, plan.origin_seconds)
    rig = armature.build_armature(f"{name} Rig", model, motion.betas)
    figure = body.build_mesh(name, model, motion.betas, rig)
    figure.data.materials.append(materials.clay(place))
    for made in (rig, figure):
        for other in made.users_collection:
            other.objects.unlink(made)
        collection.objects.link(made)
    animation.key_rig(rig, samples, rest_joints(model, motion.betas)[0])
    if body.corrective_count(model):
        animation.key_correctives(figure, samples)
    return Person(rig, figure, int(animation.scene_frames(samples)[-1]))


def _collection(name: str, parent: bpy.types.Collection, shared: bool = True) -> bpy.types.Collection:
    """The child collection of that name; a new one where there is none, or where it isn't to be shared."""
    existing = parent.children.get(name)
    if shared and existing is not None:
        return existing
    made = bpy.data.collections.new(name)
    parent.children.link(made)
    return made
