"""People in the world of a camera that is known: the place, the ground, the scale, and the files."""

from dataclasses import replace

import numpy as np
import pytest

from human_mesh_recovery.inference_server.body.rotation import axis_angle_to_matrix
from human_mesh_recovery.inference_server.fitting.contacts import SOLES
from human_mesh_recovery.inference_server.fitting.kinematics import UNKNOWNS
from human_mesh_recovery.inference_server.fitting.observations import BodyState, PoseTarget, observe
from human_mesh_recovery.inference_server.fitting.pose_prior import load_pose_prior
from human_mesh_recovery.inference_server.fitting.shape import apply_step
from human_mesh_recovery.inference_server.fitting.terms import Pins, Problem, linearise
from human_mesh_recovery.inference_server.fitting.view import View
from human_mesh_recovery.inference_server.known_camera import KnownCamera
from human_mesh_recovery.inference_server.motion import Motion
from human_mesh_recovery.inference_server.solve import SolveSettings, solve_people
from human_mesh_recovery.tests.moving_camera import (
    BODY,
    HEIGHT,
    KEYPOINTS,
    WALK,
    WIDTH,
    aligned_error,
    dolly,
    footage,
    joints_of,
    keypoints_of,
    looking,
    sliding,
    track_of,
    tripod,
    without_places,
    world_error,
)


def recovered(
    truth: Motion, camera: KnownCamera, settings: SolveSettings, warnings: list[str] | None = None
) -> Motion:
    return solve_people([track_of(truth, camera)], footage(truth), settings, warnings=warnings)[0]


def scaled(camera: KnownCamera, scale: float) -> KnownCamera:
    """The same camera in a world that is `scale` times as large as the true one."""
    return replace(camera, translations=camera.translations * scale)


def moved(camera: KnownCamera, offset: list[float]) -> KnownCamera:
    """The same camera in a world whose origin lies elsewhere, so that everything is at `offset` from where it was."""
    return replace(camera, translations=camera.translations - camera.rotations @ np.array(offset))


def sole_heights(motion: Motion) -> np.ndarray:
    """(F,) the lowest of the heels and toes, metres, world."""
    return keypoints_of(motion)[:, SOLES, 2].min(axis=1)


def assert_held(motion: Motion) -> None:
    assert sliding(motion, WALK) < 3  # a millimetre or two are the fit's own; a walker's feet pass 50


@pytest.fixture(scope="module")
def dollied() -> Motion:
    camera = dolly(WALK)
    return recovered(WALK, camera, SolveSettings(camera=camera))


def test_a_walk_seen_from_a_dolly_is_found_where_it_was(dollied):
    camera = dolly(WALK)
    guessed = recovered(WALK, camera, SolveSettings(focal_length=camera.focal_length))
    assert aligned_error(guessed, WALK) > 150
    assert world_error(dollied, WALK) < 70
    assert np.linalg.norm(dollied.trans - WALK.trans, axis=1).mean() < 0.06
    assert sliding(dollied, WALK) < 0.3 * sliding(guessed, WALK)
    assert_held(dollied)
    assert abs(np.median(sole_heights(dollied)) - np.median(sole_heights(WALK))) < 0.01


def test_the_motion_holds_the_cameras_places_and_what_it_saw(dollied):
    camera = dolly(WALK)
    seen = dollied.camera
    assert seen is not None and seen.moves
    np.testing.assert_allclose(seen.rotation, camera.rotations, atol=1e-9)
    np.testing.assert_allclose(seen.translation, camera.translations, atol=1e-9)
    np.testing.assert_allclose(seen.to_camera(joints_of(dollied)), dollied.joints, atol=1e-5)
    pixels = seen.project(seen.to_camera(keypoints_of(dollied)))
    expected = track_of(WALK, camera).keypoints[..., :2]
    assert np.median(np.linalg.norm(pixels - expected, axis=2)) < 6
    assert dollied.confidence is not None and dollied.confidence.mean() > 0.6


def test_a_pan_from_one_place_is_no_walk_of_the_person():
    places = np.tile([-0.5, -5.0, 1.5], (len(WALK.frames), 1))
    camera = looking(places, WALK.trans * [1.2, 1, 0] + [0, 0, 1], WALK.frames)
    motion = recovered(WALK, camera, SolveSettings(camera=camera))
    assert world_error(motion, WALK) < 70
    assert_held(motion)


def test_a_camera_half_way_round_the_person():
    angle = np.linspace(0, np.pi, len(WALK.frames))
    places = np.stack([4.5 * np.sin(angle) - 0.5, -4.5 * np.cos(angle), np.full(len(angle), 1.5)], axis=1)
    camera = looking(places, np.tile([-0.5, 0.5, 1.0], (len(angle), 1)), WALK.frames)
    motion = recovered(WALK, camera, SolveSettings(camera=camera))
    assert world_error(motion, WALK) < 80
    assert_held(motion)


def test_a_known_camera_that_stands_still_gives_what_an_unknown_one_does_but_where_it_was():
    camera = tripod(WALK)
    known = recovered(WALK, camera, SolveSettings(camera=camera))
    unknown = recovered(WALK, camera, SolveSettings(focal_length=camera.focal_length))
    assert known.camera is not None and not known.camera.moves
    assert known.camera.rotation.shape == (3, 3)
    assert world_error(known, WALK) < 70
    assert aligned_error(known, unknown) < 40
    assert abs(sliding(known, WALK) - sliding(unknown, WALK)) < 1


