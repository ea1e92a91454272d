"""Movie clips as sources, and the cameras that Blender's tracker solved for them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

bpy = pytest.importorskip("bpy", reason="Blender as a Python module is not installed")

from mathutils import Matrix

from human_mesh_recovery.blender_addon.sources.gather import gather
from human_mesh_recovery.blender_addon.sources.prepare import prepare
from human_mesh_recovery.blender_addon.sources.source import Source
from human_mesh_recovery.inference_server.known_camera import KnownCamera
from human_mesh_recovery.tests import numbered_footage as footage

FRAMES = 30
FOCAL_LENGTH = 90.0
"""Pixels."""


@pytest.fixture
def row(tmp_path: Path) -> list[Path]:
    footage.empty_scene()
    return footage.write_folder(tmp_path / "row", FRAMES, first=8)


@pytest.fixture
def clip(row: list[Path], tmp_path: Path) -> Any:
    """A clip of thirty frames, open in the Clip Editor."""
    footage.write_video(tmp_path / "clip.mp4", row[0].parent, 25)
    footage.empty_scene()
    return open_clip(tmp_path / "clip.mp4")


def open_clip(path: Path) -> Any:
    clip = bpy.data.movieclips.load(str(path))
    area = bpy.context.window_manager.windows[0].screen.areas[0]
    area.type = "CLIP_EDITOR"
    area.spaces.active.clip = clip
    return clip


def only_source(frame_range: tuple[int, int] | None = None) -> Source:
    (source,) = gather(bpy.context, "CLIP", (), frame_range)
    return source


def test_a_clip_shows_a_frame_a_frame_from_its_start(clip, tmp_path):
    bpy.context.scene.render.fps = 60
    clip.frame_start, clip.frame_offset = 101, 4
    source = only_source()
    assert (source.path, source.files, source.fps) == (str(tmp_path / "clip.mp4"), (), None)
    assert (source.first_frame, source.start, source.end) == (101, 4, FRAMES - 1)
    assert source.positions == tuple(range(4, FRAMES))
    assert source.detail == "frames 4 to 29"
    clip.frame_offset = -3
    assert (only_source().first_frame, only_source().start) == (104, 0)
    assert (only_source((10, 12)).first_frame, only_source((10, 12)).positions) == (114, (10, 11, 12))
    assert "none from 50" in only_source((50, 60)).problem


@pytest.mark.parametrize("offset", [0, 5])
@pytest.mark.parametrize("numbered", [False, True])
def test_the_frames_are_those_that_blender_shows(clip, row, tmp_path, offset, numbered):
    if numbered:
        clip = open_clip(row[0])
    clip.frame_offset = offset
    clip.frame_start = 3
    scene = bpy.context.scene
    footage.strips(scene).new_clip("clip", clip, 1, clip.frame_start)
    source = only_source()
    assert source.positions is not None
    shown = footage.shown_numbers(scene, tmp_path, source.first_frame, FRAMES - 5)
    assert list(shown) == list(source.positions[: FRAMES - 5])
    if numbered:
        assert source.files == tuple(map(str, row))
        assert source.fps == 25.0


def test_a_clip_whose_file_is_gone(clip, tmp_path):
    (tmp_path / "clip.mp4").unlink()
    assert "clip.mp4 is missing" in only_source().problem


def test_the_clip_of_the_scene_serves_where_no_editor_shows_one(clip):
    bpy.context.window_manager.windows[0].screen.areas[0].type = "VIEW_3D"
    assert "Open a clip" in only_source().problem
    bpy.context.scene.active_clip = clip
    assert only_source().label == "clip.mp4"


def test_without_a_solve_only_a_lens_that_the_user_set_is_known(clip, tmp_path):
    assert prepare(only_source(), tmp_path).camera is None
    clip.tracking.camera.focal_length_pixels = FOCAL_LENGTH
    clip.tracking.camera.principal_point_pixels = (50.0, 6.0)
    assert "focal length" in only_source().detail
    camera = prepare(only_source(), tmp_path).camera
    assert camera is not None
    assert camera.focal_length == pytest.approx(FOCAL_LENGTH)
    # from the upper left pixel's centre
    assert camera.principal_point == pytest.approx([49.5, 9.5])
    assert (camera.width, camera.height, len(camera.frames)) == (footage.WIDTH, footage.HEIGHT, 0)


def true_pose(frame: int) -> tuple[np.ndarray, np.ndarray]:
    """Where the camera is and how it is turned, in Blender's axes, at a frame of the clip."""
    angle = 0.02 * (frame - 15)
    turn = np.array(
        [[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]], dtype=float
    )
    return turn, np.array([-1.5 + 0.1 * frame, 0.2 * np.sin(frame / 6), 10.0 + 0.02 * frame])


@pytest.fixture
def points() -> np.ndarray:
    return np.random.default_rng(0).uniform(-1, 1, (24, 3)) * [2.0, 0.5, 1.0]


