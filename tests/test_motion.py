"""Motion files: what is saved comes back exactly, others' files open, and nothing bad gets in."""

import os
import pickle
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from human_mesh_recovery.inference_server.errors import RecoveryError
from human_mesh_recovery.inference_server.motion import Camera, Motion, load_motion, save_motion


def made_up_motion() -> Motion:
    random = np.random.default_rng(3)

    def numbers(*shape: int) -> np.ndarray:
        return random.normal(size=shape).astype(np.float32)

    rotation, _ = np.linalg.qr(random.normal(size=(3, 3)))
    return Motion(
        poses=numbers(4, 24, 3),
        betas=numbers(10),
        trans=random.normal(size=(4, 3)),  # float64 stays float64
        fps=24000 / 1001,
        frames=np.array([7, 8, 10, 11]),
        camera=Camera(1234.5678901234, np.array([479.5, 359.25]), 960, 720, rotation, random.normal(size=3)),
        confidence=numbers(4, 24),
        joints=numbers(4, 24, 3),
        keypoints_2d=numbers(4, 25, 3),
        vertices=numbers(4, 50, 3),
        hand_poses=numbers(4, 30, 3),
        body="/bodies/höhe 人.npz",
        gender="female",
        source="C:\\films\\ein Film.mp4",
        person=3,
    )


def assert_same(one: object, other: object) -> None:
    if isinstance(one, np.ndarray):
        assert isinstance(other, np.ndarray)
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)
    elif isinstance(one, Motion | Camera):
        assert type(one) is type(other)
        for field in fields(one):
            assert_same(getattr(one, field.name), getattr(other, field.name))
    else:
        assert type(one) is type(other)
        assert one == other


def refused(path: Path) -> RecoveryError:
    with pytest.raises(RecoveryError) as caught:
        load_motion(path)
    assert caught.value.code == "motion_file"
    assert str(path) in caught.value.message
    assert caught.value.hint
    return caught.value


def amass(path: Path, columns: int, **members: object) -> Path:
    """A file as AMASS has it: poses of 72 (SMPL), 156 (SMPL-H) or 165 (SMPL-X) numbers, 16 betas."""
    poses = np.arange(5 * columns, dtype=np.float64).reshape(5, columns) / 1000
    standard = {"poses": poses, "trans": np.ones((5, 3)), "betas": np.arange(16.0), "mocap_framerate": 120.0}
    values = {name: np.asarray(value) for name, value in (standard | members).items()}
    np.savez(path, **values)  # type: ignore[arg-type]
    return path


def test_a_motion_comes_back_exactly(tmp_path):
    motion = made_up_motion()
    save_motion(motion, tmp_path / "whole.npz")
    assert_same(load_motion(tmp_path / "whole.npz"), motion)
    assert os.listdir(tmp_path) == ["whole.npz"]


def test_a_motion_without_its_optional_parts_comes_back_exactly(tmp_path):
    motion = Motion(np.zeros((2, 24, 3)), np.zeros(10), np.zeros((2, 3)), 0.0, np.arange(2))
    save_motion(motion, tmp_path / "bare.npz")
    assert_same(load_motion(tmp_path / "bare.npz"), motion)


def test_the_file_has_amass_names(tmp_path):
    save_motion(made_up_motion(), tmp_path / "m.npz")
    with np.load(tmp_path / "m.npz", allow_pickle=False) as file:
        assert file["poses"].shape == (4, 72)
        assert file["trans"].shape == (4, 3)
        assert file["betas"].shape == (10,)
        assert file["mocap_framerate"].shape == ()
        assert str(file["gender"]) == "female"


@pytest.mark.parametrize("columns", [72, 156, 165])
def test_amass_layouts(tmp_path, columns):
    motion = load_motion(amass(tmp_path / "amass.npz", columns, gender=np.array(b"female")))
    expected = (np.arange(5 * columns) / 1000).reshape(5, columns)
    np.testing.assert_array_equal(motion.poses[:, :22].reshape(5, 66), expected[:, :66])
    hands = expected[:, 66:72].reshape(5, 2, 3) if columns == 72 else np.zeros((5, 2, 3))
    np.testing.assert_array_equal(motion.poses[:, 22:], hands)
    if columns == 72:
        assert motion.hand_poses is None
    else:
        assert motion.hand_poses is not None
        np.testing.assert_array_equal(motion.hand_poses.reshape(5, 90), expected[:, -90:])
    np.testing.assert_array_equal(motion.betas, np.arange(10.0))
    np.testing.assert_array_equal(motion.frames, np.arange(5))
    assert motion.gender == "female"
    assert motion.fps == 120
    assert motion.body == "free"
    assert motion.camera is None
    assert motion.joints is None
    assert motion.keypoints_2d is None


def test_the_newer_name_of_the_frame_rate_and_fewer_betas(tmp_path):
    path = tmp_path / "stageii.npz"
    np.savez(path, poses=np.zeros((3, 165)), trans=np.zeros((3, 3)), mocap_frame_rate=60.0, betas=np.ones(4))
    motion = load_motion(path)
    assert motion.fps == 60
    np.testing.assert_array_equal(motion.betas, [1, 1, 1, 1, 0, 0, 0, 0, 0, 0])


