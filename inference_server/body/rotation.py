"""Rotations in the forms the project uses, batched over leading axes, in float64.

Axis-angle vectors are in radians; quaternions are (w, x, y, z) of unit length; matrices act on columns.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def axis_angle_to_quaternion(axis_angle: ArrayLike) -> Array:
    """(..., 3) axis-angle -> (..., 4) unit quaternions. Exact for a zero angle."""
    vector = np.asarray(axis_angle, dtype=np.float64)
    angle = np.linalg.norm(vector, axis=-1, keepdims=True)
    # sin(a/2)/a without dividing by zero: numpy's sinc(x) is sin(pi x)/(pi x)
    scale = 0.5 * np.sinc(angle / (2 * np.pi))
    return np.concatenate([np.cos(angle / 2), vector * scale], axis=-1)


def quaternion_to_axis_angle(quaternion: ArrayLike) -> Array:
    """(..., 4) quaternions of any length but zero -> (..., 3) axis-angle with angles in [0, pi]."""
    q = np.asarray(quaternion, dtype=np.float64)
    q = np.where(q[..., :1] < 0, -q, q)
    sine = np.linalg.norm(q[..., 1:], axis=-1, keepdims=True)
    angle = 2 * np.arctan2(sine, q[..., :1])
    norm = np.linalg.norm(q, axis=-1, keepdims=True)
    is_tiny = sine < 1e-12 * norm
    scale: Array = np.where(is_tiny, 2 / norm, angle / np.where(is_tiny, 1, sine))
    return q[..., 1:] * scale


def axis_angle_to_matrix(axis_angle: ArrayLike) -> Array:
    """(..., 3) axis-angle -> (..., 3, 3), by Rodrigues' formula. Exact for a zero angle."""
    vector = np.asarray(axis_angle, dtype=np.float64)
    angle = np.linalg.norm(vector, axis=-1)
    sine_part = np.sinc(angle / np.pi)  # sin(a)/a
    cosine_part = 0.5 * np.sinc(angle / (2 * np.pi)) ** 2  # (1 - cos a)/a^2
    x, y, z = vector[..., 0], vector[..., 1], vector[..., 2]
    matrix = cosine_part[..., None, None] * vector[..., :, None] * vector[..., None, :]
    cosine = np.cos(angle)
    for axis in range(3):
        matrix[..., axis, axis] += cosine
    for row, column, component in ((0, 1, -z), (0, 2, y), (1, 2, -x)):
        matrix[..., row, column] += sine_part * component
        matrix[..., column, row] -= sine_part * component
    return matrix


def quaternion_to_matrix(quaternion: ArrayLike) -> Array:
    """(..., 4) quaternions of any length but zero -> (..., 3, 3)."""
    q = np.asarray(quaternion, dtype=np.float64)
    w, x, y, z = np.moveaxis(q / np.linalg.norm(q, axis=-1, keepdims=True), -1, 0)
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def matrix_to_quaternion(matrix: ArrayLike) -> Array:
    """(..., 3, 3) rotation matrices -> (..., 4) unit quaternions with w >= 0.

    Of the four ways to divide, takes the one with the largest divisor, so that it is accurate for every
    rotation, half turns included (Shepperd 1978, "Quaternion from rotation matrix").
    """
    m = np.asarray(matrix, dtype=np.float64)
    xx, yy, zz = m[..., 0, 0], m[..., 1, 1], m[..., 2, 2]
    wx, wy, wz = m[..., 2, 1] - m[..., 1, 2], m[..., 0, 2] - m[..., 2, 0], m[..., 1, 0] - m[..., 0, 1]
    xy, xz, yz = m[..., 1, 0] + m[..., 0, 1], m[..., 2, 0] + m[..., 0, 2], m[..., 2, 1] + m[..., 1, 2]
    # row k is four times component k of the quaternion, times the quaternion
    products = np.stack(
        [
            np.stack([1 + xx + yy + zz, wx, wy, wz], axis=-1),
            np.stack([wx, 1 + xx - yy - zz, xy, xz], axis=-1),
            np.stack([wy, xy, 1 - xx + yy - zz, yz], axis=-1),
            np.stack([wz, xz, yz, 1 - xx - yy + zz], axis=-1),
        ],
        axis=-2,
    )
    largest = np.argmax(np.diagonal(products, axis1=-2, axis2=-1), axis=-1)
    q = np.take_along_axis(products, largest[..., None, None], axis=-2)[..., 0, :]
    q = q / np.linalg.norm(q, axis=-1, keepdims=True)
    return np.where(q[..., :1] < 0, -q, q)


def matrix_to_axis_angle(matrix: ArrayLike) -> Array:
    """(..., 3, 3) rotation matrices -> (..., 3) axis-angle with angles in [0, pi]."""
    return quaternion_to_axis_angle(matrix_to_quaternion(matrix))


def continuous_quaternions(quaternions: ArrayLike) -> Array:
    """(F, ..., 4) -> the same rotations, signs chosen so that each lies nearest its predecessor on axis 0."""
    q = np.asarray(quaternions, dtype=np.float64)
    flips = np.ones(q.shape[:-1])
    flips[1:] = np.where(np.sum(q[1:] * q[:-1], axis=-1) < 0, -1.0, 1.0)
    return q * np.cumprod(flips, axis=0)[..., None]


def slerp(start: ArrayLike, end: ArrayLike, fraction: ArrayLike) -> Array:
    """Along the shorter arc between unit quaternions (..., 4); `fraction` (...) in 0..1 (Shoemake 1985)."""
    q0, q1 = np.broadcast_arrays(np.asarray(start, dtype=np.float64), np.asarray(end, dtype=np.float64))
    t = np.asarray(fraction, dtype=np.float64)[..., None]
    cosine = np.sum(q0 * q1, axis=-1, keepdims=True)
    q1 = np.where(cosine < 0, -q1, q1)
    # the half angle from the chord: unlike arccos it keeps its digits where the two are close
    angle = 2 * np.arctan2(
        np.linalg.norm(q1 - q0, axis=-1, keepdims=True), np.linalg.norm(q1 + q0, axis=-1, keepdims=True)
    )
    whole = np.sinc(angle / np.pi)
    weight0 = (1 - t) * np.sinc((1 - t) * angle / np.pi) / whole
    weight1 = t * np.sinc(t * angle / np.pi) / whole
    q = weight0 * q0 + weight1 * q1
    return q / np.linalg.norm(q, axis=-1, keepdims=True)


def matrix_to_rotation_6d(matrix: ArrayLike) -> Array:
    """(..., 3, 3) -> (..., 6): two columns, interleaved as x1 x2 y1 y2 z1 z2 (Zhou 2019, section 4.2)."""
    columns = np.asarray(matrix, dtype=np.float64)[..., :2]
    return columns.reshape(*columns.shape[:-2], 6)


def rotation_6d_to_matrix(rotation_6d: ArrayLike) -> Array:
    """(..., 6) two columns that are not parallel, interleaved as above -> (..., 3, 3).

    Gram-Schmidt, the first column kept in direction (Zhou 2019, equation 15).
    """
    six = np.asarray(rotation_6d, dtype=np.float64)
    columns = six.reshape(*six.shape[:-1], 3, 2)
    first = columns[..., 0] / np.linalg.norm(columns[..., 0], axis=-1, keepdims=True)
    second = columns[..., 1] - np.sum(first * columns[..., 1], axis=-1, keepdims=True) * first
    second /= np.linalg.norm(second, axis=-1, keepdims=True)
    return np.stack([first, second, np.cross(first, second)], axis=-1)