@pytest.fixture
def solved(clip: Any, points: np.ndarray) -> Any:
    """The clip with tracks of made-up points, solved by Blender."""
    clip.tracking.camera.focal_length_pixels = FOCAL_LENGTH
    for number, point in enumerate(points):
        track = clip.tracking.tracks.new(name=f"{number}", frame=1)
        for frame in range(FRAMES):
            turn, place = true_pose(frame)
            x, y, z = turn.T @ (point - place)
            seen = FOCAL_LENGTH * np.array([x, y]) / -z / (footage.WIDTH, footage.HEIGHT) + 0.5
            track.markers.insert_frame(frame + 1, co=seen)
    camera = clip.tracking.objects[0]
    camera.keyframe_a, camera.keyframe_b = 1, FRAMES
    window = bpy.context.window_manager.windows[0]
    area = window.screen.areas[0]
    region = next(region for region in area.regions if region.type == "WINDOW")
    with bpy.context.temp_override(window=window, area=area, region=region):
        bpy.ops.clip.solve_camera()
    assert camera.reconstruction.is_valid
    return clip


def seen_by(camera: KnownCamera, frame: int, points: np.ndarray) -> np.ndarray:
    """(N, 2) pixels of world points (N, 3)."""
    (at,) = np.flatnonzero(camera.frames == frame)
    local = points @ camera.rotations[at].T + camera.translations[at]
    assert (local[:, 2] > 0).all()
    return local[:, :2] / local[:, 2:] * camera.focal_length + camera.principal_point


def truly_seen(frame: int, points: np.ndarray) -> np.ndarray:
    turn, place = true_pose(frame)
    local = (points - place) @ turn
    flat = FOCAL_LENGTH * local[:, :2] / -local[:, 2:]
    return np.array([footage.WIDTH, footage.HEIGHT]) / 2 + flat * [1, -1] - 0.5


def test_a_solved_camera_sees_the_tracked_points_where_they_are(solved, tmp_path):
    solved.frame_offset = 2
    assert only_source().detail.endswith("solved camera")
    camera = prepare(only_source(), tmp_path).camera
    assert camera is not None
    assert list(camera.frames) == list(range(2, FRAMES + 2))
    places = np.array([track.bundle for track in solved.tracking.tracks])
    for frame in (0, 11, 29):
        bundles = np.array([track.markers.find_frame(frame + 1).co[:] for track in solved.tracking.tracks])
        pixels = (bundles * [1, -1] + [0, 1]) * [footage.WIDTH, footage.HEIGHT] - 0.5
        assert np.abs(seen_by(camera, frame + 2, places) - pixels).max() < 0.05
    turns = camera.rotations @ camera.rotations.swapaxes(1, 2)
    assert np.abs(turns - np.eye(3)).max() < 1e-5


def test_the_camera_object_tells_scale_floor_and_direction(solved, points, tmp_path):
    scene = bpy.context.scene
    view = scene.camera
    constraint = view.constraints.new("CAMERA_SOLVER")
    constraint.use_active_clip, constraint.clip = False, solved
    solved.frame_start = 11
    view.parent = bpy.data.objects.new("Rig", None)
    scene.collection.objects.link(view.parent)
    view.parent.location = (1.0, -2.0, 0.5)
    view.location, view.rotation_euler, view.scale = (3.0, 1.0, 2.0), (0.9, 0.2, -0.4), (2.5, 2.5, 2.5)
    scene.frame_set(17)
    bpy.context.view_layer.update()
    camera = prepare(only_source(), tmp_path).camera
    assert camera is not None
    assert scene.frame_current == 17
    for frame in (0, 6, 29):
        scene.frame_set(frame + 11)
        matrix = np.array(view.evaluated_get(bpy.context.evaluated_depsgraph_get()).matrix_world)
        axes = matrix[:3, :3] / np.linalg.norm(matrix[:3, :3], axis=0)
        (at,) = np.flatnonzero(camera.frames == frame)
        place = -camera.rotations[at].T @ camera.translations[at]
        assert place == pytest.approx(matrix[:3, 3], abs=1e-4)
        assert np.abs(camera.rotations[at].T - axes @ np.diag([1.0, -1.0, -1.0])).max() < 1e-5


def test_known_points_are_seen_after_the_user_lined_the_tracker_up(solved, points, tmp_path):
    """The tracker's space, carried to the true one by the camera object, as a user's floor and scale do."""
    scene = bpy.context.scene
    constraint = scene.camera.constraints.new("CAMERA_SOLVER")
    constraint.use_active_clip, constraint.clip = False, solved
    bundles = np.array([track.bundle for track in solved.tracking.tracks])
    scale = np.linalg.norm(points - points.mean(0)) / np.linalg.norm(bundles - bundles.mean(0))
    left, _, right = np.linalg.svd((points - points.mean(0)).T @ (bundles - bundles.mean(0)))
    turn = left @ np.diag([1, 1, np.linalg.det(left @ right)]) @ right
    to_world = np.eye(4)
    to_world[:3, :3] = scale * turn
    to_world[:3, 3] = points.mean(0) - scale * turn @ bundles.mean(0)
    scene.camera.matrix_basis = Matrix(to_world.tolist())
    bpy.context.view_layer.update()
    camera = prepare(only_source(), tmp_path).camera
    assert camera is not None
    for frame in (0, 14, 29):
        assert np.abs(seen_by(camera, frame, points) - truly_seen(frame, points)).max() < 0.05
