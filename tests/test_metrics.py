"""The measures, on joints whose errors are known."""

import numpy as np
import pytest

from human_mesh_recovery.inference_server.body import rotation
from human_mesh_recovery.inference_server.evaluation import metrics


@pytest.fixture
def reference() -> np.ndarray:
    return np.random.default_rng(1).normal(0, 0.4, (20, 12, 3)) + [0.1, 0.2, 4.0]


def test_a_known_offset_is_the_error_and_the_root_alignment_takes_it_away(reference):
    moved = reference + [0.03, 0.0, 0.04]
    assert metrics.mpjpe(moved, reference) == pytest.approx(50.0)
    aligned = metrics.root_aligned_mpjpe(moved, reference, moved[:, 0], reference[:, 0])
    assert aligned == pytest.approx(0.0, abs=1e-9)


def test_one_wrong_joint_counts_its_share(reference):
    wrong = reference.copy()
    wrong[:, 5, 1] += 0.12
    assert metrics.mpjpe(wrong, reference) == pytest.approx(120 / 12)


def test_the_alignment_undoes_a_rotation_scale_and_shift_of_each_frame(reference):
    random = np.random.default_rng(2)
    turns = rotation.axis_angle_to_matrix(random.normal(0, 1.5, (20, 3)))
    scales = random.uniform(0.3, 3.0, (20, 1, 1))
    changed = scales * reference @ np.swapaxes(turns, -1, -2) + random.normal(0, 2, (20, 1, 3))
    assert metrics.mpjpe(changed, reference) > 500
    assert metrics.pa_mpjpe(changed, reference) == pytest.approx(0.0, abs=1e-6)


def test_the_alignment_never_mirrors(reference):
    mirrored = reference * [-1.0, 1.0, 1.0]
    aligned = metrics.align_similarity(mirrored, reference)
    assert metrics.pa_mpjpe(mirrored, reference) > 100
    centred = [points - points.mean(-2, keepdims=True) for points in (mirrored, aligned)]
    maps = np.linalg.pinv(centred[0]) @ centred[1]
    assert (np.linalg.det(maps) > 0).all()


def test_no_similarity_is_better_than_the_alignment(reference):
    """Least squares: every small change of pose or size makes the sum of squares larger."""
    random = np.random.default_rng(3)
    noisy = reference + random.normal(0, 0.05, reference.shape)
    aligned = metrics.align_similarity(noisy, reference)
    best = ((aligned - reference) ** 2).sum((-1, -2))
    middle = aligned.mean(-2, keepdims=True)
    for _ in range(30):
        turn = rotation.axis_angle_to_matrix(random.normal(0, 0.02, 3))
        other = (aligned - middle) @ turn.T * random.uniform(0.98, 1.02) + middle + random.normal(0, 0.005, 3)
        assert (((other - reference) ** 2).sum((-1, -2)) > best).all()


def test_a_body_shrunk_to_a_point_aligns_without_dividing_by_zero(reference):
    aligned = metrics.align_similarity(np.zeros_like(reference), reference)
    assert np.allclose(aligned, reference.mean(-2, keepdims=True))


def test_the_alignment_of_noise_leaves_less_than_the_noise(reference):
    noisy = reference + np.random.default_rng(4).normal(0, 0.02, reference.shape)
    before, after = metrics.mpjpe(noisy, reference), metrics.pa_mpjpe(noisy, reference)
    assert 0.6 * before < after < before


def test_pck_counts_joints_within_the_threshold(reference):
    moved = reference.copy()
    moved[:, :3, 0] += 0.2
    moved[:, 3:, 0] += 0.1
    assert metrics.pck(moved, reference) == pytest.approx(9 / 12)
    assert metrics.pck(moved, reference, threshold=50) == 0


def test_auc_is_the_mean_over_31_thresholds(reference):
    assert len(metrics.AUC_THRESHOLDS) == 31
    assert metrics.AUC_THRESHOLDS[[0, 1, -1]].tolist() == [0, 5, 150]
    moved = reference + [0.0, 0.0, 0.0725]
    assert metrics.auc(moved, reference) == pytest.approx(16 / 31)  # 75, 80, ... 150
    assert metrics.auc(reference, reference) == pytest.approx(30 / 31)  # nothing is below 0 mm
    assert metrics.auc(reference + 1.0, reference) == 0


def test_acceleration_of_a_parabola_and_of_a_steady_walk():
    time = np.arange(10)[:, None, None]
    parabola = np.zeros((10, 4, 3)) + 0.5 * 0.003 * time**2 * [0.0, 1.0, 0.0]
    assert metrics.acceleration(parabola, np.arange(10)) == pytest.approx(3.0)
    steady = 0.05 * time + np.zeros((10, 4, 3))
    assert metrics.acceleration(steady, np.arange(10)) == pytest.approx(0, abs=1e-9)


def test_a_gap_between_frames_is_no_jerk():
    frames = np.array([0, 1, 2, 7, 8, 9])
    joints = frames[:, None, None] * np.array([0.01, 0.0, 0.0])
    assert metrics.acceleration(joints, frames) == pytest.approx(0, abs=1e-9)
    assert metrics.accelerations(joints, frames).shape == (2, 1, 3)


def test_acceleration_of_two_frames_does_not_exist():
    assert np.isnan(metrics.acceleration(np.zeros((2, 4, 3)), np.arange(2)))
    assert np.isnan(metrics.acceleration(np.zeros((3, 4, 3)), np.array([0, 5, 9])))


def test_the_acceleration_error_compares_directions_too(reference):
    frames = np.arange(len(reference))
    assert metrics.acceleration_error(reference, reference, frames) == 0
    time = frames[:, None, None]
    up = 0.5 * 0.002 * time**2 * np.array([0.0, 1.0, 0.0]) + np.zeros((len(frames), 2, 3))
    assert metrics.acceleration_error(up, -up, frames) == pytest.approx(4.0)
