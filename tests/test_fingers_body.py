"""The free body's fingers: where they are straight, what bends with them, and that all else is as without."""

import hashlib

import numpy as np
import pytest

from human_mesh_recovery.inference_server.body.files import FREE_BODY, FREE_FINGERS, load_body
from human_mesh_recovery.inference_server.body.fingers import HANDS, WRISTS
from human_mesh_recovery.inference_server.body.model import (
    pose_body,
    rest_joints,
    rest_rig,
    rest_tips,
    rest_vertices,
)
from human_mesh_recovery.inference_server.body.skeleton import (
    FINGER_NAMES,
    JOINT_NAMES,
    RIG_NAMES,
    RIG_PARENTS,
)

FREE = load_body("free")
MIRROR = np.array([-1.0, 1.0, 1.0])


def fingers():
    assert FREE.fingers is not None
    return FREE.fingers


def curl(side: str, angle: float) -> np.ndarray:
    """(1, 30, 3): every joint of one hand's long fingers bent towards the palm, as SMPL-H does it: about Z."""
    poses = np.zeros((1, 30, 3))
    for index, name in enumerate(FINGER_NAMES):
        if name.startswith(side) and "thumb" not in name:
            poses[0, index, 2] = -angle if side == "left" else angle
    return poses


def test_fingers_hang_from_the_wrists_in_chains():
    assert len(RIG_NAMES) == len(RIG_PARENTS) == 54
    for index, name in enumerate(FINGER_NAMES, start=len(JOINT_NAMES)):
        side, _, part = name.partition("_")
        parent = f"{side}_wrist" if part[-1] == "1" else f"{side}_{part[:-1]}{int(part[-1]) - 1}"
        assert RIG_NAMES[RIG_PARENTS[index]] == parent


def test_the_fingers_are_few_kilobytes_and_the_body_that_others_learned_from_is_untouched():
    assert FREE_FINGERS.stat().st_size < 50_000
    digest = hashlib.sha256(FREE_BODY.read_bytes()).hexdigest()
    assert digest == "6222f8e0c6827480fef03a867a2a10f9bb9772243157592750f58728fcca7aa6"


def test_weights_are_shares_and_the_hand_s_go_to_the_fingers():
    weights = fingers().weights
    assert weights.shape == (len(FREE.template), 54) and (weights >= 0).all()
    np.testing.assert_allclose(weights.sum(axis=1), 1, atol=1e-12)
    others = np.setdiff1d(np.arange(24), [*WRISTS, *HANDS])
    np.testing.assert_allclose(weights[:, others], FREE.weights[:, others], atol=1e-6)
    assert not weights[:, HANDS].any()
    assert (weights[:, 24:].max(axis=0) > 0.75).all()


@pytest.mark.parametrize("betas", [np.zeros(10), np.array([2.0, -1, 1, 0, 0, 1, 0, 0, -1, 0])])
def test_straight_fingers_are_straight_and_mirrored(betas: np.ndarray):
    joints, tips = rest_rig(FREE, betas), rest_tips(FREE, betas)
    np.testing.assert_array_equal(joints[:24], rest_joints(FREE, betas))
    left, right = joints[24:39], joints[39:]
    np.testing.assert_allclose(left, right * MIRROR, atol=1e-4)
    for finger in range(4):
        parts = np.diff(
            np.concatenate([left[3 * finger : 3 * finger + 3], tips[finger : finger + 1]]), axis=0
        )
        parts /= np.linalg.norm(parts, axis=1, keepdims=True)
        assert parts[0] @ parts[2] > 0.98 and parts[1] @ parts[2] > 0.995
        assert abs(parts[:, 1]).max() < 0.12, "in the palm's plane"


def test_a_pose_of_zero_shows_the_straight_surface_and_none_the_body_s_own():
    betas = np.array([1.0, 0.5, *[0.0] * 8])
    poses, trans = np.zeros((1, 24, 3)), np.zeros((1, 3))
    plain, _ = pose_body(FREE, poses, betas, trans)
    np.testing.assert_allclose(plain[0], rest_vertices(FREE, betas), atol=1e-12)
    straight, joints = pose_body(FREE, poses, betas, trans, np.zeros((1, 30, 3)))
    own = fingers().template + fingers().shape_directions @ betas
    np.testing.assert_allclose(straight[0], own, atol=1e-12)
    assert joints.shape == (1, 24, 3)
    moved = np.linalg.norm(straight[0] - plain[0], axis=1) > 1e-5
    assert 0.1 < moved.mean() < 0.2
    assert (fingers().weights[moved, 24:].sum(axis=1) > 0).all(), "nothing but hands"


@pytest.mark.parametrize("side", ["left", "right"])
def test_fingers_close_into_the_palm(side: str):
    """Palms look down at rest; a fist's finger tips lie below the knuckles and nearer to the wrist than they did."""
    posed, _ = pose_body(FREE, np.zeros((1, 24, 3)), np.zeros(10), np.zeros((1, 3)), curl(side, 1.2))
    own = slice(0, 4) if side == "left" else slice(5, 9)
    tips, start = posed[0, fingers().tips[own]], fingers().template[fingers().tips[own]]
    wrist = rest_joints(FREE, np.zeros(10))[WRISTS[0 if side == "left" else 1]]
    assert (tips[:, 1] < start[:, 1] - 0.01).all()
    assert (np.linalg.norm(tips - wrist, axis=1) < 0.75 * np.linalg.norm(start - wrist, axis=1)).all()
    other = posed[0, fingers().tips[5:] if side == "left" else fingers().tips[:5]]
    rest = fingers().template[fingers().tips[5:] if side == "left" else fingers().tips[:5]]
    np.testing.assert_allclose(other, rest, atol=1e-12)


def test_the_hand_joint_s_own_pose_moves_no_finger():
    poses = np.zeros((1, 24, 3))
    poses[0, HANDS, 2] = 0.8
    straight = np.zeros((1, 30, 3))
    with_turn, _ = pose_body(FREE, poses, np.zeros(10), np.zeros((1, 3)), straight)
    without, _ = pose_body(FREE, np.zeros((1, 24, 3)), np.zeros(10), np.zeros((1, 3)), straight)
    np.testing.assert_allclose(with_turn, without, atol=1e-12)
