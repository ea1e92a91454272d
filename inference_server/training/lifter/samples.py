"""Synthetic people as a camera and the networks see them, with their truth."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ...body.model import Body
from ...body.rotation import axis_angle_to_matrix
from ...fitting.body_keypoints import BodyKeypoints
from ...fitting.kinematics import keypoint_positions
from ...fitting.observations import HIPS
from ...lifting.features import KEYPOINTS, lifter_input, seen_by
from ..motions import Motions
from ..poses import sample_poses
from .detections import CHAINS, Errors, errors_like

Array = NDArray[np.float64]
Random = np.random.Generator

BETA_SPREAD: Final = 1.1
PITCH: Final = (0.06, 0.22)
"""Mean and spread of the angle by which the camera looks down, in radians."""
ROLL: Final = 0.06
DISTANCES: Final = (1.6, 14.0)
"""Metres."""
WRONG_LENS: Final = 0.12
"""Spread of the logarithm of a focal length that was guessed; half of them were."""
DEFINITIONS: Final = 0.008
"""Metres by which the places of a person's keypoints differ from those of the average person."""
CUT_OFF: Final = 0.15
LOST: Final = 0.1
"""How often the picture's edge cuts a person off, and how often a chain is not seen at all."""
WITHOUT_3D: Final = 0.3
STRENGTH, GRAIN, GRAIN_3D = 0.3, 0.004, 0.02
"""Spread of the logarithm of how strong a picture's errors are, and of what is added in every frame, as a share of the
person's size and in metres: there are more photos than rendered pictures, and noisier ones."""
STEADY: Final = 6
"""Frames after which the networks err in another way."""
UPRIGHT: Final = np.diag([1.0, -1.0, -1.0])
"""From Y up to a camera's axes."""


@dataclass(frozen=True)
class Batch:
    """B windows of T frames."""

    features: NDArray[np.float32]
    """(B, T, FEATURES)."""
    sizes: NDArray[np.float32]
    """(B, T)."""
    rotations: NDArray[np.float32]
    """(B, T, 24, 3, 3) relative to the parent, the root's to the virtual camera."""
    betas: NDArray[np.float32]
    """(B, 10)."""
    places: NDArray[np.float32]
    """(B, T, K, 2) where the keypoints truly are in the virtual camera's picture."""


def make_batch(
    body: Body,
    keypoints: BodyKeypoints,
    motions: Motions,
    errors: Errors,
    random: Random,
    count: int,
    frames: int = 1,
    change: bool = True,
    with_3d: bool | None = None,
) -> Batch:
    """change: False takes the clips' poses as they are; with_3d: None leaves the 3D out now and then."""
    rotations = sample_poses(motions, random, count, frames, change).astype(np.float64)
    betas = np.clip(random.normal(0, BETA_SPREAD, (count, 10)), -3, 3)
    rotations[:, :, 0] = _camera_turns(random, count)[:, None] @ rotations[:, :, 0]
    total = count * frames
    flat = rotations.reshape(total, 24, 3, 3)
    each = np.repeat(betas, frames, axis=0)
    posed = keypoint_positions(body, keypoints, flat, each, np.zeros((total, 3)))
    posed = posed.reshape(count, frames, -1, 3)
    posed += _place(random, posed)[:, None, None]
    own = _own_definitions(random, posed)
    seen, confidence, in_3d = _seen(errors, random, own)
    known = random.random(count) >= WITHOUT_3D if with_3d is None else np.full(count, with_3d)
    stretched = np.exp(
        random.normal(0, WRONG_LENS, (count, 1, 1, 1)) * (random.random((count, 1, 1, 1)) < 0.5)
    )
    seen = seen * stretched
    true = posed[..., :2] / posed[..., 2:] * stretched
    given = lifter_input(
        seen.reshape(total, -1, 2), confidence.reshape(total, -1), in_3d.reshape(total, -1, 3)
    )
    features = given.features.reshape(count, frames, -1)
    features[~known, :, -3 * KEYPOINTS - 1 :] = 0  # as without the 3D network
    flat = flat.copy()
    flat[:, 0] = given.turns @ flat[:, 0]
    true = np.concatenate([true, np.ones_like(true[..., :1])], axis=-1).reshape(total, -1, 3)
    places = seen_by(given.turns, true)
    return Batch(
        features,
        given.sizes.reshape(count, frames).astype(np.float32),
        flat.reshape(rotations.shape).astype(np.float32),
        betas.astype(np.float32),
        places.reshape(count, frames, -1, 2).astype(np.float32),
    )


def _camera_turns(random: Random, count: int) -> Array:
    """(B, 3, 3) from a world with Y up to the axes of cameras that look down on it, or up, a little askew."""
    pitch = np.zeros((count, 3))
    pitch[:, 0] = np.clip(random.normal(*PITCH, count), -0.7, 1.2)
    roll = np.zeros((count, 3))
    roll[:, 2] = random.normal(0, ROLL, count)
    return axis_angle_to_matrix(roll) @ UPRIGHT @ axis_angle_to_matrix(pitch)


