"""From a mesh to pose and shape: derivatives, and whether bodies are found whose truth is known."""

from dataclasses import replace

import numpy as np
import pytest

from human_mesh_recovery.inference_server.body.files import load_body
from human_mesh_recovery.inference_server.body.model import Body, pose_body
from human_mesh_recovery.inference_server.body.rotation import axis_angle_to_matrix, matrix_to_axis_angle
from human_mesh_recovery.inference_server.body.skeleton import JOINT_INDEX
from human_mesh_recovery.inference_server.errors import RecoveryError
from human_mesh_recovery.inference_server.fitting.observations import BodyState
from human_mesh_recovery.inference_server.fitting.sampled_skin import (
    linearise_skin,
    pose_skin,
    sample_skin,
)
from human_mesh_recovery.inference_server.fitting.shape import apply_step
from human_mesh_recovery.inference_server.fitting.skin_moments import betas_gradient, linearise_moments
from human_mesh_recovery.inference_server.fitting.vertices import FittedVertices, fit_vertices

UNKNOWNS = 75
EXACT = 1e-5
"""Metres: a hundredth of a millimetre."""
PLAIN = load_body("free")


def with_blendshapes(body: Body) -> Body:
    """The body with made-up pose blendshapes: centimetres around every joint, as in SMPL."""
    generator = np.random.default_rng(1)
    distances = np.linalg.norm(body.template[:, None] - body.joint_template[1:], axis=2)
    amounts = 0.01 * np.exp(-((distances / 0.1) ** 2))
    directions = amounts[:, None, :, None] * generator.normal(size=(3, 23, 9))
    return replace(body, pose_directions=directions.reshape(len(body.template), 3, -1))


BODIES = {"plain": PLAIN, "with blendshapes": with_blendshapes(PLAIN)}


def random_poses(frames: int, seed: int = 0, size: float = 0.4) -> np.ndarray:
    generator = np.random.default_rng(seed)
    poses = size * generator.normal(size=(frames, 24, 3))
    poses[:, 0] = generator.normal(size=(frames, 3)) * 2
    return poses


def extreme_poses() -> np.ndarray:
    """Upside down, knees at 140 degrees, arms up, turned away with a twisted trunk, and at rest."""
    poses = np.zeros((5, 24, 3))
    poses[0, 0] = (np.pi, 0, 0)
    poses[1, [JOINT_INDEX["left_knee"], JOINT_INDEX["right_knee"]], 0] = np.radians(140)
    poses[1, [JOINT_INDEX["left_hip"], JOINT_INDEX["right_hip"]], 0] = np.radians(-110)
    poses[2, JOINT_INDEX["left_shoulder"], 2] = np.radians(85)
    poses[2, JOINT_INDEX["right_shoulder"], 2] = np.radians(-85)
    poses[3, 0] = (0, np.pi, 0)
    poses[3, [JOINT_INDEX["spine1"], JOINT_INDEX["spine2"], JOINT_INDEX["spine3"]], 1] = 0.6
    poses[3, JOINT_INDEX["left_elbow"], 1] = np.radians(-130)
    return poses


