"""A camera that moves: its points, its places between frames, and its files."""

from dataclasses import replace

import numpy as np
import pytest

from human_mesh_recovery.inference_server.errors import RecoveryError
from human_mesh_recovery.inference_server.fitting.view import camera_poses
from human_mesh_recovery.inference_server.known_camera import load_camera, save_camera
from human_mesh_recovery.inference_server.motion import Camera, load_motion, save_motion
from human_mesh_recovery.tests.moving_camera import FIRST, HEIGHT, WALK, WIDTH, dolly, without_places


def dolly_of_a_motion() -> Camera:
    known = dolly(WALK)
    return Camera(
        known.focal_length, known.principal_point, WIDTH, HEIGHT, known.rotations, known.translations
    )


def test_between_known_frames_the_camera_moves_evenly_and_outside_it_stands_still():
    camera = dolly(WALK)
    few = slice(4, 100, 4)
    sparse = replace(
        camera,
        frames=camera.frames[few],
        rotations=camera.rotations[few],
        translations=camera.translations[few],
    )
    rotations, translations = camera_poses(sparse, camera.frames)
    known = slice(4, 97)
    np.testing.assert_allclose(rotations[known], camera.rotations[known], atol=2e-3)
    np.testing.assert_allclose(translations[known], camera.translations[known], atol=1e-2)
    np.testing.assert_allclose(rotations[few], camera.rotations[few], atol=1e-9)
    for row in range(4):
        np.testing.assert_allclose(rotations[row], camera.rotations[4], atol=1e-9)
        np.testing.assert_allclose(translations[-1 - row], camera.translations[96], atol=1e-9)
    one = slice(0, 1)
    alone = replace(
        camera,
        frames=camera.frames[one],
        rotations=camera.rotations[one],
        translations=camera.translations[one],
    )
    rotations, _ = camera_poses(alone, np.array([0, FIRST, 500]))
    np.testing.assert_allclose(rotations, np.tile(camera.rotations[0], (3, 1, 1)), atol=1e-9)


def test_a_moving_camera_carries_points_there_and_back():
    camera = dolly_of_a_motion()
    count = len(WALK.frames)
    for shape in ((count, 3), (count, 24, 3), (count, 2, 5, 3)):
        points = np.random.default_rng(0).normal(size=shape)
        inside = camera.to_camera(points)
        np.testing.assert_allclose(inside[5], camera.at(5).to_camera(points[5]), atol=1e-12)
        np.testing.assert_allclose(camera.to_world(inside), points, atol=1e-12)


def test_a_motion_with_a_moving_camera_comes_back_exactly(tmp_path):
    camera = dolly_of_a_motion()
    save_motion(replace(WALK, camera=camera), tmp_path / "person.npz")
    found = load_motion(tmp_path / "person.npz").camera
    assert found is not None and found.moves
    np.testing.assert_array_equal(found.rotation, camera.rotation)
    np.testing.assert_array_equal(found.translation, camera.translation)


def test_a_moving_camera_of_another_number_of_frames_is_refused(tmp_path):
    camera = dolly_of_a_motion()
    camera = replace(camera, rotation=camera.rotation[1:])
    save_motion(replace(WALK, camera=camera), tmp_path / "person.npz")
    with pytest.raises(RecoveryError, match="camera_rotation"):
        load_motion(tmp_path / "person.npz")


def test_a_known_camera_comes_back_exactly(tmp_path):
    for camera in (dolly(WALK), without_places(dolly(WALK))):
        save_camera(camera, tmp_path / "camera.npz")
        found = load_camera(tmp_path / "camera.npz")
        assert (found.focal_length, found.width, found.height) == (camera.focal_length, WIDTH, HEIGHT)
        for name in ("principal_point", "frames", "rotations", "translations"):
            np.testing.assert_array_equal(getattr(found, name), getattr(camera, name))


def test_a_damaged_camera_file_is_refused(tmp_path):
    path = tmp_path / "camera.npz"
    save_camera(dolly(WALK), path)
    path.write_bytes(path.read_bytes()[:200])
    broken = tmp_path / "broken.npz"
    save_camera(replace(dolly(WALK), rotations=np.full((3, 3, 3), np.nan)), broken)
    for bad in (path, broken, tmp_path / "none.npz"):
        with pytest.raises(RecoveryError) as caught:
            load_camera(bad)
        assert caught.value.code == "camera_file"