def test_a_lens_alone_leaves_the_world_to_be_found():
    camera = without_places(tripod(WALK))
    settings = SolveSettings(camera=camera, focal_length=50.0)
    lens_only = recovered(WALK, tripod(WALK), settings)
    usual = recovered(WALK, tripod(WALK), SolveSettings(focal_length=camera.focal_length))
    np.testing.assert_array_equal(lens_only.poses, usual.poses)
    np.testing.assert_array_equal(lens_only.trans, usual.trans)


def test_the_lens_is_scaled_with_the_footage():
    camera = tripod(WALK)
    larger = replace(
        camera,
        focal_length=2 * camera.focal_length,
        principal_point=2 * camera.principal_point + 0.5,
        width=2 * WIDTH,
        height=2 * HEIGHT,
    )
    lens = recovered(WALK, camera, SolveSettings(camera=larger, foot_contact=False)).camera
    assert lens is not None
    assert (lens.width, lens.height) == (WIDTH, HEIGHT)
    assert lens.focal_length == pytest.approx(camera.focal_length)
    np.testing.assert_allclose(lens.principal_point, camera.principal_point)


def test_nobody_seen_for_a_while_goes_on_in_the_world():
    camera = dolly(WALK)
    track = track_of(WALK, camera)
    track.keypoints[30:42, :, 2] = 0
    motion = solve_people([track], footage(WALK), SolveSettings(camera=camera))[0]
    off = np.linalg.norm((motion.trans - WALK.trans)[25:47], axis=1)
    assert off.max() < 0.2
    assert np.linalg.norm(np.diff(motion.trans, n=2, axis=0), axis=1).max() < 0.05


def test_feet_near_the_floor_of_the_world_stand_on_it():
    camera = moved(dolly(WALK), [2.0, 1.0, 0.08])
    motion = recovered(WALK, dolly(WALK), SolveSettings(camera=camera))
    assert abs(np.median(sole_heights(motion)) - np.median(sole_heights(WALK))) < 0.01
    assert_held(motion)


def test_a_world_whose_floor_is_not_set_stays_as_it_is():
    camera = moved(dolly(WALK), [0.0, 0.0, 1.0])
    motion = recovered(WALK, dolly(WALK), SolveSettings(camera=camera))
    assert motion.camera is not None
    np.testing.assert_allclose(motion.camera.translation, camera.translations, atol=1e-9)
    assert 0.85 < np.median(sole_heights(motion)) < 1.25
    assert_held(motion)


def test_feet_stand_in_a_world_that_is_not_upright():
    camera = dolly(WALK)
    first, place = camera.rotations[0], camera.translations[0]
    rotations = camera.rotations @ first.T  # its Z is the first camera's line of sight
    askew = replace(camera, rotations=rotations, translations=camera.translations - rotations @ place)
    motion = recovered(WALK, camera, SolveSettings(camera=askew))
    assert aligned_error(motion, WALK) < 80
    assert_held(motion)


def test_the_scale_of_the_tracked_world_is_questioned_where_feet_would_slide():
    def warned(camera: KnownCamera) -> list[str]:
        warnings: list[str] = []
        recovered(WALK, dolly(WALK), SolveSettings(camera=camera, foot_contact=False), warnings)
        return warnings

    assert warned(dolly(WALK)) == []
    (small,) = warned(scaled(dolly(WALK), 0.25))
    assert "too small" in small
    (large,) = warned(scaled(dolly(WALK), 4.0))
    assert "too large" in large


def test_a_camera_that_only_turns_says_nothing_of_the_scale():
    camera = dolly(WALK, travel=0.0)
    warnings: list[str] = []
    recovered(WALK, camera, SolveSettings(camera=scaled(camera, 3.0), foot_contact=False), warnings)
    assert warnings == []


def test_the_gradient_is_the_derivative_where_the_camera_moves():
    random = np.random.default_rng(0)
    camera, frames = dolly(WALK), slice(0, 60, 20)
    track = track_of(WALK, camera)
    seen = observe(
        track.keypoints[frames],
        track.joints_3d[frames],
        track.crop_centres[frames],
        camera.focal_length,
        camera.principal_point,
        WALK.fps,
    )
    rotations = axis_angle_to_matrix(WALK.poses[frames])
    problem = Problem(
        BODY,
        KEYPOINTS,
        seen,
        load_pose_prior(),
        PoseTarget(rotations @ axis_angle_to_matrix([0.02, 0.01, 0.02]), np.full((len(rotations), 24), 0.3)),
        Pins(keypoints_of(WALK)[frames] + 0.05, np.full((3, 25), 3.0)),
        View(camera.rotations[frames], camera.translations[frames]),
    )
    state = BodyState(rotations, np.zeros(10), np.asarray(WALK.trans)[frames])
    normal = linearise(problem, state, with_betas=True)
    assert normal.betas_gradient is not None
    tiny = 1e-5
    for _ in range(4):
        direction = random.normal(size=(3, UNKNOWNS)) * 0.2
        betas = random.normal(size=10) * 0.2
        ahead = linearise(problem, apply_step(state, tiny * direction, tiny * betas)).cost.sum()
        behind = linearise(problem, apply_step(state, -tiny * direction, -tiny * betas)).cost.sum()
        expected = (normal.gradient * direction).sum() + normal.betas_gradient @ betas
        assert (ahead - behind) / (2 * tiny) == pytest.approx(expected, rel=0.02)