@pytest.mark.parametrize("columns", [72, 156])
def test_fingers_that_are_no_numbers_are_refused(tmp_path, columns):
    hands = np.zeros((5, 30, 3), np.float32)
    hands[3, 7, 1] = np.nan
    assert "hand_poses" in refused(amass(tmp_path / "m.npz", columns, hand_poses=hands)).message


class Trap:
    """Creates a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


@pytest.mark.parametrize("name", ["dmpls", "marker_data", "latent_labels", "something_else"])
def test_members_of_objects_are_left_alone(tmp_path, name):
    trap = np.array([Trap(tmp_path / "sprung")], dtype=object)
    motion = load_motion(amass(tmp_path / "amass.npz", 156, **{name: trap}))
    assert len(motion.poses) == 5
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("name", ["poses", "trans", "betas", "gender"])
def test_a_pickle_in_a_member_that_is_read_is_refused(tmp_path, name):
    trap = np.array([Trap(tmp_path / "sprung")], dtype=object)
    refused(amass(tmp_path / "hostile.npz", 72, **{name: trap}))
    assert not (tmp_path / "sprung").exists()


def test_a_bare_pickle_is_refused(tmp_path):
    path = tmp_path / "hostile.npz"
    path.write_bytes(pickle.dumps({"poses": Trap(tmp_path / "sprung")}))
    refused(path)
    assert not (tmp_path / "sprung").exists()


def test_a_missing_file_a_folder_and_files_of_other_kinds(tmp_path):
    assert "no file" in refused(tmp_path / "missing.npz").message
    refused(tmp_path)
    for name, data in (("empty", b""), ("text", b"poses\n"), ("zip", b"PK\x05\x06" + bytes(18))):
        (tmp_path / f"{name}.npz").write_bytes(data)
        refused(tmp_path / f"{name}.npz")
    np.save(tmp_path / "array.npy", np.zeros((5, 72)))
    refused(tmp_path / "array.npy")
    np.savez(tmp_path / "other.npz", X=np.zeros((5, 12, 3)))
    assert "no poses and no trans" in refused(tmp_path / "other.npz").message


def test_a_truncated_file_is_refused(tmp_path):
    save_motion(made_up_motion(), tmp_path / "m.npz")
    data = (tmp_path / "m.npz").read_bytes()
    for length in range(0, len(data), len(data) // 17):
        (tmp_path / "cut.npz").write_bytes(data[:length])
        refused(tmp_path / "cut.npz")


def test_a_damaged_file_is_refused_or_the_damage_hurts_nothing(tmp_path):
    save_motion(made_up_motion(), tmp_path / "m.npz")
    data = (tmp_path / "m.npz").read_bytes()
    random = np.random.default_rng(5)
    refusals = 0
    for _ in range(200):
        damaged = bytearray(data)
        for place in random.integers(0, len(data), 3):
            damaged[place] ^= int(random.integers(1, 256))
        (tmp_path / "bad.npz").write_bytes(damaged)
        try:
            motion = load_motion(tmp_path / "bad.npz")
        except RecoveryError:  # any other exception fails the test
            refusals += 1
        else:
            assert motion.poses.shape == (4, 24, 3)
    assert refusals > 150


@pytest.mark.parametrize(
    "members",
    [
        {"poses": np.zeros((5, 71))},
        {"poses": np.zeros((0, 72))},
        {"poses": np.full((5, 72), np.nan)},
        {"poses": np.full((5, 72), "a")},
        {"poses": np.zeros(())},
        {"trans": np.zeros((4, 3))},
        {"trans": np.full((5, 3), np.inf)},
        {"betas": np.full(10, np.nan)},
        {"frames": np.arange(4)},
        {"frames": np.array([0, 1, 2, 2, 3])},
        {"frames": np.linspace(0, 1, 5)},
        {"joints": np.zeros((3, 24, 3))},
        {"mocap_framerate": np.nan},
        {"mocap_framerate": np.zeros(3)},
        {"camera_focal_length": 500.0},
    ],
    ids=lambda members: "-".join(f"{k}{np.shape(v)}" for k, v in members.items()),
)
def test_members_that_do_not_fit_together_are_refused(tmp_path, members):
    refused(amass(tmp_path / "odd.npz", 72, **members))


def test_saving_below_a_file_is_refused_and_leaves_nothing(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(RecoveryError) as caught:
        save_motion(made_up_motion(), tmp_path / "file" / "m.npz")
    assert caught.value.code == "unwritable"
    assert os.listdir(tmp_path) == ["file"]


def test_saving_onto_a_folder_is_refused_and_leaves_nothing(tmp_path):
    (tmp_path / "m.npz").mkdir()
    with pytest.raises(RecoveryError) as caught:
        save_motion(made_up_motion(), tmp_path / "m.npz")
    assert caught.value.code == "unwritable"
    assert os.listdir(tmp_path) == ["m.npz"]


def test_an_interrupted_save_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    save_motion(made_up_motion(), tmp_path / "m.npz")
    before = (tmp_path / "m.npz").read_bytes()

    def interrupt(file, **arrays):
        file.write(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(np, "savez_compressed", interrupt)
    with pytest.raises(KeyboardInterrupt):
        save_motion(made_up_motion(), tmp_path / "m.npz")
    assert os.listdir(tmp_path) == ["m.npz"]
    assert (tmp_path / "m.npz").read_bytes() == before
