"""The joints of the 2D poses that Pose2Mesh was trained on, and their graphs (Choi 2020, section 4.1)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Pairs = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class JointSet:
    """J joints of a 2D pose and what links them."""

    name: str
    joints: tuple[str, ...]
    bones: Pairs
    flip_pairs: Pairs
    """Left and right of the same part; they are linked too."""
    root: int
    """The joint that the lifted pose is relative to."""

    @property
    def adjacency(self) -> NDArray[np.float64]:
        """(J, J) 1 for a bone, for a left and right pair, and for a joint and itself."""
        linked = np.eye(len(self.joints))
        for first, second in self.bones + self.flip_pairs:
            linked[first, second] = linked[second, first] = 1
        return linked


COCO = JointSet(
    "coco",
    (
        "nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder", "right_shoulder", "left_elbow",
        "right_elbow", "left_wrist", "right_wrist", "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle",
        "right_ankle", "pelvis", "neck",
    ),
    (
        (1, 2), (0, 1), (0, 2), (2, 4), (1, 3), (6, 8), (8, 10), (5, 7), (7, 9), (12, 14), (14, 16), (11, 13),
        (13, 15), (17, 11), (17, 12), (17, 18), (18, 5), (18, 6), (18, 0),
    ),
    ((1, 2), (3, 4), (5, 6), (7, 8), (9, 10), (11, 12), (13, 14), (15, 16)),
    17,
)  # fmt: skip
"""COCO's 17, and the middles of the hips and of the shoulders."""

HUMAN36M = JointSet(
    "human36m",
    (
        "pelvis", "right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle", "torso", "neck",
        "nose", "head", "left_shoulder", "left_elbow", "left_wrist", "right_shoulder", "right_elbow", "right_wrist",
    ),
    (
        (0, 7), (7, 8), (8, 9), (9, 10), (8, 11), (11, 12), (12, 13), (8, 14), (14, 15), (15, 16), (0, 1), (1, 2),
        (2, 3), (0, 4), (4, 5), (5, 6),
    ),
    ((1, 4), (2, 5), (3, 6), (14, 11), (15, 12), (16, 13)),
    0,
)  # fmt: skip
"""The 17 of Human3.6M's skeleton (Ionescu 2014)."""

JOINT_SETS = {joint_set.name: joint_set for joint_set in (COCO, HUMAN36M)}
