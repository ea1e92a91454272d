"""Errors such as 2D pose networks make, put onto true 2D poses (Choi 2020, section 4.1).

On COCO's joints: those that Ronchi 2017 found and Moon 2019 ("PoseFix", section 4) synthesises: good, jitter, a joint
missed, left and right exchanged. On Human3.6M's: Gaussians, as Chang 2019 ("AbsPoseLifter") measured.
All in pixels of a crop of 288 x 384 that the pose fills.
"""

import numpy as np
from numpy.typing import NDArray

from ...mesh_graphs.joint_sets import COCO, JointSet

Array = NDArray[np.float64]
Random = np.random.Generator

CROP = np.array([288.0, 384.0])
FALLOFF = 0.1 * np.array(
    [.26, .25, .25, .35, .35, .79, .79, .72, .72, .62, .62, 1.07, 1.07, .87, .87, .89, .89]
)  # fmt: skip
"""(17,) COCO's spread of each keypoint, as a share of the person's size."""
TRIES = 12
"""Places tried for an error of one kind, of which the first is taken that no other joint explains better."""
JITTER = np.array([0.10] + [0.15] * 10 + [0.20] * 2 + [0.10] * 4)
MISS = np.array([0.02] * 5 + [0.05] * 2 + [0.10] * 8 + [0.05] * 2)
INVERSION = np.array([0.01] * 5 + [0.03] * 6 + [0.06] * 6)
"""(17,) how often, of the people all of whose joints are in the picture."""

HUMAN36M_ERRORS = np.array([
    # mean x, y and deviation x, y in a picture of 256 x 256; how often
    (-0.06, -2.37, 1.33, 2.13, 1.00), (-0.83, -2.07, 3.41, 2.69, 1.00), (-0.04, -1.01, 1.74, 2.20, 0.95),
    (0.52, -3.40, 1.39, 2.14, 0.93), (0.78, -2.79, 3.26, 2.28, 1.00), (0.42, -0.15, 1.53, 1.99, 0.94),
    (-0.15, -3.78, 1.39, 2.39, 0.93), (-0.05, 0.10, 1.36, 1.74, 0.99), (0.14, -2.56, 1.18, 1.15, 0.99),
    (0.13, -0.26, 0.78, 0.59, 0.98), (0.09, 0.49, 1.35, 0.87, 0.99), (-0.19, 0.31, 2.51, 1.48, 0.99),
    (0.11, -0.60, 1.79, 1.76, 0.95), (-0.02, 0.88, 2.02, 2.10, 0.91), (0.52, -0.12, 2.23, 1.73, 0.99),
    (0.06, -0.44, 1.93, 1.63, 0.95), (0.05, 0.16, 2.02, 2.24, 0.90),
])  # fmt: skip


def detected(joint_set: JointSet, joints: Array, random: Random) -> Array:
    """(B, J, 2) true joints in any unit -> (B, J, 2) pixels of the crop, as a network might find them."""
    joints = into_crop(joints)
    if joint_set is not COCO:
        shift, spread, often = HUMAN36M_ERRORS[:, :2], HUMAN36M_ERRORS[:, 2:4], HUMAN36M_ERRORS[:, 4:]
        noise = shift + spread * random.normal(size=joints.shape)
        return joints + noise * (random.random((*joints.shape[:2], 1)) < often) / 256 * CROP
    found = _coco_errors(joints[:, : len(FALLOFF)], random)
    hips, shoulders = found[:, 11:13].mean(axis=1), found[:, 5:7].mean(axis=1)
    return np.concatenate([found, hips[:, None], shoulders[:, None]], axis=1)


def into_crop(joints: Array) -> Array:
    """(B, J, 2) -> the same, with the box around each pose enlarged to the crop's form and scaled to its size."""
    lowest, highest = joints.min(axis=1, keepdims=True), joints.max(axis=1, keepdims=True)
    scale = (CROP / np.maximum(highest - lowest, 1e-9)).min(axis=-1, keepdims=True)
    return (joints - 0.5 * (lowest + highest)) * scale + 0.5 * CROP


def _coco_errors(joints: Array, random: Random) -> Array:
    """(B, 17, 2) -> (B, 17, 2)."""
    mirrored = np.arange(len(FALLOFF))
    for left, right in COCO.flip_pairs:
        mirrored[[left, right]] = right, left
    other = joints[:, mirrored]
    alone = mirrored == np.arange(len(FALLOFF))
    near, middle, far = (_distance(similarity) for similarity in (0.85, 0.50, 0.10))
    none = np.zeros_like(near)
    # of the misses around both, those around the other side are a quarter as many
    beside = random.random((*joints.shape[:2], 1)) < np.where(alone, 0, 0.2)[:, None]
    centre, rival = np.where(beside, other, joints), np.where(beside, joints, other)
    kinds = [
        (1 - JITTER - MISS - INVERSION, _around(joints, other, alone, none, near, None, random)),
        (JITTER, _around(joints, other, alone, near, middle, None, random)),
        (MISS, _around(centre, rival, alone, middle, far, middle, random)),
        (np.where(alone, 0, INVERSION), _around(other, joints, alone, none, middle, None, random)),
    ]
    shares = np.stack([share * possible for share, (_, possible) in kinds], axis=-1)
    places = np.stack([place for _, (place, _) in kinds], axis=-2)
    total = shares.sum(axis=-1, keepdims=True)
    drawn = random.random((*joints.shape[:2], 1)) * total
    kind = np.minimum((drawn > np.cumsum(shares, axis=-1)).sum(axis=-1), len(kinds) - 1)
    chosen = np.take_along_axis(places, kind[..., None, None], axis=-2)[..., 0, :]
    return np.where(total > 0, chosen, joints)


def _distance(similarity: float) -> Array:
    """(17,) pixels off at which a keypoint has this similarity to the true one, by COCO's measure."""
    return np.sqrt(-2 * CROP.prod() * (2 * FALLOFF) ** 2 * np.log(similarity))


def _around(
    centres: Array,
    rivals: Array,
    alone: NDArray[np.bool_],
    least: Array,
    most: Array,
    apart: Array | None,
    random: Random,
) -> tuple[Array, NDArray[np.bool_]]:
    """Places (B, 17, 2) in rings around `centres`, further from `rivals` than from the centre, or than `apart`;
    and whether one was found (B, 17).
    """
    shape = (*centres.shape[:2], TRIES)
    radius = least[:, None] + (most - least)[:, None] * random.random(shape)
    angle = random.uniform(0, 2 * np.pi, shape)
    tried = centres[:, :, None] + radius[..., None] * np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    distance = np.linalg.norm(tried - rivals[:, :, None], axis=-1)
    free = (distance > (radius if apart is None else apart[:, None])) | alone[:, None]
    first = free.argmax(axis=-1)[..., None, None]
    return np.take_along_axis(tried, first, axis=-2)[..., 0, :], free.any(axis=-1)
