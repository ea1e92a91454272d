"""Pose2Mesh as a method: its 2D poses, what becomes of its meshes, and what is said where it was not imported."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from human_mesh_recovery.inference_server.body.files import load_body
from human_mesh_recovery.inference_server.body.model import pose_body
from human_mesh_recovery.inference_server.body.rotation import axis_angle_to_matrix
from human_mesh_recovery.inference_server.body.skeleton import KEYPOINT_NAMES
from human_mesh_recovery.inference_server.errors import RecoveryError
from human_mesh_recovery.inference_server.fitting.body_keypoints import attach_keypoints
from human_mesh_recovery.inference_server.fitting.kinematics import keypoint_positions
from human_mesh_recovery.inference_server.fitting.observations import observe
from human_mesh_recovery.inference_server.mesh_graphs.joint_sets import COCO, HUMAN36M
from human_mesh_recovery.inference_server.methods.catalogue import CATALOGUE
from human_mesh_recovery.inference_server.methods.method import Running
from human_mesh_recovery.inference_server.methods.pose2mesh import method, network
from human_mesh_recovery.inference_server.methods.pose2mesh.poses import joint_positions, standardise
from human_mesh_recovery.inference_server.methods.registry import METHODS
from human_mesh_recovery.inference_server.pipeline import check_solve_settings
from human_mesh_recovery.inference_server.solve import SolveSettings
from human_mesh_recovery.inference_server.weights import imported
from human_mesh_recovery.tests.pose2mesh_samples import SMPL_COCO, golden


@pytest.fixture
def not_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HMR_WEIGHTS", str(tmp_path))
    monkeypatch.setattr(imported.store, "user_folder", lambda: tmp_path)
    return tmp_path


def test_the_2d_pose_is_standardised_as_the_authors_do_it():
    known = golden(SMPL_COCO)
    assert np.allclose(standardise(known["kp_px"]), known["kp_norm"], atol=2e-6)
    elsewhere = 0.001 * (known["kp_px"].astype(np.float64) - 400)
    assert np.allclose(standardise(elsewhere), known["kp_norm"], atol=2e-6), "rays will do as well"
    assert np.isfinite(standardise(np.zeros((1, 19, 2)))).all(), "nobody"


def test_the_joints_are_the_keypoints_and_what_lies_between_them():
    points = np.random.default_rng(1).normal(size=(2, len(KEYPOINT_NAMES), 3))
    at = {name: points[:, index] for index, name in enumerate(KEYPOINT_NAMES)}
    coco = joint_positions(COCO, points)
    assert coco.shape == (2, 19, 3)
    assert np.array_equal(coco[:, :17], points[:, :17])
    assert np.allclose(coco[:, 17], (at["left_hip"] + at["right_hip"]) / 2)
    assert np.allclose(coco[:, 18], (at["left_shoulder"] + at["right_shoulder"]) / 2)
    human = joint_positions(HUMAN36M, points)
    assert human.shape == (2, 17, 3)
    assert np.array_equal(human[:, 13], at["left_wrist"])
    body = load_body("free")
    head = joint_positions(HUMAN36M, attach_keypoints(body, body).rest)[HUMAN36M.joints.index("head")]
    assert np.linalg.norm(head - body.template[body.template[:, 1].argmax()]) < 0.03


def test_the_body_is_brought_to_the_meshes_and_to_the_picture(monkeypatch: pytest.MonkeyPatch):
    body = load_body("free")
    keypoints = attach_keypoints(body, body)
    random = np.random.default_rng(4)
    poses = random.normal(0, 0.25, (5, 24, 3))
    poses[:, 0] = [np.pi, 0, 0]  # upright, y down
    poses[:, 22:] = 0
    betas, trans = 0.5 * random.normal(size=10), np.tile([0.2, 0.1, 4.0], (5, 1))
    rotations = axis_angle_to_matrix(poses)
    points = keypoint_positions(body, keypoints, rotations, betas, trans)
    pixels = 1000 * points[..., :2] / points[..., 2:] + [320, 240]
    pixels = np.concatenate([pixels, np.ones((5, len(KEYPOINT_NAMES), 1))], axis=2)
    seen = observe(pixels, None, None, 1000.0, np.array([320.0, 240.0]), 25.0)
    vertices, _ = pose_body(body, poses, betas, np.zeros(3))

    class Session:
        def run(self, _names: list[str], inputs: dict[str, Any]) -> list[np.ndarray]:
            assert np.allclose(inputs["pose2d"].mean(axis=1), 0, atol=1e-5)
            assert inputs["pose2d"].dtype == np.float32
            chosen = slice(Session.at, Session.at + len(inputs["pose2d"]))
            Session.at = chosen.stop
            return [np.zeros((chosen.stop - chosen.start, 19, 3)), vertices[chosen].astype(np.float32)]

        at = 0

    fake: Any = network.Network(Session(), COCO, body)  # pyright: ignore[reportArgumentType]
    monkeypatch.setattr(network, "load", lambda device: fake)
    steps: list[int] = []
    recovered = method.recover(body, keypoints, seen, Running(on_step=lambda: steps.append(1)))
    assert np.abs(recovered.state.trans - trans).max() < 0.05
    posed = keypoint_positions(
        body, keypoints, recovered.state.rotations, recovered.state.betas, recovered.state.trans
    )
    assert np.linalg.norm(posed - points, axis=2).mean() < 0.03
    assert recovered.target is not None
    assert np.array_equal(recovered.target.rotations, recovered.state.rotations)
    assert len(steps) > 1


def test_where_it_was_not_imported_the_method_says_what_to_do(not_imported: Path):
    with pytest.raises(RecoveryError) as caught:
        check_solve_settings(SolveSettings("pose2mesh"))
    assert caught.value.code == "weights_missing"
    assert "pose2mesh" in caught.value.message
    assert "weights import" in caught.value.hint
    (not_imported / "pose2mesh.json").write_text("{}")
    with pytest.raises(RecoveryError, match=r"pose2mesh\.json is damaged"):
        check_solve_settings(SolveSettings("pose2mesh"))


def test_the_command_line_says_it_too(
    tmp_path: Path,
    examples: Path,
    recover: Callable[..., tuple[int, str, str]],
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(imported, "place", lambda name: tmp_path / f"{name}.onnx")
    code, _, told = recover(examples / "still.jpg", "-o", tmp_path / "out.npz", "--method", "pose2mesh")
    assert code == 1
    assert "was not imported yet" in told
    assert "weights import" in told


def test_every_method_of_the_panel_is_there():
    assert set(CATALOGUE) == set(METHODS)
    assert all(entry.label and entry.summary and entry.needs for entry in CATALOGUE.values())
