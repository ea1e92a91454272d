"""People in the user's scene afterwards: shown, renamed, rebuilt and removed, and what the user did to them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

bpy = pytest.importorskip("bpy", reason="Blender as a Python module is not installed")

from human_mesh_recovery.blender_addon import compat
from human_mesh_recovery.blender_addon.scene import people, recovered
from human_mesh_recovery.blender_addon.scene.timeline import Timeline, plan
from human_mesh_recovery.inference_server.body.files import load_body
from human_mesh_recovery.inference_server.body.model import pose_body
from human_mesh_recovery.inference_server.errors import RecoveryError
from human_mesh_recovery.inference_server.motion import Motion
from human_mesh_recovery.tests.scene_samples import made_up_camera, walking, write_small_body

KINDS = (
    "objects",
    "meshes",
    "armatures",
    "actions",
    "materials",
    "images",
    "cameras",
    "collections",
    "shape_keys",
)


@pytest.fixture(autouse=True)
def _empty_file():
    bpy.ops.wm.read_factory_settings(use_empty=True)


@pytest.fixture
def small(tmp_path: Path) -> str:
    write_small_body(tmp_path / "small.npz")
    return str(tmp_path / "small.npz")


def add(motions: list[Motion], set_up: bool = False):
    return recovered.add_recovered(bpy.context.scene, "clip", motions, plan(motions), set_up)


def vertices(figure) -> np.ndarray:
    """(V, 3) as Blender evaluates them at the current frame, in the world."""
    evaluated = figure.evaluated_get(bpy.context.evaluated_depsgraph_get())
    points = np.array([vertex.co for vertex in evaluated.data.vertices])
    matrix = np.array(evaluated.matrix_world)
    return points @ matrix[:3, :3].T + matrix[:3, 3]


def largest_difference(person, motion: Motion, steps: dict[int, int]) -> float:
    """Metres between Blender's body and the numpy body; steps: the motion's row at a scene frame."""
    expected, _ = pose_body(load_body(motion.body), motion.poses, motion.betas, motion.trans)
    worst = 0.0
    for frame, row in steps.items():
        bpy.context.scene.frame_set(frame)
        worst = max(worst, float(np.abs(vertices(person.figure) - expected[row]).max()))
    return worst


def everything() -> dict[str, set[str]]:
    return {kind: {block.name for block in getattr(bpy.data, kind)} for kind in KINDS}


def test_a_person_is_hidden_and_shown_whatever_is_keyed(small: str):
    made = add([walking(10, body=small), walking(4, body=small, first=3, person=2)])
    two = made.people[1]
    assert people.is_shown(two.rig.name)
    for frame in (1, 5):
        bpy.context.scene.frame_set(frame)
        recovered.show_person(two.rig.name, False)
        bpy.context.scene.frame_set(frame)
        assert not people.is_shown(two.rig.name)
        assert not two.figure.visible_get()
        recovered.show_person(two.rig.name, True)
        bpy.context.scene.frame_set(frame)
        assert two.figure.visible_get() == (frame == 5)
    assert made.people[0].figure.visible_get()


def test_somebody_moved_to_the_user_s_collection_is_hidden_alone(small: str):
    made = add([walking(3, body=small)])
    mine = bpy.data.collections.new("Mine")
    bpy.context.scene.collection.children.link(mine)
    for thing in (made.people[0].rig, made.people[0].figure):
        mine.objects.link(thing)
        made.collection.children[0].objects.unlink(thing)
    recovered.show_person("Person 1 Rig", False)
    assert not mine.hide_viewport
    assert not made.people[0].rig.visible_get()
    assert not people.is_shown("Person 1 Rig")


def test_a_person_is_renamed_with_all_that_is_theirs(small: str):
    made = add([walking(10, body=small), walking(5, body=small, person=2)])
    (one, two) = made.people
    assert recovered.rename_person("Person 2 Rig", "Anna") == "Anna Rig"
    assert (two.rig.name, two.rig.data.name) == ("Anna Rig", "Anna Rig")
    assert (two.figure.name, two.figure.data.name) == ("Anna", "Anna")
    assert [child.name for child in made.collection.children] == ["Person 1", "Anna"]
    assert two.rig.animation_data.action.name == "Anna Rig"
    assert two.figure.animation_data.action.name == "Anna Visibility"
    assert two.figure.data.shape_keys.animation_data.action.name == "Anna Corrections"
    assert recovered.rename_person("Person 1 Rig", "Anna") == "Anna Rig.001"
    bpy.context.scene.frame_set(3)
    assert largest_difference(one, walking(10, body=small), {3: 2}) < 1e-4


def test_a_person_is_rebuilt_in_place(small: str):
    motion = walking(10, body=small)
    made = add([motion])
    (person,) = made.people
    rig, figure, mesh = person.rig, person.figure, person.figure.data
    material = bpy.data.materials.new("Mine")
    figure.data.materials[0] = material
    figure.modifiers.new("Mine", "SUBSURF").levels = 0
    rig.pose.bones["head"].constraints.new("COPY_ROTATION").mute = True
    figure.shape_key_add(name="Mine").value = 0.0
    actions = [rig.animation_data.action, mesh.shape_keys.animation_data.action]
    rig.keyframe_insert("scale", frame=1)  # in the same action as ours
    other = walking(14, first=2, body=small, person=3)
    recovered.rebuild_person(rig.name, replace(other, person=1), plan([other], first_frame=4))
    assert (person.rig, person.figure, figure.data) == (rig, figure, mesh)
    assert figure.data.materials[0] == material
    assert list(figure.modifiers.keys()) == ["Armature", "Mine"]
    assert len(rig.pose.bones["head"].constraints) == 1
    assert "Mine" in mesh.shape_keys.key_blocks
    assert [rig.animation_data.action, mesh.shape_keys.animation_data.action] == actions
    assert len(list(compat.curves_of(rig))) == 24 * 4 + 3 + 3
    assert len(bpy.data.actions) == 2
    assert len(bpy.data.scenes) == 1
    assert largest_difference(person, other, {4: 0, 10: 6, 17: 13}) < 1e-4


def test_rebuilding_hides_and_shows_anew(small: str):
    motion = walking(10, body=small)
    made = add([motion, walking(4, first=3, body=small, person=2)])
    two = made.people[1]
    whole = walking(10, body=small, person=2)
    recovered.rebuild_person(two.rig.name, whole, plan([motion]))
    bpy.context.scene.frame_set(1)
    assert two.figure.visible_get()
    assert not list(compat.curves_of(two.figure))
    recovered.rebuild_person(two.rig.name, walking(2, body=small, person=2), plan([motion]))
    bpy.context.scene.frame_set(3)
    assert not two.figure.visible_get()


def test_an_action_that_is_used_elsewhere_is_left(small: str):
    made = add([walking(5, body=small)])
    rig = made.people[0].rig
    action = rig.animation_data.action
    rig.animation_data.nla_tracks.new().strips.new("kept", 1, action)
    motion = walking(5, body=small, person=2)
    recovered.rebuild_person(rig.name, motion, plan([motion]))
    assert rig.animation_data.action != action
    assert action.name in bpy.data.actions


def test_another_body_keeps_the_object_and_its_materials(small: str):
    motion = walking(5, body=small)
    made = add([motion])
    (person,) = made.people
    material = person.figure.data.materials[0]
    free = walking(5)
    recovered.rebuild_person(person.rig.name, free, plan([free]))
    assert list(person.figure.data.materials) == [material]
    assert len(person.figure.vertex_groups) == 24
    assert largest_difference(person, free, {1: 0, 5: 4}) < 1e-4
    assert len(bpy.data.meshes) == 2  # with the bones' shape
    assert len(bpy.data.shape_keys) == 1
    assert len(bpy.data.actions) == 1
    recovered.rebuild_person(person.rig.name, motion, plan([motion]))
    assert largest_difference(person, motion, {1: 0, 5: 4}) < 1e-4


def test_removing_a_result_leaves_nothing_of_it_and_all_of_the_user_s(small: str, tmp_path: Path):
    frames = [str(tmp_path / f"{number}.png") for number in range(1, 7)]
    image = bpy.data.images.new("made up", 64, 36)
    image.file_format = "PNG"
    for frame in frames:
        image.filepath_raw = frame
        image.save()
    image.filepath_raw = frames[0]
    bpy.data.materials.new("Clay 1").use_fake_user = True
    before = everything()
    motions = [walking(6, body=small), walking(3, body=small, first=2, person=2)]
    for motion in motions:
        still = made_up_camera()
        motion.camera = replace(
            still,
            rotation=np.tile(still.rotation, (len(motion.poses), 1, 1)),
            translation=np.tile(still.translation, (len(motion.poses), 1)),
        )
    timeline = Timeline(24.0, 1, np.array([0, 1, 2, 2, 3, 5.0]))
    made = recovered.add_recovered(bpy.context.scene, "clip", motions, timeline, True, frames=frames)
    assert made.view is not None
    assert made.view.data.background_images[0].image != image
    assert made.view.animation_data.action
    assert made.view.data.animation_data.action
    recovered.remove_person("Person 1 Rig")
    assert [rig.name for rig in recovered.rigs_in(made.collection)] == ["Person 2 Rig"]
    assert "Person 1" not in bpy.data.collections
    recovered.remove_result(made.collection)
    assert everything() == before
    assert image.source == "FILE"


def test_what_the_user_added_to_a_result_stays(small: str):
    made = add([walking(6, body=small)])
    (person,) = made.people
    hat = bpy.data.objects.new("Hat", bpy.data.meshes.new("Hat"))
    made.collection.children["Person 1"].objects.link(hat)
    hat.parent, hat.parent_type, hat.parent_bone = person.rig, "BONE", "head"
    person.figure.data.materials.append(bpy.data.materials.new("Mine"))
    own = bpy.data.actions.new("Mine")
    person.rig.animation_data.action = own
    recovered.remove_result(made.collection)
    assert [made.name for made in bpy.data.objects] == ["Hat"]
    assert "Hat" in bpy.context.scene.objects
    assert "Mine" in bpy.data.materials
    assert "Mine" in bpy.data.actions


def test_people_of_a_result_share_what_the_others_still_need(small: str):
    made = add([walking(3, body=small)])
    add([walking(3, body=small)])
    recovered.remove_result(made.collection)
    (rig,) = recovered.rigs_in(bpy.context.scene.collection)
    assert rig.pose.bones["head"].custom_shape is not None
    assert [child.name for child in bpy.data.collections["Recovered"].children] == ["clip.001"]


def test_somebody_who_is_gone_is_a_clear_error(small: str):
    made = add([walking(3, body=small)])
    bpy.data.objects.remove(made.people[0].figure)
    motion = walking(3, body=small)
    timeline = Timeline(24.0, 1, np.arange(3.0))
    for name in ("Person 1 Rig", "nobody"):
        with pytest.raises(RecoveryError, match=name):
            recovered.rebuild_person(name, motion, timeline)
        with pytest.raises(RecoveryError, match=name):
            recovered.rename_person(name, "Anna")
    recovered.remove_person("Person 1 Rig")
    assert not bpy.data.armatures
