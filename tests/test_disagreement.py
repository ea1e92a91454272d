"""Where a predicted pose is not what the keypoints see, it is believed less."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from human_mesh_recovery.inference_server.body.files import load_body
from human_mesh_recovery.inference_server.body.rotation import axis_angle_to_matrix
from human_mesh_recovery.inference_server.body.skeleton import JOINT_INDEX, JOINT_NAMES, KEYPOINT_INDEX
from human_mesh_recovery.inference_server.evaluation.metrics import pa_mpjpe
from human_mesh_recovery.inference_server.fitting.body_keypoints import attach_keypoints
from human_mesh_recovery.inference_server.fitting.kinematics import keypoint_positions
from human_mesh_recovery.inference_server.fitting.observations import BodyState, Observations
from human_mesh_recovery.inference_server.methods import predicted
from human_mesh_recovery.inference_server.methods.disagreement import disagreement
from human_mesh_recovery.inference_server.motion import load_motion
from human_mesh_recovery.inference_server.people.predictions import Prediction
from human_mesh_recovery.inference_server.pipeline import solve_seen
from human_mesh_recovery.inference_server.solve import SolveSettings
from human_mesh_recovery.tests.true_tracks import see_truly, seen_people

BODY = load_body("free")
KEYPOINTS = attach_keypoints(BODY, BODY)
LEFT_ARM = [JOINT_INDEX[f"left_{part}"] for part in ("collar", "shoulder", "elbow", "wrist")]


def facing() -> BodyState:
    """Somebody in the rest pose before the camera, twice."""
    rotations = np.tile(np.eye(3), (2, 24, 1, 1))
    rotations[:, 0] = axis_angle_to_matrix(np.array([np.pi, 0, 0]))
    return BodyState(rotations, np.zeros(10), np.tile([0.0, 0.0, 4.0], (2, 1)))


def seen(state: BodyState) -> Observations:
    points = keypoint_positions(BODY, KEYPOINTS, state.rotations, state.betas, state.trans)
    return Observations(points[..., :2] / points[..., 2:], np.ones((2, 25)), np.full(2, 0.4), None, 25.0)


def turned(state: BodyState, joint: str, angle: float) -> BodyState:
    """In the second frame about the line of sight."""
    rotations = state.rotations.copy()
    rotations[1, JOINT_INDEX[joint]] = axis_angle_to_matrix(np.array([0, 0, angle]))
    return replace(state, rotations=rotations)


def test_what_is_seen_as_it_is_said_is_not_doubted():
    assert disagreement(BODY, KEYPOINTS, seen(facing()), facing()).max() < 1e-9


@pytest.mark.parametrize("angle", [0.2, 1.2])
def test_an_arm_that_is_seen_elsewhere_is_doubted_and_nothing_else_is(angle: float):
    doubt = disagreement(BODY, KEYPOINTS, seen(turned(facing(), "left_shoulder", angle)), facing())
    assert not doubt[0].any()
    chord = 2 * np.sin(angle / 2)
    assert doubt[1, JOINT_INDEX["left_shoulder"]] == pytest.approx(chord, rel=0.05)
    assert (doubt[1, LEFT_ARM] > 0.8 * chord).all()
    others = [joint for joint in range(len(JOINT_NAMES)) if joint not in LEFT_ARM]
    assert doubt[1, others].max() < 0.05


def test_keypoints_that_are_unsure_doubt_nothing():
    shown = seen(turned(facing(), "right_knee", 0.8))
    knee, ankle = JOINT_INDEX["right_knee"], KEYPOINT_INDEX["right_ankle"]
    assert disagreement(BODY, KEYPOINTS, shown, facing())[1, knee] > 0.7
    shown.confidence[1, ankle] = 0.1
    assert disagreement(BODY, KEYPOINTS, shown, facing())[1, knee] < 0.1


def test_a_clip_follows_its_keypoints_where_the_network_is_wrong(
    examples: Path, monkeypatch: pytest.MonkeyPatch
):
    """It says that the arms are stretched out, which hang; of the rest it is right."""
    motion = load_motion(examples / "walk.npz")
    assert motion.joints is not None
    truth, count = see_truly(motion), len(motion.frames)
    said = truth.rotations.copy()
    arms = [
        JOINT_INDEX[f"{side}_{part}"]
        for side in ("left", "right")
        for part in ("collar", "shoulder", "elbow")
    ]
    said[:, arms] = np.eye(3)
    prediction = Prediction(
        motion.frames,
        said,
        np.tile(motion.betas, (count, 1)),
        np.full((count, 24), np.radians(12)),
        truth.centres,
        np.ones(count, bool),
    )
    seen_of_it, settings = seen_people(motion, truth, "hmr", prediction), SolveSettings("hmr")
    errors = []
    for _ in range(2):
        (solved,) = solve_seen(seen_of_it, settings, [])
        assert solved.joints is not None
        errors.append(pa_mpjpe(solved.joints.astype(np.float64), motion.joints.astype(np.float64)))
        monkeypatch.setattr(
            predicted, "disagreement", lambda *_: np.zeros((count, 24))
        )  # as if nothing were doubted
    assert errors[0] < 35
    assert errors[0] < 0.2 * errors[1]
