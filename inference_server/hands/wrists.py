"""How the palms are turned, which the hands' own points tell better than the body's: the wrists follow them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from scipy.linalg import solveh_banded

from ..body.files import load_body
from ..body.fingers import HANDS, WRISTS
from ..body.model import forward_kinematics, rest_joints
from ..body.rotation import axis_angle_to_matrix, matrix_to_axis_angle
from ..body.skeleton import PARENTS
from ..fitting.fingers import second_difference_bands
from ..motion import Motion

SIGMA: Final = np.radians(12.0)
"""How far a palm's turn usually is off where the network is sure."""
BODY_SIGMA: Final = np.radians(45.0)
"""How far the wrist that was solved of the body's keypoints is."""
SMOOTH: Final = 0.05
"""Seconds: shorter wiggles are calmed, at a smoothing of 1."""
AGREEING, CONTRARY = np.radians(50.0), np.radians(90.0)
"""A palm that is turned by less than the first from where the body's keypoints have it is believed, one that is turned
by more than the second is not: seen from its edge, a hand looks like the other one from behind.
"""
FOREARM_SHARE: Final = 0.5
"""Of what the hand is turned about the forearm's axis: the elbow takes it, as the bones of the forearm do."""


@dataclass(frozen=True)
class SeenPalm:
    """One hand's palm in those of a motion's frames in which it was seen."""

    rows: np.ndarray
    """(G,)."""
    rotations: np.ndarray
    """(G, 3, 3) from the rest pose into the world."""
    confidence: np.ndarray
    """(G,) 0 to 1."""


def agreement(motion: Motion, palms: Sequence[SeenPalm]) -> list[np.ndarray]:
    """For the left and the right hand (G,) 0 to 1: how well its palms go with the arm that was solved."""
    local, turned, _ = _rotations(motion)
    agreeing = []
    for wrist, palm in zip(WRISTS, palms, strict=True):
        angle = np.linalg.norm(_changes(local, turned, wrist, palm), axis=1)
        agreeing.append(np.clip((CONTRARY - angle) / (CONTRARY - AGREEING), 0, 1))
    return agreeing


def turn_wrists(motion: Motion, palms: Sequence[SeenPalm], smoothing: float) -> Motion:
    """The motion with wrists that follow the palms of the left and the right hand.

    Poses of wrists and elbows change, and the places of the hands.
    """
    local, turned, rest = _rotations(motion)
    smooth = SMOOTH * smoothing * motion.fps
    for wrist, palm in zip(WRISTS, palms, strict=True):
        elbow = PARENTS[wrist]
        axis = rest[wrist] - rest[elbow]
        axis /= np.linalg.norm(axis)
        change = _smoothed(len(local), palm, _changes(local, turned, wrist, palm), smooth)
        change = axis_angle_to_matrix(change)
        twist = axis_angle_to_matrix(FOREARM_SHARE * _twist(change, axis)[:, None] * axis)
        local[:, elbow] = local[:, elbow] @ twist
        local[:, wrist] = twist.swapaxes(1, 2) @ change @ local[:, wrist]
    poses = motion.poses.copy()
    for joint in (*WRISTS, *(PARENTS[wrist] for wrist in WRISTS)):
        poses[:, joint] = matrix_to_axis_angle(local[:, joint])
    joints = motion.joints
    if joints is not None and motion.camera is not None:
        _, places = forward_kinematics(local, rest)
        joints = joints.copy()
        joints[:, HANDS] = motion.camera.to_camera(places[:, HANDS] + motion.trans[:, None])
    return replace(motion, poses=poses, joints=joints)


def _rotations(motion: Motion) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(F, 24, 3, 3) relative to the parents, the same relative to the world, and the joints at rest (24, 3)."""
    rest = rest_joints(load_body(motion.body), motion.betas)
    local = axis_angle_to_matrix(motion.poses)
    return local, forward_kinematics(local, rest)[0], rest


def _changes(local: np.ndarray, turned: np.ndarray, wrist: int, palm: SeenPalm) -> np.ndarray:
    """(G, 3) axis-angle in the forearm's axes: what the wrist's turn lacks of the palm's."""
    wanted = turned[palm.rows, PARENTS[wrist]].swapaxes(1, 2) @ palm.rotations
    return matrix_to_axis_angle(wanted @ local[palm.rows, wrist].swapaxes(1, 2))


def _smoothed(frame_count: int, palm: SeenPalm, change: np.ndarray, smooth: float) -> np.ndarray:
    """(F, 3) axis-angle: near what was seen, as far as it is sure, else near none, and smooth."""
    bands = second_difference_bands(frame_count, smooth) / SIGMA**2
    bands[2] += 1 / BODY_SIGMA**2
    right = np.zeros((frame_count, 3))
    weights = palm.confidence / SIGMA**2
    bands[2, palm.rows] += weights
    right[palm.rows] = weights[:, None] * change
    return solveh_banded(bands, right, check_finite=False)


def _twist(turns: np.ndarray, axis: np.ndarray) -> np.ndarray:
    """(F, 3, 3) -> (F,) radians: the part of a turn that is about the axis (3,)."""
    vector = matrix_to_axis_angle(turns)
    half = np.linalg.norm(vector, axis=1) / 2
    return 2 * np.arctan2(np.sinc(half / np.pi) / 2 * (vector @ axis), np.cos(half))
