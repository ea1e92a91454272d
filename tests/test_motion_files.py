"""Anybody's motion into the set that is trained on."""

from pathlib import Path

import numpy as np
import pytest

from human_mesh_recovery.inference_server.body import rotation
from human_mesh_recovery.inference_server.body.axes import Y_UP_TO_Z_UP
from human_mesh_recovery.inference_server.body.files import load_body
from human_mesh_recovery.inference_server.body.model import forward_kinematics
from human_mesh_recovery.inference_server.body.skeleton import JOINT_INDEX, PARENTS
from human_mesh_recovery.inference_server.bvh import write_bvh
from human_mesh_recovery.inference_server.motion import save_motion
from human_mesh_recovery.inference_server.resampling import even_positions, resample
from human_mesh_recovery.inference_server.training.motion_files.bone_names import normal_form
from human_mesh_recovery.inference_server.training.motion_files.gather import read_clips
from human_mesh_recovery.tests.made_up_bvh import (
    ARMS_DOWN,
    BIOVISION,
    CHARACTER_CREATOR,
    MIXAMO,
    Rig,
    bvh_text,
    smooth_poses,
)
from human_mesh_recovery.tests.scene_samples import walking

BODY = slice(0, 22)
LIMBS = [JOINT_INDEX[f"{side}_{part}"] for side in ("left", "right")
         for part in ("knee", "ankle", "foot", "elbow", "wrist", "hand")]  # fmt: skip


@pytest.fixture
def poses() -> np.ndarray:
    return smooth_poses()


