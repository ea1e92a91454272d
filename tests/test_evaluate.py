"""`recover-mesh evaluate`: motions and multi-camera references, matched by frame and joint name."""

import argparse
import json
from pathlib import Path

import numpy as np
import pytest

from human_mesh_recovery.inference_server.body.skeleton import JOINT_INDEX
from human_mesh_recovery.inference_server.errors import RecoveryError
from human_mesh_recovery.inference_server.evaluation import commands
from human_mesh_recovery.inference_server.evaluation.references import read_reference
from human_mesh_recovery.inference_server.motion import Motion, save_motion

NAMES = ("RHip", "RKnee", "RAnkle", "LHip", "LKnee", "LAnkle", "RShoulder", "RElbow", "RWrist", "LShoulder",
         "LElbow", "LWrist", "Nose")  # fmt: skip


def _smpl_name(name: str) -> str:
    return {"L": "left_", "R": "right_"}[name[0]] + name[1:].lower()


def _save(path: Path, joints: np.ndarray | None, frames: np.ndarray) -> Path:
    count = len(frames)
    motion = Motion(
        poses=np.zeros((count, 24, 3)),
        betas=np.zeros(10),
        trans=np.zeros((count, 3)),
        fps=30.0,
        frames=frames,
        joints=joints,
    )
    save_motion(motion, path)
    return path


def _evaluate(*words: str) -> dict:
    parser = argparse.ArgumentParser()
    commands.add_arguments(parser)
    json_file = Path(words[0]).with_suffix(".json")
    assert commands.run(parser.parse_args([*words, "--json", str(json_file)])) == 0
    return json.loads(json_file.read_text())


@pytest.fixture
def joints() -> np.ndarray:
    return np.random.default_rng(5).normal(0, 0.3, (12, 24, 3)) + [0.0, 0.0, 3.0]


@pytest.fixture
def cameras(tmp_path, joints) -> Path:
    """What two cameras at known places saw of `joints`; the second sees them just where they are."""
    turn = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    limbs = [joints[:, JOINT_INDEX[_smpl_name(name)]] for name in NAMES[:12]]
    world = np.stack([*limbs, joints[:, JOINT_INDEX["head"]]], axis=1)
    path = tmp_path / "cameras.npz"
    np.savez(
        path, X=world, names=np.array(NAMES), K=np.tile(np.eye(3), (2, 1, 1)),
        R=np.stack([turn, np.eye(3)]), T=np.array([[0.5, 0.0, 1.0], [0.0, 0.0, 0.0]]),
    )  # fmt: skip
    return path


def test_a_motion_against_itself_has_no_error(tmp_path, joints, capsys):
    path = _save(tmp_path / "a.npz", joints, np.arange(12))
    measured = _evaluate(str(path), str(path))
    assert measured["frames"] == 12
    assert len(measured["joints"]) == 12
    for name in ("mpjpe", "root_aligned_mpjpe", "pa_mpjpe", "acceleration_error"):
        assert measured[name] == pytest.approx(0, abs=1e-6)
    assert measured["pck"] == 1
    assert "12 frames, 12 joints" in capsys.readouterr().out


def test_frames_are_matched_by_their_numbers(tmp_path, joints):
    reference = _save(tmp_path / "reference.npz", joints, np.arange(12))
    kept = np.array([3, 4, 5, 9])
    measured = _evaluate(str(_save(tmp_path / "part.npz", joints[kept], kept)), str(reference))
    assert measured["frames"] == 4
    assert measured["mpjpe"] == pytest.approx(0, abs=1e-6)


def test_no_common_frame_is_an_error(tmp_path, joints):
    first = _save(tmp_path / "a.npz", joints, np.arange(12))
    second = _save(tmp_path / "b.npz", joints, np.arange(100, 112))
    with pytest.raises(RecoveryError, match="no source frame in common"):
        _evaluate(str(first), str(second))