def _place(random: Random, posed: Array) -> Array:
    """(B, 3) metres: in the middle of the picture, more or less, and no part of the body behind the camera."""
    low, high = posed.min(axis=(1, 2)), posed.max(axis=(1, 2))
    near, far = np.log(DISTANCES)
    distance = np.exp(near + random.random(len(posed)) ** 0.8 * (far - near))
    distance = np.maximum(distance, 0.5 - low[:, 2])
    place = np.concatenate([-(low + high)[:, :2] / 2, distance[:, None]], axis=1)
    place[:, :2] += random.normal(0, 0.03, (len(posed), 2)) * distance[:, None]
    return place


def _own_definitions(random: Random, posed: Array) -> Array:
    return posed + random.normal(0, DEFINITIONS, (len(posed), 1, *posed.shape[2:]))


def _seen(errors: Errors, random: Random, posed: Array) -> tuple[Array, Array, Array]:
    """What the networks make of keypoints (B, T, K, 3) in camera axes: rays, confidence, 3D."""
    count = len(posed)
    rays = posed[..., :2] / posed[..., 2:]
    size = (rays.max(axis=2) - rays.min(axis=2)).max(axis=-1)[..., None, None]
    relative = posed - posed[:, :, HIPS].mean(axis=2, keepdims=True)
    flat, confidence, remainder = _errors_in_time(errors, random, relative)
    strength = np.exp(random.normal(0, STRENGTH, (count, 1, 1, 1)))
    seen = rays + size * (strength * flat + random.normal(0, GRAIN, rays.shape))
    in_3d = (relative.reshape(*relative.shape[:2], -1) @ errors.slope).reshape(relative.shape) + remainder
    in_3d += random.normal(0, GRAIN_3D, in_3d.shape)
    _lose(random, confidence)
    _cut_off(random, seen, confidence, in_3d)
    return seen, confidence, in_3d - in_3d[:, :, HIPS].mean(axis=2, keepdims=True)


def _errors_in_time(errors: Errors, random: Random, relative: Array) -> list[Array]:
    """Errors (B, T, K, 2), confidence (B, T, K) and remainders (B, T, K, 3): those of rendered figures now and then,
    and between them from the one to the other.
    """
    count, frames = relative.shape[:2]
    keys = np.unique(np.append(np.arange(0, frames, STEADY), frames - 1))
    like = errors_like(errors, random, relative[:, keys].reshape(count * len(keys), -1, 3))
    frame = np.arange(frames)
    after = np.searchsorted(keys, frame)
    before = np.maximum(after - 1, 0)
    share = (frame - keys[before]) / np.maximum(keys[after] - keys[before], 1)
    blended = []
    for values in like:
        values = values.reshape(count, len(keys), *values.shape[1:])
        weight = share.reshape(-1, *[1] * (values.ndim - 2))
        blended.append((1 - weight) * values[:, before] + weight * values[:, after])
    return blended


def _lose(random: Random, confidence: Array) -> None:
    """Now and then a chain is hidden, in all of the window's frames or some."""
    count, frames = confidence.shape[:2]
    for keypoints in CHAINS:
        rows = np.flatnonzero(random.random(count) < LOST)
        begin, end = np.sort(random.integers(0, frames + 1, (2, len(rows))), axis=0)
        hidden = (np.arange(frames) >= begin[:, None]) & (
            np.arange(frames) < np.maximum(end, begin + 1)[:, None]
        )
        part = confidence[rows][:, :, keypoints]
        faint = part * random.uniform(0, 0.3, (len(rows), 1, 1))
        confidence[rows[:, None, None], np.arange(frames)[:, None], np.array(keypoints)] = np.where(
            hidden[..., None], faint, part
        )


def _cut_off(random: Random, seen: Array, confidence: Array, in_3d: Array) -> None:
    """Now and then the picture ends at somebody's knees, waist or side: what lies beyond is guesswork."""
    rows = np.flatnonzero(random.random(len(seen)) < CUT_OFF)
    for row in rows:
        side = random.choice(4, p=[0.6, 0.1, 0.15, 0.15])
        axis, sign = (1, 1) if side == 0 else (1, -1) if side == 1 else (0, 1) if side == 2 else (0, -1)
        places = sign * seen[row, :, :, axis]
        low, high = places.min(), places.max()
        edge = low + (high - low) * random.uniform(0.35 if side == 0 else 0.6, 0.95)
        beyond = places > edge
        spread = 0.1 * (high - low)
        seen[row, :, :, axis] = np.where(
            beyond, sign * (edge + spread * random.random(places.shape)), seen[row, :, :, axis]
        )
        confidence[row] = np.where(beyond, random.uniform(0, 0.2, beyond.shape), confidence[row])
        in_3d[row] += np.where(beyond[..., None], random.normal(0, 0.08, in_3d[row].shape), 0)
