"""The .bvh writer, without Blender."""

from dataclasses import replace

import numpy as np
import pytest

from human_mesh_recovery.inference_server.body import rotation
from human_mesh_recovery.inference_server.body.axes import Y_UP_TO_Z_UP
from human_mesh_recovery.inference_server.body.files import load_body
from human_mesh_recovery.inference_server.body.model import forward_kinematics, rest_joints, rest_rig
from human_mesh_recovery.inference_server.body.skeleton import JOINT_NAMES, RIG_NAMES, RIG_PARENTS
from human_mesh_recovery.inference_server.bvh import euler_zxy, write_bvh
from human_mesh_recovery.inference_server.errors import RecoveryError
from human_mesh_recovery.inference_server.resampling import even_positions, resample
from human_mesh_recovery.tests.scene_samples import walking


def test_smpl_s_axes_are_stood_up():
    left, up, ahead = np.eye(3)
    assert np.allclose(Y_UP_TO_Z_UP @ left, (1, 0, 0))
    assert np.allclose(Y_UP_TO_Z_UP @ up, (0, 0, 1))
    assert np.allclose(Y_UP_TO_Z_UP @ ahead, (0, -1, 0))
    assert np.linalg.det(Y_UP_TO_Z_UP) == 1.0


def axis_turn(axis: int, degrees: np.ndarray) -> np.ndarray:
    return rotation.axis_angle_to_matrix(np.radians(degrees)[..., None] * np.eye(3)[axis])


def test_euler_angles_give_the_rotation_back():
    random = np.random.default_rng(0)
    vectors = random.normal(0, 1.5, (50, 24, 3))
    vectors[0, 0] = (np.pi / 2, 0, 0)  # locked
    vectors[1, 0] = (-np.pi / 2, 0, 0)
    matrices = rotation.axis_angle_to_matrix(vectors)
    matrices[2, 0] = (
        axis_turn(2, np.array(40.0)) @ axis_turn(0, np.array(90.0)) @ axis_turn(1, np.array(25.0))
    )
    z, x, y = np.moveaxis(euler_zxy(matrices), -1, 0)
    assert np.allclose(axis_turn(2, z) @ axis_turn(0, x) @ axis_turn(1, y), matrices, atol=1e-6)


def test_euler_angles_do_not_jump_by_a_turn():
    turning = axis_turn(1, np.linspace(0, 1000, 200))[:, None]
    assert np.abs(np.diff(euler_zxy(turning), axis=0)).max() < 10


def parse(text: str) -> tuple[list[str], list[int], np.ndarray, float, np.ndarray]:
    """Names, parents, offsets (24, 3), frame time and channels (F, 75) of a file, read as the format says."""
    names, parents, offsets, stack = [], [], [], []
    head, table = text.split("MOTION\n")
    in_end = False
    for line in head.splitlines():
        word, *rest = line.split()
        if word in ("ROOT", "JOINT"):
            parents.append(stack[-1] if stack else -1)
            names.append(rest[0])
        elif word == "End":
            in_end = True
        elif word == "{":
            stack.append(-2 if in_end else len(names) - 1)
        elif word == "}":
            stack.pop()
            in_end = False
        elif word == "OFFSET" and not in_end:
            offsets.append([float(value) for value in rest])
    lines = table.splitlines()
    rows = np.array([[float(value) for value in line.split()] for line in lines[2:]])
    assert int(lines[0].split(":")[1]) == len(rows)
    return names, parents, np.array(offsets), float(lines[1].split(":")[1]), rows


def test_read_by_the_format_s_rules_the_joints_stand_where_the_body_has_them(tmp_path):
    motion = walking(20, first=5)
    body = load_body("free")
    write_bvh(motion, body, tmp_path / "a.bvh")
    names, parents, offsets, frame_time, rows = parse((tmp_path / "a.bvh").read_text())
    assert sorted(names) == sorted(JOINT_NAMES)
    assert frame_time == pytest.approx(1 / 30, abs=1e-7)
    assert rows.shape == (20, 3 + 72)
    turned, places = {}, {}
    for index, name in enumerate(names):
        z, x, y = rows[:, 3 + 3 * index : 6 + 3 * index].T
        local = axis_turn(2, z) @ axis_turn(0, x) @ axis_turn(1, y)
        if parents[index] < 0:
            turned[name], places[name] = local, rows[:, :3]
        else:
            parent = names[parents[index]]
            turned[name] = turned[parent] @ local
            places[name] = places[parent] + turned[parent] @ offsets[index]
    _, joints = forward_kinematics(
        rotation.axis_angle_to_matrix(motion.poses), rest_joints(body, motion.betas)
    )
    joints = joints + motion.trans[:, None]
    for joint, name in enumerate(JOINT_NAMES):
        x, y, z = places[name].T  # Y up, +Z ahead -> Z up, -Y ahead
        assert np.abs(np.stack([x, -z, y], axis=1) - joints[:, joint]).max() < 1e-4