def test_a_camera_of_several_sees_the_joints_from_its_place(tmp_path, joints, cameras):
    result = _save(tmp_path / "a.npz", joints, np.arange(12))
    assert _evaluate(str(result), str(cameras), "--camera", "2")["mpjpe"] == pytest.approx(0, abs=1e-6)
    first = _evaluate(str(result), str(cameras), "--camera", "1")
    assert first["mpjpe"] > 500
    assert first["root_aligned_mpjpe"] > 100
    assert first["pa_mpjpe"] == pytest.approx(0, abs=1e-6)
    seen = read_reference(cameras, 1)
    left_hip = seen.joints[0, seen.names.index("left_hip")]
    x, y, z = joints[0, JOINT_INDEX["left_hip"]]
    assert left_hip == pytest.approx([-y + 0.5, x, z + 1.0])


@pytest.mark.parametrize("camera", ([], ["--camera", "0"], ["--camera", "3"]))
def test_a_missing_or_wrong_camera_is_an_error(tmp_path, joints, cameras, camera):
    result = _save(tmp_path / "a.npz", joints, np.arange(12))
    with pytest.raises(RecoveryError, match="2 cameras"):
        _evaluate(str(result), str(cameras), *camera)


def test_the_joints_can_be_chosen(tmp_path, joints, cameras):
    moved = joints.copy()
    moved[:, JOINT_INDEX["left_wrist"], 0] += 0.1
    result = _save(tmp_path / "a.npz", moved, np.arange(12))
    reference = _save(tmp_path / "b.npz", joints, np.arange(12))
    chosen = _evaluate(str(result), str(reference), "--joints", "left_wrist, right_wrist")
    assert chosen["joints"] == ["left_wrist", "right_wrist"]
    assert chosen["mpjpe"] == pytest.approx(50)
    assert _evaluate(str(result), str(reference), "--joints", "all")["mpjpe"] == pytest.approx(100 / 24)
    with pytest.raises(RecoveryError, match="left_toe"):
        _evaluate(str(result), str(reference), "--joints", "left_toe")
    with pytest.raises(RecoveryError, match="nose"):
        _evaluate(str(result), str(cameras), "--camera", "2", "--joints", "nose")


def test_a_still_has_no_acceleration(tmp_path, joints, capsys):
    path = _save(tmp_path / "a.npz", joints[:1], np.arange(1))
    assert _evaluate(str(path), str(path))["acceleration"] is None
    said = capsys.readouterr().out
    assert "1 frame, 12 joints" in said
    assert "acceleration" not in said


def test_motions_without_joints_and_files_of_another_kind_are_refused(tmp_path, joints):
    good = _save(tmp_path / "good.npz", joints, np.arange(12))
    bare = _save(tmp_path / "bare.npz", None, np.arange(12))
    with pytest.raises(RecoveryError, match="no joints in camera space"):
        _evaluate(str(bare), str(good))
    text = tmp_path / "text.npz"
    text.write_text("not an archive")
    for result, reference in ((text, good), (good, text), (good, tmp_path / "missing.npz")):
        with pytest.raises(RecoveryError):
            _evaluate(str(result), str(reference))


def test_json_that_cannot_be_written_is_an_error(tmp_path, joints):
    path = _save(tmp_path / "a.npz", joints, np.arange(12))
    parser = argparse.ArgumentParser()
    commands.add_arguments(parser)
    arguments = parser.parse_args([str(path), str(path), "--json", str(tmp_path / "no" / "folder.json")])
    with pytest.raises(RecoveryError, match="could not be written"):
        commands.run(arguments)


def test_the_four_camera_reference_is_understood(shared_media):
    reference = read_reference(shared_media / "four_cameras" / "reference.npz", 3)
    assert set(commands.LIMB_JOINTS) <= set(reference.names)
    assert reference.joints.shape == (100, 13, 3)
    assert (reference.joints[..., 2] > 1).all()  # in front of the camera
    head_up = reference.joints[:, reference.names.index("nose"), 1]
    assert (head_up < reference.joints[:, reference.names.index("left_ankle"), 1]).all()  # y is down
