"""Rotations that retargeting needs beside those of `body.rotation`, batched over leading axes."""

import numpy as np

from ...inference_server.body.rotation import Array, matrix_to_quaternion, quaternion_to_matrix, slerp

UP = np.array([0.0, 0.0, 1.0])
AHEAD = np.array([0.0, -1.0, 0.0])
"""Where the source faces at rest."""


def unit(vectors: np.ndarray) -> Array:
    """Vectors (..., 3) of length 1; those of no length stay."""
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)


def swing(start: np.ndarray, end: np.ndarray) -> Array:
    """(..., 3, 3) the rotations by the smallest angles that take the directions `start` to `end`, both (..., 3)."""
    start, end = np.broadcast_arrays(unit(start), unit(end))
    halfway = start + end
    opposite = np.linalg.norm(halfway, axis=-1) < 1e-6
    if opposite.any():  # any axis across will do
        across = np.cross(start, np.eye(3)[np.argmin(np.abs(start), axis=-1)])
        halfway = np.where(opposite[..., None], across, halfway)
    # two half turns make a turn about the axis across both, by twice the angle between them
    return half_turn(halfway) @ half_turn(start)


def half_turn(axis: np.ndarray) -> Array:
    """(..., 3, 3) about axes (..., 3) of any length."""
    axis = unit(axis)
    return 2 * axis[..., :, None] * axis[..., None, :] - np.eye(3)


def about(axis: np.ndarray, angle: np.ndarray | float) -> Array:
    """(..., 3, 3) about axes (..., 3) of any length by angles (...) in radians."""
    angle = np.asarray(angle, dtype=np.float64)
    half = np.concatenate([np.cos(angle / 2)[..., None], np.sin(angle / 2)[..., None] * unit(axis)], axis=-1)
    return quaternion_to_matrix(half)


def angle_about(axis: np.ndarray, start: np.ndarray, end: np.ndarray) -> Array:
    """(...) radians by which `start` has to turn about `axis` to lie over `end`, all (..., 3)."""
    axis = unit(axis)
    sine = (np.cross(start, end) * axis).sum(axis=-1)
    cosine = (start * end).sum(axis=-1) - (start * axis).sum(axis=-1) * (end * axis).sum(axis=-1)
    return np.arctan2(sine, cosine)


def between(knots: list[Array], place: float) -> Array:
    """Rotations (F, 3, 3) at a place, whole or not, in a list of such."""
    before = min(max(int(place), 0), len(knots) - 1)
    fraction = place - before
    if fraction < 1e-9 or before + 1 == len(knots):
        return knots[before]
    ends = matrix_to_quaternion(knots[before]), matrix_to_quaternion(knots[before + 1])
    return quaternion_to_matrix(slerp(*ends, np.full(len(ends[0]), fraction)))


def apply(rotations: np.ndarray, vectors: np.ndarray) -> Array:
    """(..., 3, 3) rotations of vectors (..., 3)."""
    return (rotations @ vectors[..., None])[..., 0]


def rise(part: np.ndarray) -> Array:
    """From 0 at 0 and before to 1 at 1 and beyond, without a jerk at either."""
    part = np.clip(part, 0.0, 1.0)
    return part * part * (3 - 2 * part)