def angles(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Degrees between rotations given as axis-angle (..., 3)."""
    ways = rotation.axis_angle_to_matrix(first).swapaxes(-1, -2) @ rotation.axis_angle_to_matrix(second)
    return np.degrees(np.linalg.norm(rotation.matrix_to_axis_angle(ways), axis=-1))


def bones(poses: np.ndarray) -> np.ndarray:
    """(F, 24, 3) the direction of the bone that ends in each joint, of the free body with Y up."""
    joints = forward_kinematics(rotation.axis_angle_to_matrix(poses), load_body("free").joint_template)[1]
    vectors = joints - joints[:, PARENTS]
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)


def read(path: Path) -> np.ndarray:
    [clip] = read_clips(path, path.stem)
    return clip.poses.astype(np.float64)


@pytest.mark.parametrize(
    ("name", "side", "core"),
    [
        ("mixamorig:LeftForeArm", "left", "forearm"),
        ("CC_Base_R_Upperarm", "right", "upperarm"),
        ("Bip01 L Thigh", "left", "thigh"),
        ("upper_arm.R", "right", "upperarm"),
        ("lShldr", "left", "shldr"),
        ("rfemur", "right", "femur"),
        ("LeftToeBase", "left", "toebase"),
        ("J_Bip_C_Head", "", "head"),
        ("LHipJoint", "left", "hipjoint"),
        ("lowerback", "", "lowerback"),
        ("neck_01", "", "neck"),
    ],
)
def test_names_in_normal_form(name: str, side: str, core: str):
    assert normal_form(name) == (side, core)


def test_this_program_s_own_bvh_comes_back(tmp_path: Path):
    motion = walking()
    write_bvh(motion, load_body(), tmp_path / "walk.bvh", fps=30)
    samples = resample(motion, even_positions([motion], 30))
    expected = rotation.quaternion_to_matrix(samples.quaternions)
    expected[:, 0] = Y_UP_TO_Z_UP.T @ expected[:, 0]
    back = read(tmp_path / "walk.bvh")
    assert angles(back, rotation.matrix_to_axis_angle(expected))[:, BODY].max() < 0.01


@pytest.mark.parametrize(
    "rig",
    [
        Rig(MIXAMO, "mixamorig:", ARMS_DOWN, order="XYZ"),
        Rig(CHARACTER_CREATOR, "CC_Base_", ARMS_DOWN, axes=Y_UP_TO_Z_UP, world=Y_UP_TO_Z_UP, order="YXZ"),
        Rig(CHARACTER_CREATOR, "CC_Base_", ARMS_DOWN, axes=Y_UP_TO_Z_UP),
        Rig(MIXAMO, "", ARMS_DOWN, world=Y_UP_TO_Z_UP),
        Rig(BIOVISION, "", {"shoulder": (0, 0, -88)}, scale=1.0),
    ],
)
def test_limbs_point_as_they_did_from_any_rest(rig: Rig, poses: np.ndarray, tmp_path: Path):
    (tmp_path / "other.bvh").write_text(bvh_text(rig, poses), encoding="ascii")
    back = read(tmp_path / "other.bvh")
    cosines = (bones(back) * bones(poses)).sum(-1)[:, LIMBS]
    assert np.degrees(np.arccos(np.clip(cosines, -1, 1))).max() < 0.5
    trunk = [JOINT_INDEX[name] for name in ("pelvis", "spine1", "spine2", "spine3", "neck", "head")]
    assert angles(back, poses)[:, trunk].max() < 0.1


def test_any_frame_rate_becomes_thirty(poses: np.ndarray, tmp_path: Path):
    for fps, count in ((60.0, 16), (20.0, 46)):
        (tmp_path / "rate.bvh").write_text(bvh_text(Rig(MIXAMO, fps=fps), poses), encoding="ascii")
        places = np.arange(count) * fps / 30
        before = places.round(6).astype(int)
        quaternions = rotation.axis_angle_to_quaternion(poses)
        ends = quaternions[before], quaternions[np.minimum(before + 1, 30)]
        between = rotation.slerp(*ends, np.broadcast_to((places - before)[:, None], ends[0].shape[:2]))
        back = read(tmp_path / "rate.bvh")
        assert len(back) == count
        assert angles(back, rotation.quaternion_to_axis_angle(between))[:, BODY].max() < 0.1


def test_a_spine_of_one_joint_is_shared_out(poses: np.ndarray, tmp_path: Path):
    poses[:, 1:] = 0
    poses[:, JOINT_INDEX["spine1"]] = (0.6, 0, 0)
    text = bvh_text(Rig(MIXAMO), poses)
    lines = text.splitlines()
    for name in ("Spine1", "Spine2"):  # taken out, with its brace, its offset and its channels
        row = next(number for number, line in enumerate(lines) if line.endswith(f" {name} {{"))
        end = len(lines) - 1 - lines[::-1].index("MOTION")
        del lines[row : row + 3]
        closing = [number for number, line in enumerate(lines[: end - 3]) if line == "}"][-1]
        del lines[closing]
    start = lines.index("MOTION") + 3
    order = [line.split()[1] for line in text.splitlines() if line.startswith(("ROOT", "JOINT"))]
    gone = {6 + 3 * (order.index(name) - 1) + k for name in ("Spine1", "Spine2") for k in range(3)}
    for row in range(start, len(lines)):
        lines[row] = " ".join(word for k, word in enumerate(lines[row].split()) if k not in gone)
    (tmp_path / "stiff.bvh").write_text("\n".join(lines), encoding="ascii")
    back = read(tmp_path / "stiff.bvh")
    for name in ("spine1", "spine2", "spine3"):
        assert np.allclose(back[:, JOINT_INDEX[name]], (0.2, 0, 0), atol=1e-4)


@pytest.mark.parametrize("width", [66, 72, 156, 165])
def test_amass_comes_back_exactly(width: int, poses: np.ndarray, tmp_path: Path):
    standing = poses.copy()
    standing[:, 0] = rotation.matrix_to_axis_angle(
        Y_UP_TO_Z_UP @ rotation.axis_angle_to_matrix(standing[:, 0])
    )
    flat = np.full((31, 165), 0.3)
    flat[:, :66] = standing[:, :22].reshape(31, -1)
    np.savez(tmp_path / "amass.npz", poses=flat[:, :width], mocap_framerate=30.0)
    np.savez(tmp_path / "parts.npz", root_orient=flat[:, :3], pose_body=flat[:, 3:66], mocap_frame_rate=30.0)
    for name in ("amass.npz", "parts.npz"):
        back = read(tmp_path / name)
        assert np.array_equal(back[:, 1:], poses[:, 1:].astype(np.float32))
        assert np.allclose(back[:, 0], poses[:, 0], atol=1e-6)
    np.savez(tmp_path / "fast.npz", poses=flat[:, :width], mocap_framerate=120.0)
    assert np.array_equal(read(tmp_path / "fast.npz")[:, 1:], poses[::4, 1:].astype(np.float32))


def test_this_program_s_results_are_read(tmp_path: Path):
    motion = walking()
    save_motion(motion, tmp_path / "walk.npz")
    samples = resample(motion, even_positions([motion], 30))
    expected = rotation.quaternion_to_axis_angle(samples.quaternions)
    assert angles(read(tmp_path / "walk.npz")[: len(expected), 1:22], expected[:, 1:22]).max() < 0.1


SKELETON = """:version 1.10
:root
  order TX TY TZ RX RY RZ
:bonedata
{bones}
:hierarchy
  begin
    root lfemur rfemur thorax
    lfemur ltibia
    rfemur rtibia
    thorax head lhumerus rhumerus
    lhumerus lradius
    rhumerus rradius
  end
"""
DIRECTIONS = {
    "lfemur": "0.342 -0.94 0", "rfemur": "-0.342 -0.94 0", "ltibia": "0.342 -0.94 0", "rtibia": "-0.342 -0.94 0",
    "thorax": "0 1 0", "head": "0 1 0", "lhumerus": "1 0 0", "rhumerus": "-1 0 0", "lradius": "1 0 0",
    "rradius": "-1 0 0",
}  # fmt: skip


def test_acclaim_pairs_are_read(tmp_path: Path):
    """A knee that bends about its own axis, in legs that rest 20 degrees apart; 120 frames a second."""
    bones = "\n".join(
        f"begin\n id 1\n name {name}\n direction {direction}\n length 5\n"
        f" axis 0 0 {20 if name == 'ltibia' else 0} XYZ\n dof rx\n limits (0 1)\nend"
        for name, direction in DIRECTIONS.items()
    )
    (tmp_path / "07.asf").write_text(SKELETON.format(bones=bones), encoding="ascii")
    rows = [f"{number + 1}\nroot 0 9 0 0 30 0\nltibia {number}" for number in range(9)]
    (tmp_path / "07_01.amc").write_text("#\n:FULLY-SPECIFIED\n:DEGREES\n" + "\n".join(rows), encoding="ascii")
    back = read(tmp_path / "07_01.amc")
    assert len(back) == 3
    assert np.allclose(np.degrees(back[:, 0]), (0, 30, 0), atol=1e-4)
    turned = np.degrees(
        np.linalg.norm(back[:, JOINT_INDEX["left_knee"]] - back[0, JOINT_INDEX["left_knee"]], axis=-1)
    )
    assert np.allclose(turned, (0, 4, 8), atol=0.05)
    (tmp_path / "07.asf").unlink()
    with pytest.raises(ValueError, match=r"07\.asf"):
        read(tmp_path / "07_01.amc")
