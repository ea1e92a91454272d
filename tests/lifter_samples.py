"""Made-up motion, and what networks might have seen of it."""

from pathlib import Path

import numpy as np

from human_mesh_recovery.inference_server.body.files import load_body
from human_mesh_recovery.inference_server.body.model import rest_joints
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
    truth = keypoint_positions(BODY, KEYPOINTS, poses, np.zeros(10), np.zeros((count, 3)))
    truth -= truth[:, HIPS].mean(axis=1, keepdims=True)
    return Detections(
        truth,
        random.normal(0, error, (count, 25, 2)),
        np.ones((count, 25)),
        truth + random.normal(0, error, truth.shape),
    )


def write_made_up_rendered(path: Path, error: float, count: int = 40) -> None:
    """A file such as scripts/detect_rendered.py writes, of people in front of a camera."""
    random = np.random.default_rng(2)
    rotations = made_up_motions().rotations[random.integers(0, 400, count)].astype(np.float64)
    rotations[:, 0] = np.diag([1.0, -1.0, -1.0]) @ rotations[:, 0]
    betas = random.normal(0, 1, (count, 10))
    pelvis = random.normal(0, 0.2, (count, 3)) + [0, 0, 4]
    trans = pelvis - rest_joints(BODY, betas)[:, 0]
    posed = keypoint_positions(BODY, KEYPOINTS, rotations, betas, trans)
    rays = posed[..., :2] / posed[..., 2:]
    size = np.ptp(rays, axis=1).max(axis=1)[:, None, None]
    relative = posed - posed[:, HIPS].mean(axis=1, keepdims=True)
    np.savez(
        path,
        rays=rays + size * random.normal(0, error, rays.shape),
        confidence=np.ones((count, 25)),
        joints_3d=relative + random.normal(0, error, relative.shape),
        rotations=rotations,
        betas=betas,
        pelvis=pelvis,
    )
