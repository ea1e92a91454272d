"""Motions into Blender scenes: the evaluated scene against the numpy body."""

from pathlib import Path

import numpy as np
import pytest

bpy = pytest.importorskip("bpy", reason="Blender as a Python module is not installed")

from human_mesh_recovery.blender_addon import compat
from human_mesh_recovery.blender_addon.scene.build import Person, build_scene
from human_mesh_recovery.inference_server.body.files import load_body
from human_mesh_recovery.inference_server.body.model import pose_body
from human_mesh_recovery.inference_server.body.skeleton import JOINT_NAMES
from human_mesh_recovery.inference_server.motion import Motion
from human_mesh_recovery.tests.scene_samples import HEIGHT, WIDTH, walking, write_small_body


@pytest.fixture(autouse=True)
def _empty_file():
    bpy.ops.wm.read_factory_settings(use_empty=True)


def blender_vertices(person: Person) -> np.ndarray:
    """(V, 3) as Blender evaluates them at the current frame, in the world."""
    evaluated = person.figure.evaluated_get(bpy.context.evaluated_depsgraph_get())
    mesh = evaluated.to_mesh()
    points = np.empty(len(mesh.vertices) * 3, dtype=np.float32)
    mesh.vertices.foreach_get("co", points)
    evaluated.to_mesh_clear()
    matrix = np.array(evaluated.matrix_world)
    return points.reshape(-1, 3) @ matrix[:3, :3].T + matrix[:3, 3]


def numpy_body(motion: Motion) -> tuple[np.ndarray, np.ndarray]:
    return pose_body(load_body(motion.body), motion.poses, motion.betas, motion.trans)


def largest_difference(person: Person, motion: Motion, steps: list[int], first_frame: int = 1) -> float:
    vertices, _ = numpy_body(motion)
    worst = 0.0
    for step in steps:
        bpy.context.scene.frame_set(first_frame + step)
        worst = max(worst, float(np.abs(blender_vertices(person) - vertices[step]).max()))
    return worst


def test_the_free_body_s_vertices_are_the_numpy_body_s():
    motion = walking(40)
    (person,) = build_scene([motion])
    assert len(person.figure.data.vertices) == len(load_body("free").template)
    assert largest_difference(person, motion, [0, 7, 20, 39]) < 1e-4


def test_a_body_with_pose_corrections_is_matched_too(tmp_path: Path):
    write_small_body(tmp_path / "small.npz")
    motion = walking(12, body=str(tmp_path / "small.npz"))
    (person,) = build_scene([motion])
    assert len(person.figure.data.shape_keys.key_blocks) == 1 + 10 + 207
    assert largest_difference(person, motion, [0, 5, 11]) < 1e-4
    person.figure.data.shape_keys.animation_data.action = None
    for key in person.figure.data.shape_keys.key_blocks[11:]:
        key.value = 0.0
    assert largest_difference(person, motion, [5]) > 1e-3  # the corrections do something


def test_the_mesh_is_built_for_people_to_work_with():
    motion = walking(5)
    (person,) = build_scene([motion])
    keys = person.figure.data.shape_keys.key_blocks
    assert [key.name for key in keys] == ["Basis", *(f"Shape {number}" for number in range(1, 11))]
    assert np.allclose([key.value for key in keys[1:]], motion.betas, atol=1e-6)
    assert all((key.slider_min, key.slider_max) == (-5, 5) for key in keys[1:])
    assert [group.name for group in person.figure.vertex_groups] == list(JOINT_NAMES)
    assert all(polygon.use_smooth for polygon in person.figure.data.polygons)
    assert person.figure.modifiers["Armature"].object == person.rig
    assert person.figure.name == "Person 1"
    assert person.figure.users_collection[0].name == "Person 1"
    assert "Person 1" in bpy.data.collections["Recovered"].children


def test_every_bone_points_up_and_its_pose_is_smpl_s():
    motion = walking(20)
    (person,) = build_scene([motion])
    bpy.context.scene.frame_set(11)
    assert len(person.rig.pose.bones) == 24
    for joint, name in enumerate(JOINT_NAMES):
        bone = person.rig.pose.bones[name]
        assert np.allclose(np.array(bone.bone.matrix_local)[:3, :3], np.eye(3), atol=1e-6)
        if joint:
            axis, angle = bone.rotation_quaternion.to_axis_angle()
            turn = np.array(axis) * angle
            assert np.allclose(turn, motion.poses[10, joint], atol=1e-5)
    _, joints = numpy_body(motion)
    heads = np.array([person.rig.matrix_world @ person.rig.pose.bones[name].head for name in JOINT_NAMES])
    assert np.abs(heads - joints[10]).max() < 1e-5
    assert np.allclose(person.rig.location, 0)


