"""Poses without end, made of clips of motion: mirrored, limbs exchanged and thrown about, joints disturbed.

Everything works on windows of T frames, in which every change is smooth; T = 1 gives single poses.
"""

import numpy as np
from numpy.typing import NDArray

from ..body.rotation import (
    axis_angle_to_matrix,
    matrix_to_axis_angle,
    matrix_to_quaternion,
    quaternion_to_matrix,
    slerp,
)
from ..body.skeleton import JOINT_INDEX as J
from ..fitting.pose_prior import BODY_JOINTS, load_pose_prior
from .motions import Motions, mirror

Array = NDArray[np.float32]
Random = np.random.Generator

EXCHANGED = (
    # joints that come from another clip together, and how often
    ((J["left_hip"], J["left_knee"], J["left_ankle"], J["left_foot"]), 0.2),
    ((J["right_hip"], J["right_knee"], J["right_ankle"], J["right_foot"]), 0.2),
    ((J["left_collar"], J["left_shoulder"], J["left_elbow"], J["left_wrist"], J["left_hand"]), 0.2),
    ((J["right_collar"], J["right_shoulder"], J["right_elbow"], J["right_wrist"], J["right_hand"]), 0.2),
    ((J["spine1"], J["spine2"], J["spine3"], J["neck"], J["head"]), 0.3),
    (tuple(J[f"{side}_{part}"] for side in ("left", "right") for part in ("hip", "knee", "ankle", "foot")), 0.3),
)  # fmt: skip
THROWN_ARM, THROWN_LEG = 0.18, 0.12
"""How often an arm or a leg is anywhere that it can be, whatever the clip does."""
NATURAL = 0.5
"""The share of windows that are as in their clip, but for a slight disturbance."""
DISTURBANCE = 0.3
"""Radians, the most that a window's joints are disturbed by (standard deviation); a natural one's by a third."""
LOOSE = {
    "spine1": 0.5, "spine2": 0.4, "spine3": 0.4, "ankle": 0.8, "foot": 0.4, "neck": 0.8, "collar": 0.5, "head": 0.8,
    "shoulder": 1.2, "elbow": 1.0, "wrist": 1.0, "hip": 1.0, "knee": 1.0, "pelvis": 0.0, "hand": 0.0,
}  # fmt: skip
"""How much of that each joint gets."""
TILTED, TUMBLED = 0.3, 0.06
"""How often the whole body leans, and how often it lies, falls or stands on its hands."""


def sample_poses(motions: Motions, random: Random, count: int, frames: int = 1, change: bool = True) -> Array:
    """(count, T, 24, 3, 3), facing any way. change: False takes the clips' own poses, mirrored at most.

    Clips shorter than a window come to rest at their end.
    """
    rotations = _windows(motions, random, count, frames)
    if change:
        natural = random.random(count) < NATURAL
        own = rotations[natural]
        for joints, share in EXCHANGED:
            chosen = np.flatnonzero(random.random(count) < share)
            other = _windows(motions, random, len(chosen), frames)
            _assign(rotations, chosen, joints, other[:, :, joints])
        for side, sign in (("left", 1.0), ("right", -1.0)):
            chosen = np.flatnonzero(random.random(count) < THROWN_ARM)
            joints = (J[f"{side}_shoulder"], J[f"{side}_elbow"])
            _assign(rotations, chosen, joints, _in_time(_thrown_arms, random, len(chosen), frames, sign))
            chosen = np.flatnonzero(random.random(count) < THROWN_LEG)
            joints = (J[f"{side}_hip"], J[f"{side}_knee"])
            _assign(rotations, chosen, joints, _in_time(_thrown_legs, random, len(chosen), frames, sign))
        rotations[natural] = own
        rotations = _disturb(rotations, random, np.where(natural, DISTURBANCE / 3, DISTURBANCE))
        rotations = _within_limits(rotations)
        _lean(rotations, random)
    turned = np.flatnonzero(random.random(count) < 0.5)
    rotations[turned] = mirror(rotations[turned])
    headings = np.zeros((count, 1, 3))
    headings[:, 0, 1] = random.uniform(-np.pi, np.pi, count)
    rotations[:, :, 0] = axis_angle_to_matrix(headings) @ rotations[:, :, 0]
    return rotations


def _windows(motions: Motions, random: Random, count: int, frames: int) -> Array:
    """(count, T, 24, 3, 3) cut from the clips, T frames in a row."""
    starts = random.integers(len(motions.rotations), size=count)
    ends = np.searchsorted(motions.clips, motions.clips[starts], side="right") - 1
    return motions.rotations[np.minimum(starts[:, None] + np.arange(frames), ends[:, None])].copy()


def _assign(rotations: Array, chosen: NDArray[np.int64], joints: tuple[int, ...], values: NDArray) -> None:
    frames = np.arange(rotations.shape[1])
    rotations[chosen[:, None, None], frames[:, None], np.array(joints)] = values


