"""How far each recovered joint is to be trusted."""

import numpy as np

from ..body.skeleton import JOINT_NAMES, KEYPOINT_NAMES
from .kinematics import keypoint_positions
from .observations import BodyState
from .terms import NEAREST, OUTLIER_2D, SIGMA_2D, Problem

SHOWN_BY = {
    "pelvis": ("hip",), "hip": ("hip", "knee"), "knee": ("knee",), "ankle": ("ankle",), "foot": ("toe", "heel"),
    "spine1": ("hip", "shoulder"), "spine2": ("hip", "shoulder"), "spine3": ("hip", "shoulder"),
    "neck": ("shoulder", "nose", "ear"), "head": ("nose", "eye", "ear"), "collar": ("shoulder",),
    "shoulder": ("shoulder", "elbow"), "elbow": ("elbow",), "wrist": ("wrist",), "hand": ("index", "pinky"),
}  # fmt: skip
"""The keypoints that tell of a joint; those of its own side where the joint has one."""
SURE = 0.5
"""Radians: a joint that a network which looks at the pictures knows no better than this is hardly known."""


def joint_confidence(problem: Problem, state: BodyState) -> np.ndarray:
    """(F, 24) between 0 and 1: the networks' confidence in the keypoints that show a joint, lowered where the
    body could not be brought to agree with them, and where a network that looked at the pictures was unsure.
    """
    posed = keypoint_positions(problem.body, problem.keypoints, state.rotations, state.betas, state.trans)
    posed = problem.to_camera(posed)
    seen = problem.seen
    residual = np.linalg.norm(posed[..., :2] / np.maximum(posed[..., 2:], NEAREST) - seen.rays, axis=2)
    residual /= SIGMA_2D * OUTLIER_2D * seen.extent[:, None]
    trusted = seen.confidence / (1 + residual**2)
    confidence = np.clip(trusted @ _shares().T, 0, 1)
    if seen.predicted is None:
        return confidence
    return confidence * np.exp(-0.5 * (seen.predicted.sigma / SURE) ** 2)


def _shares() -> np.ndarray:
    """(24, K) rows that sum to 1: the part that each keypoint has in each joint's confidence."""
    shares = np.zeros((len(JOINT_NAMES), len(KEYPOINT_NAMES)))
    for row, joint in enumerate(JOINT_NAMES):
        side, _, part = joint.rpartition("_")
        for column, keypoint in enumerate(KEYPOINT_NAMES):
            keypoint_side, _, name = keypoint.rpartition("_")
            same_side = not side or not keypoint_side or side == keypoint_side
            shares[row, column] = same_side and name in SHOWN_BY[part]
    return shares / shares.sum(axis=1, keepdims=True)