def test_keys_are_one_a_frame_and_turn_without_flips():
    (person,) = build_scene([walking(60)])
    curves = list(compat.curves_of(person.rig))
    assert len(curves) == 24 * 4 + 3
    assert {len(curve.keyframe_points) for curve in curves} == {60}
    assert {curve.group.name for curve in curves} == set(JOINT_NAMES)
    points = curves[0].keyframe_points
    assert [point.co.x for point in points] == list(range(1, 61))
    assert {point.interpolation for point in points} == {"LINEAR"}
    for name in JOINT_NAMES:
        path = f'pose.bones["{name}"].rotation_quaternion'
        parts = [[p.co.y for p in curve.keyframe_points] for curve in curves if curve.data_path == path]
        assert np.abs(np.diff(np.array(parts), axis=1)).max() < 0.3  # the root turns by 0.2 rad a frame


def test_two_people_each_in_their_own_time():
    first, second = walking(30, first=10), walking(20, first=25, person=2)
    one, two = build_scene([first, second])
    scene = bpy.context.scene
    assert (scene.frame_start, scene.frame_end) == (1, 35)
    assert largest_difference(one, first, [0, 29]) < 1e-4
    assert largest_difference(two, second, [0, 19], first_frame=16) < 1e-4
    shown = {}
    for frame in (1, 15, 16, 30, 31, 35):
        scene.frame_set(frame)
        shown[frame] = (not one.figure.hide_render, not two.figure.hide_render)
        assert one.figure.hide_viewport == one.figure.hide_render
    assert shown == {
        1: (True, False), 15: (True, False), 16: (True, True), 30: (True, True), 31: (False, True), 35: (False, True),
    }  # fmt: skip
    assert one.figure.data.materials[0].diffuse_color[:] != two.figure.data.materials[0].diffuse_color[:]


def test_another_frame_rate_keeps_the_time():
    motion = walking(31)
    (person,) = build_scene([motion], 60.0)
    scene = bpy.context.scene
    assert (scene.render.fps, scene.render.fps_base, scene.frame_end) == (60, 1.0, 61)
    vertices, _ = numpy_body(motion)
    scene.frame_set(41)
    assert np.abs(blender_vertices(person) - vertices[20]).max() < 1e-4
    bpy.ops.wm.read_factory_settings(use_empty=True)
    (person,) = build_scene([motion], 24.0)
    curve = next(iter(compat.curves_of(person.rig)))
    assert [point.co.x for point in curve.keyframe_points] == list(range(1, 26))
    bpy.context.scene.frame_set(25)  # 1 s
    assert np.abs(blender_vertices(person) - vertices[30]).max() < 1e-4


def test_a_single_picture_becomes_one_frame():
    motion = walking(1)
    motion.fps = 0.0
    (person,) = build_scene([motion])
    assert bpy.context.scene.frame_end == 1
    assert largest_difference(person, motion, [0]) < 1e-4


def test_a_motion_without_a_camera_gets_one_that_sees_the_person():
    from bpy_extras.object_utils import world_to_camera_view
    from mathutils import Vector

    motion = walking(5)
    motion.camera = None
    build_scene([motion])
    scene = bpy.context.scene
    _, joints = numpy_body(motion)
    views = np.array([world_to_camera_view(scene, scene.camera, Vector(point)) for point in joints[0]])
    assert (views[:, :2] > 0).all()
    assert (views[:, :2] < 1).all()


def test_the_camera_puts_every_vertex_on_its_pixel():
    from bpy_extras.object_utils import world_to_camera_view
    from mathutils import Vector

    motion = walking(20)
    (person,) = build_scene([motion])
    scene = bpy.context.scene
    assert (scene.render.resolution_x, scene.render.resolution_y) == (WIDTH, HEIGHT)
    camera = motion.camera
    assert camera is not None
    vertices, _ = numpy_body(motion)
    for frame in (1, 20):
        scene.frame_set(frame)
        points = blender_vertices(person)[::40]
        views = np.array([world_to_camera_view(scene, scene.camera, Vector(point)) for point in points])
        pixels = np.stack([views[:, 0] * WIDTH - 0.5, (1 - views[:, 1]) * HEIGHT - 0.5], axis=1)
        expected = camera.project(camera.to_camera(vertices[frame - 1, ::40]))
        assert np.abs(pixels - expected).max() < 0.05
