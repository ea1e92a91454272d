"""How far a predicted pose is from what the keypoints see."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..body.model import Body
from ..body.skeleton import JOINT_INDEX, JOINT_NAMES, KEYPOINT_INDEX
from ..fitting.body_keypoints import BodyKeypoints
from ..fitting.kinematics import keypoint_positions
from ..fitting.observations import BodyState, Observations

SIDES: Final = ("left", "right")
SHORTEST: Final = 0.1
"""Metres: on shorter bones the keypoints' own error would be a large angle."""
NEAREST: Final = 0.1
"""Metres from the camera, so that nothing is divided by zero."""
HIPS, SHOULDERS, EARS = (
    tuple(KEYPOINT_INDEX[f"{side}_{part}"] for side in SIDES) for part in ("hip", "shoulder", "ear")
)
TORSO: Final = [(HIPS, SHOULDERS), (HIPS[:1], HIPS[1:]), (SHOULDERS[:1], SHOULDERS[1:])]
HEAD: Final = [(SHOULDERS, EARS), (EARS[:1], EARS[1:])]
BONES: Final[dict[str, list[tuple[tuple[int, ...], tuple[int, ...]]]]] = {
    "pelvis": TORSO, "spine1": TORSO, "spine2": TORSO, "spine3": TORSO, "neck": HEAD, "head": HEAD,
    **{
        f"{side}_{joint}": [((KEYPOINT_INDEX[f"{side}_{start}"],), (KEYPOINT_INDEX[f"{side}_{end}"],))]
        for side in SIDES
        for joint, start, end in (
            ("collar", "shoulder", "elbow"), ("shoulder", "shoulder", "elbow"), ("elbow", "elbow", "wrist"),
            ("wrist", "wrist", "index"), ("hip", "hip", "knee"), ("knee", "knee", "ankle"), ("ankle", "ankle", "toe"),
        )
    },
}  # fmt: skip
"""What each joint turns: lines between the middles of keypoints."""


def disagreement(
    body: Body, keypoints: BodyKeypoints, seen: Observations, state: BodyState
) -> NDArray[np.float64]:
    """(F, 24) radians by which the bones that a joint turns seem to be off, as far as their ends are sure.

    A line that is seen elsewhere by a length across the view is turned by that length over its own, or more.
    """
    points = keypoint_positions(body, keypoints, state.rotations, state.betas, state.trans)
    depth = np.maximum(points[..., 2:], NEAREST)
    off = (seen.rays - points[..., :2] / depth) * depth  # metres across the view
    angles = np.zeros((len(points), len(JOINT_NAMES)))
    for name, bones in BONES.items():
        for start, end in bones:
            ends = [
                (values[:, list(start)], values[:, list(end)]) for values in (off, points, seen.confidence)
            ]
            across, along = (to.mean(axis=1) - since.mean(axis=1) for since, to in ends[:2])
            sure = np.minimum(*(side.min(axis=1) for side in ends[2]))
            length = np.maximum(np.linalg.norm(along, axis=1), SHORTEST)
            angle = sure * np.linalg.norm(across, axis=1) / length
            angles[:, JOINT_INDEX[name]] = np.maximum(angles[:, JOINT_INDEX[name]], angle)
    return angles
