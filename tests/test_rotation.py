"""Conversions between the forms of rotations, at the angles where formulas lose their digits."""

from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from human_mesh_recovery.inference_server.body import rotation

GOLDEN = Path(__file__).resolve().parents[2] / "shared" / "goldens" / "smpl_lbs_prior.npz"
ANGLES = (0.0, 1e-12, 1e-8, 1e-5, 1e-3, 0.5, 2.0, np.pi - 1e-5, np.pi - 1e-9, np.pi)


def edge_cases() -> np.ndarray:
    """(N, 3) axis-angle vectors: random axes, the coordinate axes, and every delicate angle."""
    generator = np.random.default_rng(5)
    axes = np.concatenate([np.eye(3), -np.eye(3), generator.normal(size=(30, 3))])
    axes /= np.linalg.norm(axes, axis=1, keepdims=True)
    return (np.array(ANGLES)[:, None, None] * axes).reshape(-1, 3)


def test_matrices_are_scipys():
    expected = Rotation.from_rotvec(edge_cases()).as_matrix()
    np.testing.assert_allclose(rotation.axis_angle_to_matrix(edge_cases()), expected, atol=1e-14)
    quaternions = rotation.axis_angle_to_quaternion(edge_cases())
    np.testing.assert_allclose(rotation.quaternion_to_matrix(quaternions), expected, atol=1e-14)
    np.testing.assert_allclose(rotation.quaternion_to_matrix(quaternions * 3.7), expected, atol=1e-14)


def test_large_angles_wrap_around():
    vector = np.array([0.3, -0.4, 1.2])
    longer = vector * (1 + 2 * np.pi / np.linalg.norm(vector))
    np.testing.assert_allclose(
        rotation.axis_angle_to_matrix(longer), rotation.axis_angle_to_matrix(vector), atol=1e-14
    )
    np.testing.assert_allclose(
        rotation.matrix_to_axis_angle(rotation.axis_angle_to_matrix(longer)), vector, atol=1e-14
    )


def test_every_round_trip_keeps_the_rotation():
    matrices = rotation.axis_angle_to_matrix(edge_cases())
    through_axis_angle = rotation.axis_angle_to_matrix(rotation.matrix_to_axis_angle(matrices))
    through_quaternion = rotation.quaternion_to_matrix(rotation.matrix_to_quaternion(matrices))
    through_6d = rotation.rotation_6d_to_matrix(rotation.matrix_to_rotation_6d(matrices))
    for back in (through_axis_angle, through_quaternion, through_6d):
        np.testing.assert_allclose(back, matrices, atol=1e-13)


def test_axis_angle_comes_back_short_of_a_half_turn():
    vectors = edge_cases()
    vectors = vectors[np.linalg.norm(vectors, axis=1) < np.pi - 1e-6]
    matrices = rotation.axis_angle_to_matrix(vectors)
    np.testing.assert_allclose(rotation.matrix_to_axis_angle(matrices), vectors, atol=1e-9)


def test_quaternions_from_matrices_have_unit_length_and_positive_w():
    quaternions = rotation.matrix_to_quaternion(rotation.axis_angle_to_matrix(edge_cases()))
    np.testing.assert_allclose(np.linalg.norm(quaternions, axis=1), 1, atol=1e-15)
    assert np.all(quaternions[:, 0] >= 0)


@pytest.mark.parametrize("batch", [(), (4,), (2, 3, 5)])
def test_any_leading_axes_and_float64_from_float32(batch):
    vectors = np.random.default_rng(0).normal(size=(*batch, 3)).astype(np.float32)
    matrices = rotation.axis_angle_to_matrix(vectors)
    assert matrices.shape == (*batch, 3, 3) and matrices.dtype == np.float64
    assert rotation.matrix_to_quaternion(matrices).shape == (*batch, 4)
    assert rotation.matrix_to_rotation_6d(matrices).shape == (*batch, 6)
    np.testing.assert_allclose(rotation.matrix_to_axis_angle(matrices), vectors, atol=1e-6)


def test_6d_is_the_published_layout():
    """A network's six numbers are the rows of a 3 x 2 matrix; any scale and skew of the columns is removed."""
    six = np.array([2.0, 5.0, 0.0, 3.0, 0.0, 0.0])  # columns (2, 0, 0) and (5, 3, 0)
    np.testing.assert_allclose(rotation.rotation_6d_to_matrix(six), np.eye(3), atol=1e-15)
    matrix = rotation.axis_angle_to_matrix([0.2, 0.5, -1.0])
    np.testing.assert_array_equal(rotation.matrix_to_rotation_6d(matrix).reshape(3, 2), matrix[:, :2])


def test_continuous_quaternions_have_no_jumps():
    times = np.linspace(0, 12, 200)
    vectors = np.stack([np.stack([t * np.ones_like(times) * times for t in (0.3, 0.5, -0.7)], -1)] * 2, 1)
    quaternions = rotation.matrix_to_quaternion(rotation.axis_angle_to_matrix(vectors))
    assert np.abs(np.diff(quaternions, axis=0)).max() > 1, (
        "w >= 0 alone must jump for the test to mean anything"
    )
    smooth = rotation.continuous_quaternions(quaternions)
    assert np.linalg.norm(np.diff(smooth, axis=0), axis=-1).max() < 0.1
    np.testing.assert_array_equal(np.abs(smooth), np.abs(quaternions))
    np.testing.assert_array_equal(smooth[0], quaternions[0])


def test_slerp_runs_at_constant_speed_along_the_shorter_arc():
    start = rotation.axis_angle_to_quaternion([0.4, 0.1, 0.0])
    step = np.array([0.0, 0.0, 1.0])
    turn = Rotation.from_rotvec(step)
    end = rotation.matrix_to_quaternion((Rotation.from_rotvec([0.4, 0.1, 0.0]) * turn).as_matrix())
    for fraction in (0.0, 0.25, 0.5, 1.0):
        expected = (Rotation.from_rotvec([0.4, 0.1, 0.0]) * Rotation.from_rotvec(step * fraction)).as_matrix()
        for sign in (1, -1):
            middle = rotation.slerp(start, sign * end, fraction)
            np.testing.assert_allclose(rotation.quaternion_to_matrix(middle), expected, atol=1e-14)


def test_slerp_between_equal_rotations_and_over_a_batch():
    quaternions = rotation.axis_angle_to_quaternion(np.random.default_rng(1).normal(size=(6, 3)))
    fractions = np.linspace(0, 1, 6)
    np.testing.assert_allclose(rotation.slerp(quaternions, quaternions, fractions), quaternions, atol=1e-15)


@pytest.mark.skipif(not GOLDEN.exists(), reason="the reference values are not beside the repository")
def test_rodrigues_agrees_with_the_reference():
    with np.load(GOLDEN) as golden:
        matrices = rotation.axis_angle_to_matrix(golden["aa"])
        np.testing.assert_allclose(matrices, golden["aa_rot"], atol=1e-6)
