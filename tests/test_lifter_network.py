"""The lifter's numbers in and out, its ONNX form, and that training makes it better."""

import json

import numpy as np
import onnxruntime
import pytest

torch = pytest.importorskip("torch", reason="training needs torch")

from human_mesh_recovery.inference_server.body.rotation import axis_angle_to_matrix, matrix_to_rotation_6d
from human_mesh_recovery.inference_server.fitting.kinematics import keypoint_positions
from human_mesh_recovery.inference_server.lifting.features import (
    FEATURES,
    OUTPUTS,
    TURNED,
    lifter_input,
    read_output,
)
from human_mesh_recovery.inference_server.networks.lifter import Lifter
from human_mesh_recovery.inference_server.training.body import pose, rotation_6d_to_matrix, torch_body
from human_mesh_recovery.inference_server.training.lifter import train as training
from human_mesh_recovery.inference_server.training.lifter.to_onnx import lifter_to_onnx
from human_mesh_recovery.tests.lifter_samples import (
    BODY,
    KEYPOINTS,
    made_up_detections,
    made_up_motions,
    write_made_up_rendered,
)


def seen_people(count: int = 5) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rays, confidence and 3D of people in front of a camera."""
    random = np.random.default_rng(0)
    posed = (
        made_up_detections(0.0, count).truth * [1, -1, -1] + random.normal(0, 0.4, (count, 1, 3)) + [0, 0, 4]
    )
    middle = (posed[:, 11] + posed[:, 12])[:, None] / 2
    return posed[..., :2] / posed[..., 2:], random.uniform(0.3, 1, (count, 25)), posed - middle


def test_a_camera_that_turns_sees_the_same_person():
    rays, confidence, in_3d = seen_people()
    turn = axis_angle_to_matrix([0.12, -0.2, 0.0])
    turned = np.concatenate([rays, np.ones_like(rays[..., :1])], axis=2) @ turn.T
    before = lifter_input(rays, confidence, in_3d)
    after = lifter_input(turned[..., :2] / turned[..., 2:], confidence, in_3d @ turn.T)
    # but for a little roll, and a box that lies otherwise around it
    assert np.abs(before.features - after.features).max() < 0.25
    np.testing.assert_allclose(before.sizes, after.sizes, rtol=0.05)


def test_unseen_keypoints_change_nothing():
    rays, confidence, in_3d = seen_people()
    confidence[:, 7] = 0
    moved = rays.copy()
    moved[:, 7] += 0.4
    np.testing.assert_array_equal(
        lifter_input(rays, confidence, in_3d).features, lifter_input(moved, confidence, in_3d).features
    )
    nothing = lifter_input(rays, np.zeros_like(confidence), None)
    assert np.isfinite(nothing.features).all()


def test_the_output_is_read_in_the_camera_that_saw_it():
    rays, confidence, in_3d = seen_people()
    given = lifter_input(rays, confidence, in_3d)
    random = np.random.default_rng(1)
    local = axis_angle_to_matrix(random.normal(0, 0.5, (5, TURNED, 3)))
    numbers = np.zeros((5, OUTPUTS), dtype=np.float32)
    numbers[:, : 6 * TURNED] = matrix_to_rotation_6d(local).reshape(5, -1)
    numbers[:, -TURNED:] = np.log(0.2)
    output = read_output(numbers, given)
    np.testing.assert_allclose(given.turns @ output.rotations[:, 0], local[:, 0], atol=1e-6)
    np.testing.assert_allclose(output.rotations[:, 1:TURNED], local[:, 1:], atol=1e-6)
    np.testing.assert_allclose(output.sigma[:, :TURNED], 0.2, rtol=1e-5)
    # a camera output of zeros: in the middle of the box, at the usual distance
    low, high = rays.min(axis=1), rays.max(axis=1)
    places = output.trans[:, :2] / output.trans[:, 2:]
    assert ((places > low) & (places < high)).all()


def test_the_torch_body_poses_as_the_body_does():
    rotations = made_up_motions().rotations[:6]
    betas = np.random.default_rng(2).normal(size=10)
    _, _, keypoints = pose(
        torch_body(BODY, KEYPOINTS),
        torch.from_numpy(rotations),
        torch.tensor(np.tile(betas, (6, 1)), dtype=torch.float32),
    )
    expected = keypoint_positions(BODY, KEYPOINTS, rotations.astype(np.float64), betas, np.zeros((6, 3)))
    np.testing.assert_allclose(keypoints.numpy(), expected, atol=1e-5)
    six = torch.tensor(matrix_to_rotation_6d(rotations), dtype=torch.float32)
    np.testing.assert_allclose(rotation_6d_to_matrix(six).numpy(), rotations, atol=1e-5)


def test_onnx_runtime_answers_as_torch_does():
    torch.manual_seed(3)
    lifter = Lifter(width=64, blocks=2)
    for name, parameter in lifter.named_parameters():
        if name.startswith("time_blocks"):
            torch.nn.init.normal_(parameter, std=0.1)
    session = onnxruntime.InferenceSession(lifter_to_onnx(lifter, "a test's"))
    for frames in (1, 9, 40):
        features = np.random.default_rng(frames).normal(size=(1, frames, FEATURES)).astype(np.float32)
        with torch.no_grad():
            expected = lifter(torch.from_numpy(features))
        for one, other in zip(
            session.run(["single", "in_time"], {"features": features}), expected, strict=True
        ):
            # its weights have half precision
            np.testing.assert_allclose(np.asarray(one), other.numpy(), atol=5e-3)


def test_at_first_the_frames_around_change_nothing():
    lifter = Lifter(width=64, blocks=2)
    lifter.leave_in_time.load_state_dict(lifter.leave.state_dict())
    with torch.no_grad():
        single, in_time = lifter(torch.randn(2, 12, FEATURES))
    torch.testing.assert_close(single, in_time)


def test_training_goes_both_stages_and_lowers_the_error(tmp_path, monkeypatch):
    monkeypatch.setattr(training, "VALIDATION", 128)
    monkeypatch.setattr(training, "BATCH", 128)
    monkeypatch.setattr(training, "WINDOW_BATCH", 4)
    motions = made_up_motions()
    np.savez(
        tmp_path / "motion.npz",
        poses=np.random.default_rng(4).normal(0, 0.2, (560, 24, 3)),
        clip=motions.clips,
    )
    write_made_up_rendered(tmp_path / "learn.npz", 0.01)
    recipe = training.Recipe(
        tmp_path / "motion.npz", tmp_path / "learn.npz", tmp_path / "learn.npz", 60, 10, 1, 0
    )
    training.train(recipe, tmp_path / "work")
    lines = [json.loads(line) for line in (tmp_path / "work" / "curve.jsonl").read_text().splitlines()]
    assert [line["frames"] for line in lines] == [1, 32]
    untrained = 250.0  # millimetres: everybody in the rest pose, facing the camera
    assert lines[0]["clips mm"] < 0.8 * untrained
    assert (tmp_path / "work" / "lifter.pt").exists()
