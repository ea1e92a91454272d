"""Rotations in the modes that Blender keys a pose bone in, and back."""

from typing import Final

import numpy as np

from ...inference_server.body import rotation

QUATERNION, AXIS_ANGLE = "QUATERNION", "AXIS_ANGLE"
PROPERTIES: Final = {QUATERNION: "rotation_quaternion", AXIS_ANGLE: "rotation_axis_angle"}
"""The property that a mode keys; every other mode, an order such as "XYZ", keys Euler angles."""
EULER_PROPERTY: Final = "rotation_euler"
AXES: Final = "XYZ"
POLE: Final = 1e-6
"""Cosine of the middle angle below which the first and the last axis are one: the last angle is 0 there."""


def property_of(mode: str) -> str:
    return PROPERTIES.get(mode, EULER_PROPERTY)


def to_mode(matrices: np.ndarray, mode: str) -> np.ndarray:
    """(F, 3, 3) rotations -> (F, 4) or, of an Euler mode, (F, 3) values without jumps from frame to frame."""
    if mode == QUATERNION:
        return rotation.continuous_quaternions(rotation.matrix_to_quaternion(matrices))
    if mode == AXIS_ANGLE:
        return _to_axis_angle(rotation.continuous_quaternions(rotation.matrix_to_quaternion(matrices)))
    return _to_euler(matrices, mode)


def from_mode(values: np.ndarray, mode: str) -> np.ndarray:
    """(..., 4) or, of an Euler mode, (..., 3) values -> (..., 3, 3). A quaternion may have any length but 0."""
    if mode == QUATERNION:
        return rotation.quaternion_to_matrix(values)
    if mode == AXIS_ANGLE:
        axes = values[..., 1:]
        lengths = np.linalg.norm(axes, axis=-1, keepdims=True)
        # Blender takes an axis of no length for Y
        unit = np.where(lengths > 0, axes / np.where(lengths > 0, lengths, 1), [0.0, 1.0, 0.0])
        return rotation.axis_angle_to_matrix(unit * values[..., :1])
    turned = np.broadcast_to(np.eye(3), (*values.shape[:-1], 3, 3))
    for axis in mode:
        number = AXES.index(axis)
        turned = rotation.axis_angle_to_matrix(values[..., number, None] * np.eye(3)[number]) @ turned
    return turned


def _to_axis_angle(quaternions: np.ndarray) -> np.ndarray:
    """(F, 4) without sign flips -> (F, 4) an angle that may exceed a half turn, and its axis."""
    sines = np.linalg.norm(quaternions[:, 1:], axis=1, keepdims=True)
    axes = np.where(sines > 1e-9, quaternions[:, 1:] / np.where(sines > 1e-9, sines, 1), [0.0, 1.0, 0.0])
    # where the sine passes 0 the axis turns over: kept on one side, with the angle's sign changing
    sides = np.ones(len(axes))
    sides[1:] = np.where(np.sum(axes[1:] * axes[:-1], axis=1) < 0, -1.0, 1.0)
    sides = np.cumprod(sides)
    angles = np.unwrap(2 * np.arctan2(sines[:, 0] * sides, quaternions[:, 0]), period=4 * np.pi)
    return np.column_stack([angles, axes * sides[:, None]])


def _to_euler(matrices: np.ndarray, order: str) -> np.ndarray:
    """(F, 3, 3) -> (F, 3) angles about X, Y and Z, which are turned about in that order.

    Of the two ways to write a rotation, and of all full turns, that nearest to the frame before.
    """
    i, j, k = (AXES.index(axis) for axis in order)
    sign = 1.0 if (j - i) % 3 == 1 else -1.0
    m = matrices
    cosine = np.hypot(m[:, i, i], m[:, j, i])
    first = np.zeros((len(m), 3))
    first[:, i] = np.arctan2(m[:, k, j], m[:, k, k])
    first[:, j] = np.arctan2(-m[:, k, i], cosine)
    first[:, k] = np.arctan2(m[:, j, i], m[:, i, i])
    pole = cosine < POLE
    first[pole, i] = np.arctan2(-m[pole, j, k], m[pole, j, j])
    first[pole, k] = 0.0
    second = np.where(np.arange(3) == j, np.pi - first, first + np.pi)
    return _nearest_way(sign * first, sign * second)


def _nearest_way(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """(F, 3) of the two, frame by frame, what is nearest to the frame before, full turns added."""
    chosen = np.empty_like(first)
    before = np.zeros(3)
    for frame, ways in enumerate(np.stack([first, second], axis=1)):
        ways = ways - 2 * np.pi * np.round((ways - before) / (2 * np.pi))
        before = ways[np.argmin(np.abs(ways - before).sum(axis=1))]
        chosen[frame] = before
    return chosen
