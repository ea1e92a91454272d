"""The camera that saw the people, in the user's scene: body and picture in line, in space and in time."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

bpy = pytest.importorskip("bpy", reason="Blender as a Python module is not installed")

from bpy_extras.object_utils import world_to_camera_view
from mathutils import Vector

from human_mesh_recovery.blender_addon import compat
from human_mesh_recovery.blender_addon.scene import camera, recovered
from human_mesh_recovery.blender_addon.scene.timeline import Timeline, plan
from human_mesh_recovery.inference_server.body.files import load_body
from human_mesh_recovery.inference_server.body.model import pose_body
from human_mesh_recovery.inference_server.body.rotation import axis_angle_to_matrix
from human_mesh_recovery.inference_server.motion import Motion
from human_mesh_recovery.tests.scene_samples import HEIGHT, WIDTH, made_up_camera, walking, write_small_body


@pytest.fixture(autouse=True)
def _empty_file():
    bpy.ops.wm.read_factory_settings(use_empty=True)


@pytest.fixture
def small(tmp_path: Path) -> str:
    write_small_body(tmp_path / "small.npz")
    return str(tmp_path / "small.npz")


@pytest.fixture
def picture(tmp_path: Path) -> str:
    image = bpy.data.images.new("made up", WIDTH, HEIGHT)
    image.filepath_raw = str(tmp_path / "still.png")
    image.file_format = "PNG"
    image.save()
    bpy.data.images.remove(image)
    return str(tmp_path / "still.png")


def added_view(motion: Motion, timeline: Timeline | None = None, set_up: bool = False, frames=()):
    """The camera that comes with a motion."""
    timeline = timeline or plan([motion])
    made = recovered.add_recovered(bpy.context.scene, "clip", [motion], timeline, set_up, frames=frames)
    assert made.view is not None
    return made.view


def joints(motion: Motion) -> np.ndarray:
    return pose_body(load_body(motion.body), motion.poses, motion.betas, motion.trans)[1]


def pixels(view, points: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Where world points (N, 3) fall on the background picture of `size`, as Blender draws it into the view."""
    scene = bpy.context.scene
    seen = np.array([world_to_camera_view(scene, view, Vector(point)) for point in points])[:, :2] - 0.5
    render = scene.render
    frame = render.resolution_x * render.pixel_aspect_x / (render.resolution_y * render.pixel_aspect_y)
    shape = size[0] / size[1]
    if shape > frame:
        seen[:, 1] *= shape / frame
    else:
        seen[:, 0] *= frame / shape
    return np.stack([(seen[:, 0] + 0.5) * size[0] - 0.5, (0.5 - seen[:, 1]) * size[1] - 0.5], axis=1)


@pytest.mark.parametrize("render", [(1920, 1080), (640, 360), (1080, 1920), (2000, 500)])
@pytest.mark.parametrize("size", [(640, 360), (640, 480), (360, 640)])
@pytest.mark.parametrize("aspect", [1.0, 1.4])
def test_body_and_picture_line_up_whatever_is_rendered(
    small: str, picture: str, render: tuple[int, int], size: tuple[int, int], aspect: float
):
    scene = bpy.context.scene
    scene.render.resolution_x, scene.render.resolution_y = render
    scene.render.pixel_aspect_x = aspect
    motion = walking(3, body=small)
    seen = motion.camera = replace(made_up_camera(), width=size[0], height=size[1])
    motion.source = picture
    view = added_view(motion)
    scene.frame_set(1)
    points = joints(motion)[0]
    found = pixels(view, points, size)
    assert np.abs(found - seen.project(seen.to_camera(points))).max() < 0.05
    (background,) = view.data.background_images
    assert background.frame_method == "FIT"
    scene.render.resolution_x, scene.render.resolution_y = render[1], render[0]
    camera.fit_camera(view, scene, seen)
    bpy.context.view_layer.update()
    assert np.abs(pixels(view, points, size) - seen.project(seen.to_camera(points))).max() < 0.05


def test_a_moving_camera_is_keyed(small: str):
    count = 12
    turns = axis_angle_to_matrix(np.linspace(0, 7, count)[:, None] * np.array([0.02, 0.5, 0.1]))
    motion = walking(count, body=small)
    still = made_up_camera()
    centre = -still.rotation.T @ still.translation
    rotations = turns @ still.rotation
    centres = centre + np.linspace(0, 1, count)[:, None] * np.array([0.5, 0.2, 0.1])
    motion.camera = replace(
        still, rotation=rotations, translation=-np.einsum("fij,fj->fi", rotations, centres)
    )
    view = added_view(motion, Timeline(24.0, 5, np.arange(0, 11.5, 0.5)), set_up=True)
    curves = list(compat.curves_of(view))
    assert len(curves) == 7
    assert {len(curve.keyframe_points) for curve in curves} == {23}
    parts = [[point.co.y for point in curve.keyframe_points] for curve in curves if "quat" in curve.data_path]
    assert np.abs(np.diff(np.array(parts), axis=1)).max() < 0.3
    for step in (0, 6, 11):
        bpy.context.scene.frame_set(5 + 2 * step)
        points = joints(motion)[step]
        expected = motion.camera.at(step).project(motion.camera.at(step).to_camera(points))
        in_front = motion.camera.at(step).to_camera(points)[:, 2] > 0.5
        found = pixels(view, points, (WIDTH, HEIGHT))
        assert np.abs(found - expected)[in_front].max(initial=0) < 0.1


def test_a_background_in_the_strip_s_time(small: str, tmp_path: Path, picture: str):
    data = Path(picture).read_bytes()
    frames = [str(tmp_path / f"shot_{number:03}.png") for number in range(20, 40)]
    for frame in frames:
        Path(frame).write_bytes(data)
    motion = walking(10, body=small)
    positions = np.array([0, 2, 4, 4, 4.4, 3, 1, 0.0])
    view = added_view(motion, Timeline(25.0, 50, positions), frames=frames)
    scene = bpy.context.scene
    for step, position in enumerate(positions):
        scene.frame_set(50 + step)
        user = view.evaluated_get(bpy.context.evaluated_depsgraph_get()).data.background_images[0].image_user
        assert step + 1 + user.frame_offset == 20 + round(position)
    assert user.frame_start == 50
