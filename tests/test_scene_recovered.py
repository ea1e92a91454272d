"""People put into the user's own scene: what changes there, what doesn't, and whether they line up."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

bpy = pytest.importorskip("bpy", reason="Blender as a Python module is not installed")

from human_mesh_recovery.blender_addon import compat
from human_mesh_recovery.blender_addon.scene import recovered
from human_mesh_recovery.blender_addon.scene.timeline import Timeline, plan
from human_mesh_recovery.inference_server.body.files import load_body
from human_mesh_recovery.inference_server.body.model import pose_body
from human_mesh_recovery.inference_server.body.skeleton import JOINT_NAMES
from human_mesh_recovery.inference_server.errors import RecoveryError
from human_mesh_recovery.inference_server.motion import Motion
from human_mesh_recovery.tests.scene_samples import HEIGHT, WIDTH, walking, write_small_body


@pytest.fixture(autouse=True)
def _empty_file():
    bpy.ops.wm.read_factory_settings(use_empty=True)


@pytest.fixture
def small(tmp_path: Path) -> str:
    write_small_body(tmp_path / "small.npz")
    return str(tmp_path / "small.npz")


def add(motions: list[Motion], timeline: Timeline | None = None, set_up: bool = False, **more):
    scene = more.pop("scene", bpy.context.scene)
    return recovered.add_recovered(scene, "clip.mp4", motions, timeline or plan(motions), set_up, **more)


def joints(motion: Motion) -> np.ndarray:
    return pose_body(load_body(motion.body), motion.poses, motion.betas, motion.trans)[1]


def heads(rig) -> np.ndarray:
    """(24, 3) where the joints are in the world at the current frame."""
    evaluated = rig.evaluated_get(bpy.context.evaluated_depsgraph_get())
    return np.array([evaluated.matrix_world @ evaluated.pose.bones[name].head for name in JOINT_NAMES])


def user_cube():
    """An object of the user's, active and selected."""
    mesh = bpy.data.meshes.new("User's")
    mesh.from_pydata([(0, 0, 0), (1, 0, 0), (0, 1, 0)], [], [(0, 1, 2)])
    cube = bpy.data.objects.new("User's", mesh)
    bpy.context.scene.collection.objects.link(cube)
    bpy.context.view_layer.objects.active = cube
    cube.select_set(True)
    return cube


def test_people_and_camera_go_under_the_source_s_name(small: str):
    fractions: list[float] = []
    motions = [walking(8, body=small), walking(8, person=2, body=small)]
    made = add(motions, on_progress=fractions.append, files=["a/person-1.npz", "a/person-2.npz"])
    assert fractions[-1] == 1.0
    assert fractions == sorted(fractions)
    assert len(fractions) == 3
    assert made.collection.name == "clip.mp4"
    assert [child.name for child in bpy.data.collections["Recovered"].children] == ["clip.mp4"]
    assert [child.name for child in made.collection.children] == ["Person 1", "Person 2"]
    assert [person.rig.name for person in made.people] == ["Person 1 Rig", "Person 2 Rig"]
    assert [person.rig["human_mesh_recovery_file"] for person in made.people] == [
        "a/person-1.npz", "a/person-2.npz",
    ]  # fmt: skip
    assert [person.rig["human_mesh_recovery_person"] for person in made.people] == [1, 2]
    assert recovered.rigs_in(bpy.context.scene.collection) == [person.rig for person in made.people]
    assert bpy.context.selected_objects == [person.rig for person in made.people]
    assert bpy.context.object == made.people[0].rig
    again = add(motions)
    assert again.collection.name == "clip.mp4.001"
    assert again.people[0].rig.name == "Person 3 Rig"
    assert len(bpy.data.collections["Recovered"].children) == 2


def test_only_people_and_a_camera_come_without_set_up(small: str):
    scene = bpy.context.scene
    scene.render.engine = "BLENDER_WORKBENCH"
    scene.render.fps, scene.frame_start, scene.frame_end = 24, 3, 40
    scene.frame_set(17)
    before = (scene.world, scene.camera, scene.view_settings.view_transform, scene.render.film_transparent)
    made = add([walking(90, body=small)])
    assert (scene.frame_start, scene.frame_end, scene.frame_current) == (3, 40, 17)
    assert (scene.render.engine, scene.render.fps, scene.render.resolution_x) == (
        "BLENDER_WORKBENCH",
        24,
        1920,
    )
    after = (scene.world, scene.camera, scene.view_settings.view_transform, scene.render.film_transparent)
    assert after == before
    assert made.view is not None
    assert made.view.name in scene.objects


@pytest.mark.parametrize(
    ("end", "animated", "expected"), [(250, False, 29), (250, True, 250), (20, False, 29)]
)
def test_set_up_lets_the_frames_reach_over_the_people(small: str, end: int, animated: bool, expected: int):
    scene = bpy.context.scene
    scene.frame_end = end
    if animated:
        user_cube().keyframe_insert("location", frame=1)
    motion = walking(20, body=small)
    made = add([motion], plan([motion], first_frame=10), set_up=True)
    assert (scene.frame_start, scene.frame_end, scene.frame_current) == (1, expected, 10)
    assert scene.camera == made.view
    assert (scene.render.resolution_x, scene.render.resolution_y) == (WIDTH, HEIGHT)
    assert scene.render.fps == 24


