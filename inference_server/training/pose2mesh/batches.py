"""Batches for Pose2Mesh: a 2D pose as a network finds it, the 3D pose, and the mesh."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ...body.model import Body, pose_body
from ...body.rotation import axis_angle_to_matrix
from ...fitting.body_keypoints import BodyKeypoints
from ...fitting.kinematics import keypoint_positions
from ...mesh_graphs.joint_sets import JointSet
from ...methods.pose2mesh.poses import joint_positions, standardise
from .bodies import Bodies, Random, draw
from .errors_2d import detected

NEAREST = 0.1
"""Metres; no joint is taken to be nearer to the camera than this."""


@dataclass(frozen=True)
class Batch:
    pose: Tensor
    """(B, J, 2) standardised."""
    true_pose: Tensor
    """(B, J, 3) millimetres from the root joint."""
    true_mesh: Tensor
    """(B, V, 3) metres from the root joint."""

    def to(self, device: torch.device) -> "Batch":
        return Batch(self.pose.to(device), self.true_pose.to(device), self.true_mesh.to(device))


def make_batch(
    body: Body,
    keypoints: BodyKeypoints,
    joint_set: JointSet,
    sources: list[Bodies],
    random: Random,
    count: int,
) -> Batch:
    """As many from every source. The joints are the body's own keypoints, as networks see them, not the authors'
    regressors', which are made of SMPL.
    """
    shares = np.diff(np.linspace(0, count, len(sources) + 1).round().astype(int))
    drawn = [draw(source, random, share) for source, share in zip(sources, shares.tolist(), strict=True)]
    poses, betas, trans = (np.concatenate(parts) for parts in zip(*drawn, strict=True))
    vertices, _ = pose_body(body, poses, betas, trans)
    rotations = axis_angle_to_matrix(poses)
    points = keypoint_positions(body, keypoints, rotations, betas, trans)
    joints = joint_positions(joint_set, points)
    seen = joints[..., :2] / np.maximum(joints[..., 2:], NEAREST)
    root = joints[:, joint_set.root, None]
    return Batch(
        torch.from_numpy(standardise(detected(joint_set, seen, random))),
        torch.from_numpy((1000 * (joints - root)).astype(np.float32)),
        torch.from_numpy((vertices - root).astype(np.float32)),
    )
