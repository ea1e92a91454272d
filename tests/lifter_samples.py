"""Made-up motion, and what networks might have seen of it."""

import numpy as np

from human_mesh_recovery.inference_server.body.files import load_body
from human_mesh_recovery.inference_server.body.rotation import axis_angle_to_matrix
from human_mesh_recovery.inference_server.fitting.body_keypoints import attach_keypoints
from human_mesh_recovery.inference_server.fitting.kinematics import keypoint_positions
from human_mesh_recovery.inference_server.fitting.observations import HIPS
from human_mesh_recovery.inference_server.training.lifter.detections import Detections
from human_mesh_recovery.inference_server.training.motions import Motions

BODY = load_body("free")
KEYPOINTS = attach_keypoints(BODY, BODY)


def made_up_motions(clips: int = 14, frames: int = 40) -> Motions:
    """Every clip swings from one random pose to another."""
    random = np.random.default_rng(0)
    ends = random.normal(0, 0.2, (2, clips, 1, 24, 3))
    poses = ends[0] + (ends[1] - ends[0]) * np.linspace(0, 1, frames)[:, None, None]
    rotations = axis_angle_to_matrix(poses.reshape(-1, 24, 3)).astype(np.float32)
    return Motions(rotations, np.repeat(np.arange(clips), frames), 30.0)


def made_up_detections(error: float, count: int = 40) -> Detections:
    random = np.random.default_rng(1)
    poses = made_up_motions().rotations[random.integers(0, 400, count)].astype(np.float64)
    truth = np.concatenate(
        [keypoint_positions(BODY, KEYPOINTS, pose[None], np.zeros(10), np.zeros((1, 3))) for pose in poses]
    )
    truth -= truth[:, HIPS].mean(axis=1, keepdims=True)
    return Detections(
        truth,
        random.normal(0, error, (count, 25, 2)),
        np.ones((count, 25)),
        truth + random.normal(0, error, truth.shape),
    )
