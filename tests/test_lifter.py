"""The lifter that ships: what it makes of true keypoints of the examples, and of odd input."""

from dataclasses import replace

import numpy as np
import pytest

from human_mesh_recovery.inference_server.body.files import load_body
from human_mesh_recovery.inference_server.body.model import forward_kinematics, rest_joints
from human_mesh_recovery.inference_server.body.rotation import axis_angle_to_matrix, matrix_to_axis_angle
from human_mesh_recovery.inference_server.body.skeleton import JOINT_INDEX
from human_mesh_recovery.inference_server.evaluation.commands import LIMB_JOINTS
from human_mesh_recovery.inference_server.evaluation.metrics import acceleration, pa_mpjpe
from human_mesh_recovery.inference_server.fitting.body_keypoints import attach_keypoints
from human_mesh_recovery.inference_server.fitting.kinematics import keypoint_positions
from human_mesh_recovery.inference_server.fitting.observations import Observations
from human_mesh_recovery.inference_server.lifting.features import TURNED, LifterOutput
from human_mesh_recovery.inference_server.lifting.lifter import lift
from human_mesh_recovery.inference_server.methods.keypoints import recover
from human_mesh_recovery.inference_server.methods.method import Running
from human_mesh_recovery.inference_server.motion import load_motion

BODY = load_body("free")
KEYPOINTS = attach_keypoints(BODY, BODY)
LIMBS = [JOINT_INDEX[name] for name in LIMB_JOINTS]


def seen_truly(example) -> tuple[Observations, np.ndarray]:
    """An example's true keypoints as they are seen, without 3D, and its limbs' joints (F, 12, 3) in camera axes."""
    motion = load_motion(example)
    assert motion.camera is not None
    assert motion.joints is not None
    placed = keypoint_positions(
        BODY, KEYPOINTS, axis_angle_to_matrix(motion.poses), motion.betas.astype(float), motion.trans
    )
    placed = motion.camera.to_camera(placed)
    rays = placed[..., :2] / placed[..., 2:]
    extent = np.ptp(rays, axis=1).max(axis=1)
    seen = Observations(rays, np.full(rays.shape[:2], 0.9), extent, None, motion.fps)
    return seen, motion.joints[:, LIMBS].astype(np.float64)


def limbs(lifted: LifterOutput) -> np.ndarray:
    _, joints = forward_kinematics(lifted.rotations, rest_joints(BODY, lifted.betas))
    return (joints + lifted.trans[:, None])[:, LIMBS]


def test_a_still_is_lifted_from_2d_alone(examples):
    seen, truth = seen_truly(examples / "still.npz")
    lifted = lift(seen)
    assert pa_mpjpe(limbs(lifted), truth) < 75
    assert np.abs(limbs(lifted)[0].mean(axis=0) - truth[0].mean(axis=0))[:2].max() < 0.1


def test_a_clip_is_lifted_more_steadily_than_its_frames(examples):
    seen, truth = seen_truly(examples / "walk.npz")
    together, alone = lift(seen), lift(replace(seen, fps=0.0))
    frames = np.arange(len(truth))
    assert pa_mpjpe(limbs(together), truth) < 60
    assert pa_mpjpe(limbs(alone), truth) < 65
    relative = [limbs(each) - limbs(each).mean(axis=1, keepdims=True) for each in (together, alone)]
    assert acceleration(relative[0], frames) < acceleration(relative[1], frames)


def test_twice_the_frame_rate_gives_the_same_poses(examples):
    seen, _ = seen_truly(examples / "walk.npz")
    twice = Observations(
        np.repeat(seen.rays, 2, axis=0),
        np.repeat(seen.confidence, 2, axis=0),
        np.repeat(seen.extent, 2),
        None,
        2 * seen.fps,
    )
    np.testing.assert_allclose(lift(twice).rotations, np.repeat(lift(seen).rotations, 2, axis=0), atol=1e-5)


def test_what_is_not_seen_is_less_sure(examples):
    seen, _ = seen_truly(examples / "still.npz")
    arm = [JOINT_INDEX["left_shoulder"], JOINT_INDEX["left_elbow"]]
    hidden = seen.confidence.copy()
    hidden[:, [7, 9, 21, 23]] = 0
    before, after = lift(seen).sigma, lift(replace(seen, confidence=hidden)).sigma
    assert (after[:, arm] > before[:, arm]).all()
    assert (before[:, :TURNED] < 1).all()


def test_frames_without_anybody_are_bridged(examples):
    seen, _ = seen_truly(examples / "walk.npz")
    confidence = seen.confidence.copy()
    confidence[20:40] = 0
    recovered = recover(BODY, KEYPOINTS, replace(seen, confidence=confidence), Running())
    rotations = recovered.state.rotations
    steps = np.linalg.norm(
        matrix_to_axis_angle(rotations[19:40].swapaxes(-1, -2) @ rotations[20:41]), axis=-1
    )
    assert steps.max() < 0.2
    assert recovered.target is not None
    assert (recovered.target.sigma[20:40] >= 1).all()


def test_nothing_at_all_is_no_error():
    empty = Observations(np.zeros((3, 25, 2)), np.zeros((3, 25)), np.ones(3), np.zeros((3, 25, 3)), 25.0)
    lifted = lift(empty)
    for values in (lifted.rotations, lifted.betas, lifted.trans, lifted.sigma):
        assert np.isfinite(values).all()


@pytest.mark.parametrize("count", [1, 7, 8, 9, 60])
def test_clips_of_any_length(examples, count):
    seen, _ = seen_truly(examples / "walk.npz")
    cut = Observations(seen.rays[:count], seen.confidence[:count], seen.extent[:count], None, 25.0)
    assert lift(cut).rotations.shape == (count, 24, 3, 3)
