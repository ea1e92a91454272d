"""Files and folders of motion into one set to train on."""

from pathlib import Path

import numpy as np
import pytest

from human_mesh_recovery.inference_server.body.skeleton import JOINT_INDEX
from human_mesh_recovery.inference_server.training.motion_files.clips import (
    Clip,
    possible,
    without_impossible,
)
from human_mesh_recovery.inference_server.training.motion_files.gather import gather, save
from human_mesh_recovery.inference_server.training.motions import load_motions
from human_mesh_recovery.scripts import gather_motion
from human_mesh_recovery.tests.made_up_bvh import (
    MIXAMO,
    Rig,
    bvh_text,
    smooth_poses,
)


@pytest.fixture
def poses() -> np.ndarray:
    return smooth_poses()


def test_frames_that_can_t_be_are_left_out(poses: np.ndarray):
    poses[10, JOINT_INDEX["left_ankle"]] = (0, 0, 2.9)
    poses[20, 0] = np.nan
    clip = Clip("made up", poses.astype(np.float32))
    assert np.flatnonzero(~possible(clip)).tolist() == [10, 20]
    assert [len(part.poses) for part in without_impossible(clip)] == [10, 9, 10]


def test_the_rest_pose_that_a_file_begins_with_is_left_out(poses: np.ndarray):
    poses[1:, JOINT_INDEX["left_shoulder"]] += (0, 0, -1.2)
    poses[0, 1:] = 0
    assert np.flatnonzero(~possible(Clip("made up", poses.astype(np.float32)))).tolist() == [0]


def test_a_folder_becomes_a_set_and_what_is_no_motion_is_named(poses: np.ndarray, tmp_path: Path):
    folder = tmp_path / "motion"
    (folder / "deep").mkdir(parents=True)
    whole = bvh_text(Rig(MIXAMO), poses)
    (folder / "deep" / "fine.bvh").write_text(whole, encoding="ascii")
    (folder / "cut.bvh").write_text(whole[: whole.rindex("\n", 0, -300)], encoding="ascii")
    (folder / "headless.bvh").write_text(whole[:900], encoding="ascii")
    (folder / "dog.bvh").write_text(whole.replace("Arm", "Paw"), encoding="ascii")
    (folder / "lying.bvh").write_text(whole.replace("MOTION", "MOTION\nFrames: x"), encoding="ascii")
    (folder / "text.bvh").write_text(whole + "none", encoding="ascii")
    (folder / "shape.npz").write_bytes(b"no zip")
    np.savez(folder / "objects.npz", poses=np.array([{}], dtype=object), mocap_framerate=30)
    (folder / "notes.txt").write_text("no motion", encoding="ascii")
    gathered = gather([folder])
    assert sorted(clip.name for clip in gathered.clips) == ["cut", "deep/fine"]
    assert sorted(path.name for path, _reason in gathered.unread) == [
        "dog.bvh", "headless.bvh", "lying.bvh", "objects.npz", "shape.npz", "text.bvh",
    ]  # fmt: skip
    assert "dog.bvh: none of its bones is known as the left elbow" in gathered.summary()
    save(gathered, tmp_path / "set.npz")
    motions = load_motions(tmp_path / "set.npz")
    assert len(motions.clips) == gathered.frames
    assert np.unique(motions.clips).tolist() == [0, 1]
    again = gather([tmp_path / "set.npz"])
    assert [clip.name for clip in again.clips] == [clip.name for clip in gathered.clips]
    assert again.frames == gathered.frames


def test_the_command(poses: np.ndarray, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "one.bvh").write_text(bvh_text(Rig(MIXAMO), poses), encoding="ascii")
    assert gather_motion.main([str(tmp_path / "set.npz"), str(tmp_path / "one.bvh")]) == 0
    assert "1 files: 1 clips, 31 frames" in capsys.readouterr().out
    assert gather_motion.main([str(tmp_path / "none.npz"), str(tmp_path / "missing.bvh")]) == 1
    heard = capsys.readouterr()
    assert "missing.bvh" in heard.out
    assert "No motion was found" in heard.err
    assert not (tmp_path / "none.npz").exists()
