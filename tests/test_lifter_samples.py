"""The synthetic people that the lifter learns from: poses, errors, and that features and truth belong together."""

import numpy as np
import pytest

from human_mesh_recovery.inference_server.body.model import forward_kinematics, rest_joints
from human_mesh_recovery.inference_server.body.rotation import matrix_to_axis_angle
from human_mesh_recovery.inference_server.errors import RecoveryError
from human_mesh_recovery.inference_server.fitting.kinematics import keypoint_positions
from human_mesh_recovery.inference_server.fitting.observations import HIPS
from human_mesh_recovery.inference_server.fitting.pose_prior import load_pose_prior
from human_mesh_recovery.inference_server.lifting.features import FEATURES
from human_mesh_recovery.inference_server.training.lifter import samples
from human_mesh_recovery.inference_server.training.lifter.detections import (
    CHAINS,
    MIRRORED,
    choose_two,
    detections_of,
    learn_errors,
)
from human_mesh_recovery.inference_server.training.lifter.rendered import load_rendered
from human_mesh_recovery.inference_server.training.lifter.rendered_samples import as_batch
from human_mesh_recovery.inference_server.training.motions import load_motions, mirror, split
from human_mesh_recovery.inference_server.training.poses import sample_poses
from human_mesh_recovery.tests.lifter_samples import (
    BODY,
    KEYPOINTS,
    made_up_detections,
    made_up_motions,
    write_made_up_rendered,
)


def test_poses_are_rotations_within_the_joints_limits():
    poses = sample_poses(made_up_motions(), np.random.default_rng(2), 200, 6)
    assert poses.shape == (200, 6, 24, 3, 3)
    np.testing.assert_allclose(np.linalg.det(poses), 1, atol=1e-5)
    angles = matrix_to_axis_angle(poses[:, :, 1:22]).reshape(-1, 63)
    prior = load_pose_prior()
    low = np.minimum(prior.lower, mirrored_limits(prior.lower, prior.upper)[0])
    high = np.maximum(prior.upper, mirrored_limits(prior.lower, prior.upper)[1])
    assert (angles > low - 1e-3).all()
    assert (angles < high + 1e-3).all()