def _in_time(throw, random: Random, count: int, frames: int, sign: float) -> NDArray:
    """(count, T, 2, 3, 3): from one random place of a limb to another, with a halt at both."""
    start = throw(random, count, sign)
    if frames == 1:
        return start[:, None]
    end = throw(random, count, sign)
    begin, length = random.uniform(-0.5, 0.8, (count, 1)), random.uniform(0.4, 2.0, (count, 1))
    share = np.clip((np.linspace(0, 1, frames) - begin) / length, 0, 1)
    share = (share * share * (3 - 2 * share))[:, :, None]
    return quaternion_to_matrix(
        slerp(matrix_to_quaternion(start)[:, None], matrix_to_quaternion(end)[:, None], share)
    )


def _thrown_arms(random: Random, count: int, sign: float) -> NDArray:
    """(count, 2, 3, 3) shoulder and elbow: anywhere but far behind the back. sign: 1 left, -1 right."""
    towards = _unit(random.normal(size=(count, 3)) + [0.5 * sign, -0.4, 0.35])
    behind = (towards[:, 2] < -0.5) | (towards[:, 0] * sign < -0.6)
    lowered = _unit(np.array([0.3 * sign, -0.9, 0.3]) + 0.3 * random.normal(size=(count, 3)))
    towards = np.where(behind[:, None], lowered, towards)
    rest = np.array([sign, 0.0, 0.0])
    axis = np.cross(rest, towards)
    angle = np.arctan2(np.linalg.norm(axis, axis=1), towards @ rest)
    swing = axis_angle_to_matrix(_unit(axis) * angle[:, None])
    twist = axis_angle_to_matrix(rest * random.normal(0, 0.6, (count, 1)))
    hinge = np.array([0.0, -sign, 0.35 * sign]) / np.hypot(1, 0.35)
    return np.stack([swing @ twist, axis_angle_to_matrix(hinge * random.uniform(0, 2.6, (count, 1)))], axis=1)


def _thrown_legs(random: Random, count: int, sign: float) -> NDArray:
    """(count, 2, 3, 3) hip and knee, from a step back to a knee at the chest."""
    flexion, spread = random.uniform(-0.5, 1.9, count), sign * random.uniform(-0.25, 0.85, count)
    twist, bend = random.normal(0, 0.3, count), 2.5 * random.random(count) ** 1.3
    x, y, z = np.eye(3)
    hip = (
        axis_angle_to_matrix(-flexion[:, None] * x)
        @ axis_angle_to_matrix(spread[:, None] * z)
        @ axis_angle_to_matrix(twist[:, None] * y)
    )
    return np.stack([hip, axis_angle_to_matrix(bend[:, None] * x)], axis=1)


def _disturb(rotations: Array, random: Random, most: NDArray) -> Array:
    """Every joint turned a little, by an amount that drifts through the window."""
    count, frames = rotations.shape[:2]
    parts = [name.removeprefix("left_").removeprefix("right_") for name in J]
    amount = (most * random.random(count))[:, None, None, None] * np.array([LOOSE[part] for part in parts])[
        :, None
    ]
    start, end = random.normal(size=(2, count, 1, 24, 3)) * amount
    share = np.linspace(0, 1, frames).reshape(1, -1, 1, 1)
    return rotations @ axis_angle_to_matrix(start + (end - start) * share).astype(np.float32)


def _within_limits(rotations: Array) -> Array:
    """What lies beyond the joints' limits is brought back to them."""
    prior = load_pose_prior()
    pose = _continuous(matrix_to_axis_angle(rotations[..., BODY_JOINTS, :, :]))
    limited = np.clip(pose, prior.lower.reshape(-1, 3), prior.upper.reshape(-1, 3))
    changed = (np.abs(limited - pose) > 1e-6).any(axis=-1)
    body = rotations[..., BODY_JOINTS, :, :]
    body[changed] = axis_angle_to_matrix(limited[changed])
    return rotations


def _continuous(pose: NDArray) -> NDArray:
    """(count, T, joints, 3) axis-angle, of the two vectors of a rotation the one nearer to the frame before."""
    for frame in range(1, pose.shape[1]):
        now = pose[:, frame]
        angle = np.linalg.norm(now, axis=-1, keepdims=True)
        other = now * (1 - 2 * np.pi / np.maximum(angle, 1e-6))
        before = pose[:, frame - 1]
        nearer = np.linalg.norm(other - before, axis=-1) < np.linalg.norm(now - before, axis=-1)
        pose[:, frame] = np.where(nearer[..., None], other, now)
    return pose


def _lean(rotations: Array, random: Random) -> None:
    count = len(rotations)
    amount = np.where(random.random(count) < TILTED, 0.3, 0.0)
    amount[random.random(count) < TUMBLED] = 1.5
    turns = axis_angle_to_matrix(random.normal(size=(count, 1, 3)) * amount[:, None, None])
    rotations[:, :, 0] = turns @ rotations[:, :, 0]


def _unit(vectors: NDArray) -> NDArray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)