def test_an_unwritable_file_is_a_clear_error(tmp_path):
    with pytest.raises(RecoveryError) as caught:
        write_bvh(walking(3), load_body("free"), tmp_path / "no folder" / "a.bvh")
    assert caught.value.code == "unwritable"
    assert "no folder" in caught.value.message


def test_resampling_keeps_the_time_and_the_motion():
    motion = walking(40, first=10)
    same = resample(motion, even_positions([motion], 30.0))
    assert same.frames.tolist() == list(range(40))
    assert np.allclose(same.trans, motion.trans, atol=1e-9)
    double = resample(motion, even_positions([motion], 60.0))
    assert double.frames.tolist() == list(range(79))
    assert np.allclose(double.trans[::2], motion.trans, atol=1e-9)
    assert np.allclose(double.quaternions[::2], same.quaternions, atol=1e-9)
    half = rotation.slerp(same.quaternions[7], same.quaternions[8], np.full(24, 0.5))
    assert np.allclose(double.quaternions[15], half, atol=1e-9)
    slower = resample(motion, even_positions([motion], 24.0))
    assert slower.frames[-1] == 31  # 39 / 30 s
    assert np.abs(np.diff(slower.quaternions, axis=0)).max() < 0.5


def test_resampling_starts_a_later_person_later_and_fills_gaps():
    motion = walking(10, first=6)
    motion.frames = np.concatenate([np.arange(6, 11), np.arange(14, 19)])
    samples = resample(motion, even_positions([walking(19), motion], 15.0))
    assert samples.frames.tolist() == [3, 4, 5, 6, 7, 8, 9]
    assert np.allclose(samples.trans[3], motion.trans[4] + (motion.trans[5] - motion.trans[4]) * 0.5)


def test_a_rounded_rate_is_the_same_rate():
    motion = walking(2000, fps=24 / 1.001)
    samples = resample(motion, even_positions([motion], 23.98))
    assert len(samples.frames) == 2000
    assert np.allclose(samples.trans, motion.trans, atol=1e-9)


def test_a_single_picture_is_one_sample():
    motion = walking(1)
    motion.fps = 0.0
    samples = resample(motion, even_positions([motion], 25.0))
    assert samples.frames.tolist() == [0]
    assert samples.quaternions.shape == (1, 24, 4)


def test_fingers_are_joints_of_the_file(tmp_path):
    hands = np.random.default_rng(1).normal(0, 0.4, (9, 30, 3))
    motion = replace(walking(9), hand_poses=hands)
    body = load_body("free")
    write_bvh(motion, body, tmp_path / "hands.bvh")
    names, parents, offsets, _, channels = parse((tmp_path / "hands.bvh").read_text())
    assert sorted(names) == sorted(RIG_NAMES) and channels.shape == (9, 3 + 3 * len(RIG_NAMES))
    rest = rest_rig(body, motion.betas)
    for index, name in enumerate(names):
        own = RIG_NAMES.index(name)
        if index:
            assert RIG_NAMES.index(names[parents[index]]) == RIG_PARENTS[own]
            np.testing.assert_allclose(offsets[index], rest[own] - rest[RIG_PARENTS[own]], atol=1e-5)
        if own < len(JOINT_NAMES):
            continue
        z, x, y = channels[:, 3 + 3 * index : 6 + 3 * index].T
        expected = rotation.axis_angle_to_matrix(hands[:, own - len(JOINT_NAMES)])
        found = axis_turn(2, z) @ axis_turn(0, x) @ axis_turn(1, y)
        np.testing.assert_allclose(found, expected, atol=1e-4)
    write_bvh(walking(9), body, tmp_path / "none.bvh")
    assert sorted(parse((tmp_path / "none.bvh").read_text())[0]) == sorted(JOINT_NAMES)