def mirrored_limits(lower: np.ndarray, upper: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    both = np.zeros((2, 24, 3))
    both[0, 1:22], both[1, 1:22] = lower.reshape(-1, 3), upper.reshape(-1, 3)
    both = both[:, [0, 2, 1, 3, 5, 4, 6, 8, 7, 9, 11, 10, 12, 14, 13, 15, 17, 16, 19, 18, 21, 20, 23, 22]]
    low, high = both[0] * [1, -1, -1], both[1] * [1, -1, -1]
    return np.minimum(low, high)[1:22].ravel(), np.maximum(low, high)[1:22].ravel()


def test_windows_move_as_smoothly_as_their_clips():
    motions = made_up_motions()
    poses = sample_poses(motions, np.random.default_rng(3), 300, 20)
    steps = matrix_to_axis_angle(poses[:, :-1].swapaxes(-1, -2) @ poses[:, 1:])
    assert np.linalg.norm(steps, axis=-1).max() < 0.6


def test_unchanged_poses_are_the_clips_own_but_for_side_and_heading():
    motions = made_up_motions(clips=1, frames=5)
    poses = sample_poses(motions, np.random.default_rng(4), 30, change=False)[:, 0, 1:]
    known = np.concatenate([motions.rotations, mirror(motions.rotations)])[:, 1:]
    nearest = np.abs(poses[:, None] - known[None]).max(axis=(2, 3, 4)).min(axis=1)
    assert nearest.max() < 1e-6


def test_natural_poses_are_hardly_disturbed():
    motions = made_up_motions()
    poses = sample_poses(motions, np.random.default_rng(3), 200)[:, 0, 1:22]
    known = np.concatenate([motions.rotations, mirror(motions.rotations)])[:, 1:22]
    traces = np.stack([np.einsum("njab,jab->nj", known, pose) for pose in poses])
    away = np.arccos(np.clip((traces - 1) / 2, -1, 1)).mean(axis=2).min(axis=1)
    assert np.percentile(away, 40) < 0.14
    assert np.percentile(away, 80) > 0.2


def test_a_mirror_image_of_a_pose_stands_as_the_mirror_image():
    pose = made_up_motions().rotations[:1].astype(np.float64)
    rest = rest_joints(BODY, np.zeros(10))
    _, joints = forward_kinematics(pose, rest)
    _, mirrored = forward_kinematics(mirror(pose.astype(np.float32)).astype(np.float64), rest)
    sides = [0, 2, 1, 3, 5, 4, 6, 8, 7, 9, 11, 10, 12, 14, 13, 15, 17, 16, 19, 18, 21, 20, 23, 22]
    np.testing.assert_allclose(mirrored, joints[:, sides] * [-1, 1, 1], atol=2e-3)


def test_the_clips_to_test_with_share_no_frame_with_those_to_learn_from():
    learned, tested = split(made_up_motions())
    assert set(learned.clips.tolist()) & set(tested.clips.tolist()) == set()
    assert len(learned.rotations) + len(tested.rotations) == 14 * 40
    assert len(tested.rotations) > 0


def test_without_errors_the_features_are_the_truth_seen_by_the_virtual_camera(monkeypatch):
    for name in ("GRAIN", "GRAIN_3D", "LOST", "CUT_OFF", "WRONG_LENS", "DEFINITIONS"):
        monkeypatch.setattr(samples, name, 0.0)
    errors = learn_errors(made_up_detections(0.0))
    random = np.random.default_rng(5)
    batch = samples.make_batch(BODY, KEYPOINTS, made_up_motions(), errors, random, 12, 3, with_3d=True)
    assert batch.features.shape == (12, 3, FEATURES)
    for window in range(12):
        rotations = batch.rotations[window].astype(np.float64)
        betas = batch.betas[window].astype(np.float64)
        posed = keypoint_positions(BODY, KEYPOINTS, rotations, betas, np.zeros((3, 3)))
        relative = posed - posed[:, HIPS].mean(axis=1, keepdims=True)
        told_3d = batch.features[window, :, 76:151].reshape(3, 25, 3) / 2
        np.testing.assert_allclose(told_3d, relative, atol=2e-3)
        # the places in the picture are those of the posed body under some translation
        for frame in range(3):
            places = batch.places[window, frame].astype(np.float64)
            rows = np.zeros((25, 2, 3))
            rows[:, 0, 0] = rows[:, 1, 1] = 1
            rows[:, :, 2] = -places
            right = places * posed[frame, :, 2:] - posed[frame, :, :2]
            trans = np.linalg.lstsq(rows.reshape(-1, 3), right.ravel(), rcond=None)[0]
            placed = posed[frame] + trans
            np.testing.assert_allclose(placed[:, :2] / placed[:, 2:], places, atol=1e-4)
            size = batch.sizes[window, frame]
            told = batch.features[window, frame, :50].reshape(25, 2) * size / 2
            np.testing.assert_allclose(
                told - told.mean(axis=0), places - places.mean(axis=0), atol=2e-2 * size
            )


def test_features_without_3d_tell_nothing_of_it():
    errors = learn_errors(made_up_detections(0.01))
    batch = samples.make_batch(
        BODY, KEYPOINTS, made_up_motions(), errors, np.random.default_rng(6), 8, with_3d=False
    )
    assert (batch.features[..., 76:] == 0).all()
    known = samples.make_batch(
        BODY, KEYPOINTS, made_up_motions(), errors, np.random.default_rng(6), 8, with_3d=True
    )
    assert (known.features[..., -1] == 1).all()


def test_rendered_people_are_themselves_in_the_virtual_cameras_view(tmp_path):
    write_made_up_rendered(tmp_path / "seen.npz", 0.0)
    rendered = load_rendered(tmp_path / "seen.npz", BODY, KEYPOINTS)
    batch = as_batch(rendered, True)
    for number in range(40):
        rotations = batch.rotations[number].astype(np.float64)
        betas = batch.betas[number].astype(np.float64)
        posed = keypoint_positions(BODY, KEYPOINTS, rotations, betas, np.zeros((1, 3)))
        relative = posed - posed[:, HIPS].mean(axis=1, keepdims=True)
        told_3d = batch.features[number, :, 76:151].reshape(1, 25, 3) / 2
        assert np.abs(told_3d - relative).max() < 1e-5
    assert (as_batch(rendered, False).features[..., 76:] == 0).all()


def test_detections_are_what_was_seen_less_the_truth(tmp_path):
    write_made_up_rendered(tmp_path / "seen.npz", 0.0)
    perfect = detections_of(load_rendered(tmp_path / "seen.npz", BODY, KEYPOINTS))
    assert np.abs(perfect.errors).max() < 1e-9
    np.testing.assert_allclose(perfect.joints_3d, perfect.truth, atol=1e-9)
    write_made_up_rendered(tmp_path / "seen.npz", 0.02)
    noisy = detections_of(load_rendered(tmp_path / "seen.npz", BODY, KEYPOINTS))
    assert 0.017 < noisy.errors.std() < 0.023
    assert 0.017 < (noisy.joints_3d - noisy.truth).std() < 0.023


def test_errors_come_from_figures_in_like_poses():
    seen = made_up_detections(0.01)
    errors = learn_errors(seen)
    chosen, others = choose_two(errors, np.random.default_rng(7), seen.truth)
    assert chosen.shape == others.shape == (40, len(CHAINS))
    assert (chosen != others).any()
    away = np.linalg.norm(errors.seen.truth[chosen[:, 0]] - seen.truth, axis=2).mean()
    usual = np.linalg.norm(errors.seen.truth[::-1][:40] - seen.truth, axis=2).mean()
    assert away < 0.7 * usual
    # without errors of its own the 3D network is taken to tell the truth
    perfect = learn_errors(made_up_detections(0.0))
    assert np.abs(perfect.remainder).max() < 1e-9


def test_mirrored_detections_are_of_the_other_side():
    seen = made_up_detections(0.01)
    both = seen.mirrored()
    assert len(both.truth) == 80
    np.testing.assert_allclose(both.truth[40:][:, MIRRORED], seen.truth * [-1, 1, 1])


def test_files_that_are_none_are_named(tmp_path):
    (tmp_path / "motion.npz").write_bytes(b"no")
    with pytest.raises(RecoveryError, match=r"motion\.npz"):
        load_motions(tmp_path / "motion.npz")
    with pytest.raises(RecoveryError, match=r"seen\.npz"):
        load_rendered(tmp_path / "seen.npz", BODY, KEYPOINTS)