def made(body: Body, poses: np.ndarray, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Vertices (F, V, 3), betas (10,) and translations (F, 3) of a person in front of a camera."""
    generator = np.random.default_rng(seed)
    betas, trans = generator.normal(size=10), generator.normal(size=(len(poses), 3)) + (0, 0, 4)
    return pose_body(body, poses, betas, trans)[0], betas, trans


def degrees_off(fitted: FittedVertices, poses: np.ndarray) -> np.ndarray:
    """(F, 24)."""
    between = fitted.rotations.swapaxes(2, 3) @ axis_angle_to_matrix(poses)
    return np.degrees(np.linalg.norm(matrix_to_axis_angle(between), axis=2))


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_derivatives_are_those_of_the_posed_vertices(body):
    generator = np.random.default_rng(3)
    skin = sample_skin(body)
    state = BodyState(axis_angle_to_matrix(random_poses(2)), generator.normal(size=10), np.ones((2, 3)))
    posed = pose_skin(skin, state)
    residual = generator.normal(size=posed.positions.shape)
    weights = generator.random((2, len(skin.chosen)))
    normal = linearise_skin(skin, state, posed, residual, weights)

    def change(turns: np.ndarray, betas: np.ndarray) -> np.ndarray:
        ahead, behind = (pose_skin(skin, apply_step(state, s * turns, s * betas)) for s in (1e-6, -1e-6))
        return (ahead.positions - behind.positions) / 2e-6

    rows = [change(np.tile(unit, (2, 1)), np.zeros(10)) for unit in np.eye(UNKNOWNS)]
    by_pose = np.stack(rows, axis=1)
    by_betas = np.stack([change(np.zeros((2, UNKNOWNS)), unit) for unit in np.eye(10)], axis=1)
    expected = {
        "gradient": np.einsum("fian,fan,fn->fi", by_pose, residual, weights),
        "hessian": np.einsum("fian,fjan,fn->fij", by_pose, by_pose, weights),
        "mixed": np.einsum("fian,fjan,fn->fij", by_pose, by_betas, weights),
        "betas_gradient": np.einsum("fian,fan,fn->i", by_betas, residual, weights),
        "betas_hessian": np.einsum("fian,fjan,fn->ij", by_betas, by_betas, weights),
    }
    for name, values in expected.items():
        np.testing.assert_allclose(getattr(normal, name), values, atol=1e-5 * np.abs(values).max())


def test_derivatives_by_moments_are_those_by_vertices():
    generator = np.random.default_rng(4)
    skin = sample_skin(PLAIN)
    state = BodyState(axis_angle_to_matrix(random_poses(3)), generator.normal(size=10), np.ones((3, 3)))
    posed = pose_skin(skin, state)
    residual = generator.normal(size=posed.positions.shape)
    weights = generator.random((3, len(skin.chosen)))
    expected = linearise_skin(skin, state, posed, residual, weights)
    found = linearise_moments(skin.pairs, posed, residual, weights)
    assert expected.betas_gradient is not None
    pairs = [
        (found.gradient, expected.gradient),
        (found.hessian, expected.hessian),
        (betas_gradient(skin, posed, residual, weights), expected.betas_gradient),
    ]
    for values, wanted in pairs:
        np.testing.assert_allclose(values, wanted, atol=1e-5 * np.abs(wanted).max())


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("poses", [random_poses(20), extreme_poses(), random_poses(1, size=0.6)])
def test_finds_a_body_exactly(body, poses):
    vertices, betas, trans = made(body, poses)
    fitted = fit_vertices(body, vertices)
    assert fitted.residual.shape == (len(poses),)
    assert fitted.residual.max() < EXACT
    assert degrees_off(fitted, poses).max() < 0.01
    np.testing.assert_allclose(fitted.betas, betas, atol=1e-3)
    np.testing.assert_allclose(fitted.trans, trans, atol=EXACT)


def test_takes_a_network_s_single_precision():
    poses = random_poses(2)
    vertices, _, _ = made(PLAIN, poses)
    assert fit_vertices(PLAIN, vertices.astype(np.float32)).residual.max() < EXACT


def test_a_long_clip_has_the_betas_of_its_parts():
    """Frames that the betas are not taken from fit as well as those that they are."""
    poses = random_poses(40)
    vertices, betas, _ = made(PLAIN, poses)
    fitted = fit_vertices(PLAIN, vertices)
    assert fitted.residual.max() < EXACT
    np.testing.assert_allclose(fitted.betas, betas, atol=1e-3)


def test_works_where_every_vertex_belongs_to_several_far_joints():
    generator = np.random.default_rng(5)
    weights = generator.random((1500, 24)) * (generator.random((1500, 24)) < 0.2) + 1e-3
    regressor = generator.random((24, 1500)) * (generator.random((24, 1500)) < 0.03)
    body = Body(
        name="made up",
        template=generator.normal(size=(1500, 3)) * (0.3, 0.5, 0.12),
        faces=np.zeros((1, 3), dtype=np.int64),
        shape_directions=0.02 * generator.normal(size=(1500, 3, 10)),
        pose_directions=0.005 * generator.normal(size=(1500, 3, 207)),
        joint_regressor=regressor / regressor.sum(axis=1, keepdims=True),
        weights=weights / weights.sum(axis=1, keepdims=True),
        licence="",
    )
    poses = random_poses(3)
    vertices, _, _ = made(body, poses)
    assert fit_vertices(body, vertices).residual.max() < EXACT


def natural_poses() -> np.ndarray:
    poses = np.zeros((12, 24, 3))
    poses[:, [JOINT_INDEX["left_shoulder"], JOINT_INDEX["right_shoulder"]], 2] = (-1.1, 1.1)
    poses[:, JOINT_INDEX["left_knee"], 0] = np.linspace(0, 1, 12)
    poses[:, JOINT_INDEX["right_elbow"], 1] = 0.5
    return poses


def off(fitted: FittedVertices, vertices: np.ndarray) -> float:
    """Metres, the mean over all vertices."""
    posed, _ = pose_body(PLAIN, matrix_to_axis_angle(fitted.rotations), fitted.betas, fitted.trans)
    return float(np.linalg.norm(posed - vertices, axis=2).mean())


@pytest.mark.parametrize("told", [0.0, 0.01])
def test_noise_is_averaged_away_in_any_pose(told):
    poses = random_poses(8, size=0.3)
    vertices, _, _ = made(PLAIN, poses)
    noisy = vertices + np.random.default_rng(1).normal(size=vertices.shape) * 0.01
    fitted = fit_vertices(PLAIN, noisy, noise=told)
    assert off(fitted, vertices) < 0.0015
    assert degrees_off(fitted, poses).mean() < 3
    assert fitted.residual == pytest.approx(0.016, abs=0.001)  # the noise's own mean length


def test_of_noise_that_neighbours_share_the_prior_takes_what_no_body_does():
    poses = natural_poses()
    vertices, betas, _ = made(PLAIN, poses)
    bumps = np.random.default_rng(1).normal(size=(12, 60, 3)) * 0.03
    centres = PLAIN.template[np.random.default_rng(2).integers(0, len(PLAIN.template), 60)]
    near = np.exp(-((np.linalg.norm(PLAIN.template[:, None] - centres, axis=2) / 0.1) ** 2))
    noisy = vertices + np.einsum("vc,fcx->fvx", near, bumps)
    plain, steadied = fit_vertices(PLAIN, noisy), fit_vertices(PLAIN, noisy, noise=0.03)
    assert degrees_off(steadied, poses).mean() < 0.7 * degrees_off(plain, poses).mean()
    assert off(steadied, vertices) < 1.1 * off(plain, vertices)
    assert np.abs(steadied.betas - betas).mean() < 0.7


def test_vertices_far_off_are_left_out():
    generator = np.random.default_rng(2)
    poses = random_poses(3)
    vertices, betas, _ = made(PLAIN, poses)
    off = generator.random(vertices.shape[:2]) < 0.15
    vertices[off] += generator.normal(size=(off.sum(), 3))
    fitted = fit_vertices(PLAIN, vertices)
    assert degrees_off(fitted, poses).max() < 0.1
    np.testing.assert_allclose(fitted.betas, betas, atol=0.01)


@pytest.mark.parametrize("shared", [True, False], ids=["a vertex", "a vertex and frame"])
def test_weights_leave_vertices_out_that_agree_with_each_other(shared):
    """A whole arm half a metre off: nothing but the weights tells that it is wrong."""
    poses = random_poses(3, size=0.2)
    vertices, betas, _ = made(PLAIN, poses)
    arm = PLAIN.weights[:, [JOINT_INDEX["left_elbow"], JOINT_INDEX["left_wrist"], JOINT_INDEX["left_hand"]]]
    weights = np.where(arm.sum(axis=1) > 0, 0.0, 1.0)
    vertices[:, weights == 0] += 0.5
    if not shared:
        weights = np.tile(1e-4 * weights, (3, 1))  # their unit is their own
    fitted = fit_vertices(PLAIN, vertices, weights)
    known = [j for j in range(24) if j not in (JOINT_INDEX[f"left_{n}"] for n in ("elbow", "wrist", "hand"))]
    assert degrees_off(fitted, poses)[:, known].max() < 0.1
    np.testing.assert_allclose(fitted.betas, betas, atol=0.01)


def test_a_frame_that_shows_no_body_spoils_no_other():
    poses = random_poses(12)
    vertices, betas, _ = made(PLAIN, poses)
    vertices[4] = np.random.default_rng(3).normal(size=vertices[4].shape)
    vertices[7] = 0
    fitted = fit_vertices(PLAIN, vertices)
    good = [frame for frame in range(12) if frame not in (4, 7)]
    assert fitted.residual[good].max() < 1e-4
    assert fitted.residual[4] > 0.3
    assert all(np.isfinite(values).all() for values in vars(fitted).values())
    np.testing.assert_allclose(fitted.betas, betas, atol=0.01)


@pytest.mark.parametrize("shape", [(2, 6890, 3), (6506, 3), (0, 6506, 3), (2, 6506, 2)])
def test_refuses_another_body_s_mesh(shape):
    with pytest.raises(RecoveryError, match="6506") as caught:
        fit_vertices(PLAIN, np.zeros(shape))
    assert caught.value.code == "vertices"
    assert "that body's file" in caught.value.hint


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_refuses_a_mesh_that_is_no_numbers(value):
    vertices, _, _ = made(PLAIN, random_poses(3))
    vertices[1, 17, 2] = value
    with pytest.raises(RecoveryError, match="frame 1") as caught:
        fit_vertices(PLAIN, vertices)
    assert caught.value.hint


@pytest.mark.parametrize(
    "weights, words",
    [
        (np.ones(5), "3 frames of 6506"),
        (-np.ones(6506), "from 0 upwards"),
        (np.full(6506, np.nan), "from 0 upwards"),
        (np.outer([1, 1, 0], np.ones(6506)), "frame 2"),
    ],
)
def test_refuses_weights_that_do_not_fit(weights, words):
    vertices, _, _ = made(PLAIN, random_poses(3))
    with pytest.raises(RecoveryError, match=words) as caught:
        fit_vertices(PLAIN, vertices, weights)
    assert caught.value.hint