def test_an_edit_keeps_its_picture_size(small: str):
    scene = bpy.context.scene
    strips = compat.strips_of(scene.sequence_editor_create())
    strips.new_scene("Strip", bpy.data.scenes.new("Other"), 1, 1)
    made = add([walking(20, body=small)], set_up=True)
    assert (scene.render.resolution_x, scene.render.resolution_y) == recovered.DEFAULT_SIZE
    assert scene.camera == made.view


def test_a_still_that_is_shown_for_long_has_one_key(small: str):
    made = add([walking(1, body=small)], Timeline(24.0, 11, np.zeros(40)))
    assert {len(curve.keyframe_points) for curve in compat.curves_of(made.people[0].rig)} == {1}
    for frame in (1, 11, 50, 60):
        bpy.context.scene.frame_set(frame)
        assert made.people[0].figure.visible_get()


def test_a_still_leaves_a_new_scene_its_length(small: str):
    add([walking(1, body=small)], set_up=True)
    assert bpy.context.scene.frame_end == 250


def test_a_strip_s_own_time_is_followed(small: str):
    motion = walking(20, first=10, body=small)
    other = walking(4, first=10, body=small, person=2)
    positions = np.array([10, 12, 14, 14, 14, 13.5, 13, 11, 10, 40.0])
    made = add([motion, other], Timeline(25.0, 101, positions))
    one, two = made.people
    scene = bpy.context.scene
    for step, position in enumerate(positions[:-1]):
        if position == int(position):
            scene.frame_set(101 + step)
            assert np.abs(heads(one.rig) - joints(motion)[int(position) - 10]).max() < 1e-4
    shown = []
    for step in range(len(positions)):
        scene.frame_set(101 + step)
        shown.append((not one.figure.hide_render, not two.figure.hide_viewport))
    assert [first for first, _ in shown] == [True] * 9 + [False]
    assert [second for _, second in shown] == [
        True,
        True,
        False,
        False,
        False,
        False,
        True,
        True,
        True,
        False,
    ]
    for person in made.people:
        assert len(list(compat.curves_of(person.rig))) == 24 * 4 + 3


@pytest.mark.parametrize("mode", ["EDIT", "SCULPT", "WEIGHT_PAINT"])
def test_the_mode_that_the_user_is_in_stays(small: str, mode: str):
    cube = user_cube()
    bpy.ops.object.mode_set(mode=mode)
    made = add([walking(4, body=small)], set_up=True)
    assert (bpy.context.object, cube.mode) == (cube, mode)
    assert bpy.context.selected_objects == [cube]
    assert np.abs(heads(made.people[0].rig) - joints(walking(4, body=small))[0]).max() < 1e-4


def test_a_rig_that_is_posed_may_be_rebuilt_meanwhile(small: str):
    motion = walking(4, body=small)
    made = add([motion])
    rig = made.people[0].rig
    bpy.ops.object.mode_set(mode="POSE")
    rig.hide_viewport = True
    recovered.rebuild_person(rig.name, replace(motion, betas=-motion.betas), plan([motion]))
    assert rig.mode == "POSE"
    assert rig.hide_viewport


def test_people_come_into_another_scene_than_the_one_on_show(small: str):
    cube = user_cube()
    other = bpy.data.scenes.new("Other")
    here = bpy.context.scene
    made = add([walking(4, body=small)], set_up=True, scene=other)
    rig = made.people[0].rig
    assert rig.name in other.objects
    assert rig.name not in here.objects
    assert bpy.context.scene == here
    assert bpy.context.selected_objects == [cube]
    assert other.view_layers[0].objects.active == rig
    assert other.camera == made.view
    assert here.camera is None
    assert len(bpy.data.scenes) == 2


def test_hidden_and_excluded_collections_do_not_matter(small: str):
    layer = bpy.context.view_layer
    mine = bpy.data.collections.new("Mine")
    bpy.context.scene.collection.children.link(mine)
    layer.active_layer_collection = layer.layer_collection.children["Mine"]
    layer.layer_collection.children["Mine"].exclude = True
    first = add([walking(3, body=small)])
    assert first.people[0].rig.visible_get()
    layer.layer_collection.children["Recovered"].exclude = True
    second = add([walking(3, body=small)])
    assert second.people[0].rig.visible_get()
    assert bpy.data.collections["Recovered"].children[:] == [first.collection]
    bpy.data.collections["Recovered.001"].hide_viewport = True
    third = add([walking(3, body=small)])
    assert third.people[0].rig.visible_get()
    assert bpy.context.selected_objects == [third.people[0].rig]


def test_a_body_that_can_not_be_read_leaves_the_scene_alone(small: str, tmp_path: Path):
    motions = [walking(3, body=small), walking(3, body=str(tmp_path / "gone.npz"), person=2)]
    with pytest.raises(RecoveryError, match=r"gone\.npz"):
        add(motions)
    assert not bpy.data.objects
    assert not bpy.data.collections


def test_one_undo_step_takes_all_away(small: str):
    cube = user_cube()
    bpy.ops.ed.undo_push(message="before")
    add([walking(5, body=small), walking(5, body=small, person=2)], set_up=True)
    bpy.ops.ed.undo_push(message="Recover Mesh")
    bpy.ops.ed.undo()
    assert [made.name for made in bpy.data.objects] == ["User's"]
    assert not bpy.data.armatures
    assert not bpy.data.actions
    assert bpy.context.scene.camera is None
    bpy.ops.ed.redo()
    assert {"Person 1 Rig", "Person 2 Rig"} <= {made.name for made in bpy.context.scene.objects}
    del cube
