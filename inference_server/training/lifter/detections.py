"""How the real networks err: what they saw in rendered pictures whose truth is known, and its like for other poses."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ...body.skeleton import KEYPOINT_INDEX, KEYPOINT_NAMES
from ...fitting.observations import HIPS
from ...lifting.features import lifter_input, seen_by
from .rendered import Rendered

Array = NDArray[np.float64]
Random = np.random.Generator

CHAINS: Final = tuple(
    tuple(KEYPOINT_INDEX[name] for name in names)
    for names in (
        ("nose", "left_eye", "right_eye", "left_ear", "right_ear"),
        ("left_shoulder", "left_elbow", "left_wrist", "left_index", "left_pinky"),
        ("right_shoulder", "right_elbow", "right_wrist", "right_index", "right_pinky"),
        ("left_hip", "left_knee", "left_ankle", "left_heel", "left_toe"),
        ("right_hip", "right_knee", "right_ankle", "right_heel", "right_toe"),
    )
)
"""Keypoints that are mistaken together."""
MIRRORED: Final = np.array(
    [
        KEYPOINT_INDEX[name.replace("left", "right") if "left" in name else name.replace("right", "left")]
        for name in KEYPOINT_NAMES
    ]
)
OTHERS: Final = 0.3
"""The weight of the other chains' places, where the like of a chain's pose is sought."""
LOOKED_AT, NEAREST = 1000, 4
"""Of so many rendered pictures, any of the nearest few is taken."""
WHOLE: Final = 0.5
"""How often all chains' errors are those of one picture."""
RIDGE: Final = 3.0


@dataclass(frozen=True)
class Detections:
    """N rendered people as the networks saw them, K keypoints each, in the axes of a camera that looks at them."""

    truth: Array
    """(N, K, 3) metres from the middle of the hips."""
    errors: Array
    """(N, K, 2) seen less true place in the picture, over the person's size there."""
    confidence: Array
    """(N, K)."""
    joints_3d: Array
    """(N, K, 3) the network's own 3D, metres from the middle of its hips."""

    def mirrored(self) -> "Detections":
        """The same with their mirror images."""
        across, flat = np.array([-1.0, 1, 1]), np.array([-1.0, 1])
        pairs = (
            (self.truth, self.truth[:, MIRRORED] * across),
            (self.errors, self.errors[:, MIRRORED] * flat),
            (self.confidence, self.confidence[:, MIRRORED]),
            (self.joints_3d, self.joints_3d[:, MIRRORED] * across),
        )
        return Detections(*(np.concatenate(pair) for pair in pairs))


@dataclass(frozen=True)
class Errors:
    """How to make the networks' view of people whose truth is known."""

    seen: Detections
    slope: Array
    """(3 K, 3 K): what the 3D network makes of the truth on average."""
    remainder: Array
    """(N, K, 3) what it adds to that in each picture."""


def detections_of(rendered: Rendered) -> Detections:
    """Each in the axes of a camera that is turned to look at the true keypoints."""
    places = rendered.keypoints
    given = lifter_input(places[..., :2] / places[..., 2:], np.ones(places.shape[:2]), None)
    seen = np.concatenate([rendered.rays, np.ones_like(rendered.rays[..., :1])], axis=2)
    errors = (seen_by(given.turns, seen) - seen_by(given.turns, places)) / given.sizes[:, None, None]
    back = given.turns.swapaxes(1, 2)
    truth = (places - places[:, HIPS].mean(axis=1, keepdims=True)) @ back
    return Detections(truth, errors, rendered.confidence, rendered.joints_3d @ back)


def learn_errors(seen: Detections) -> Errors:
    """The 3D network's mean answer is a linear map of the truth (ridge regression towards the truth itself)."""
    both = seen.mirrored()
    truth = both.truth.reshape(len(both.truth), -1)
    excess = both.joints_3d.reshape(len(truth), -1) - truth
    normal = truth.T @ truth + RIDGE * np.eye(truth.shape[1])
    slope = np.eye(truth.shape[1]) + np.linalg.solve(normal, truth.T @ excess)
    remainder = both.joints_3d - (truth @ slope).reshape(both.truth.shape)
    return Errors(both, slope, remainder)


def errors_like(errors: Errors, random: Random, truth: Array) -> tuple[Array, Array, Array]:
    """truth (B, K, 3) as in Detections -> errors (B, K, 2), confidence (B, K) and remainders (B, K, 3) such as people
    who hold themselves like that give rise to.

    Two figures' errors make a third's, most of them one's: weighed by an angle's cosine and sine they keep their
    spread, and there is no end of them. Were they taken as they are, a network would know them by heart.
    """
    columns = np.arange(truth.shape[1])
    one, other = (_of_keypoints(chosen, truth.shape[1]) for chosen in choose_two(errors, random, truth))
    angle = np.pi / 2 * random.beta(0.3, 0.3, (len(truth), len(CHAINS)))
    angle = _of_keypoints(angle, truth.shape[1])[..., None]
    seen = errors.seen

    def mixed(values: Array) -> Array:
        return np.cos(angle) * values[one, columns] + np.sin(angle) * values[other, columns]

    stronger = np.where(angle[..., 0] < np.pi / 4, one, other)
    return mixed(seen.errors), seen.confidence[stronger, columns], mixed(errors.remainder)


def _of_keypoints(values: NDArray, count: int) -> NDArray:
    """(B, chains) -> (B, K), each chain's value for its keypoints."""
    spread = np.empty((len(values), count), dtype=values.dtype)
    for chain, keypoints in enumerate(CHAINS):
        spread[:, keypoints] = values[:, chain, None]
    return spread


def choose_two(errors: Errors, random: Random, truth: Array) -> NDArray[np.int64]:
    """(2, B, chains): rendered figures, each of whose chains is held much as the truth's (B, K, 3)."""
    subset = random.choice(len(errors.seen.truth), min(LOOKED_AT, len(errors.seen.truth)), replace=False)
    others = errors.seen.truth[subset].astype(np.float32)
    chosen = np.empty((2, len(truth), len(CHAINS)), dtype=np.int64)
    rows = np.arange(len(truth))
    for chain, keypoints in enumerate(CHAINS):
        weights = np.full((truth.shape[1], 1), OTHERS, dtype=np.float32)
        weights[list(keypoints)] = 1
        mine = (truth.astype(np.float32) * weights).reshape(len(truth), -1)
        theirs = (others * weights).reshape(len(others), -1)
        distance = (theirs**2).sum(axis=1) - 2 * mine @ theirs.T
        nearest = np.argpartition(distance, NEAREST, axis=1)[:, :NEAREST]
        chosen[:, :, chain] = subset[nearest[rows, random.integers(NEAREST, size=(2, len(truth)))]]
    whole = random.random((2, len(truth))) < WHOLE
    chosen[whole] = chosen[whole][:, :1]
    return chosen
