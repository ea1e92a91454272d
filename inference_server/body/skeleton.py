"""Names and order of the joints and keypoints that every part of the project shares."""

from typing import Final

import numpy as np

JOINT_NAMES: Final = (
    "pelvis", "left_hip", "right_hip", "spine1", "left_knee", "right_knee", "spine2", "left_ankle",
    "right_ankle", "spine3", "left_foot", "right_foot", "neck", "left_collar", "right_collar", "head",
    "left_shoulder", "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist",
    "left_hand", "right_hand",
)  # fmt: skip
"""SMPL's 24 joints, in SMPL's order (Loper 2015, section 3)."""

PARENTS: Final = np.array(
    [-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19, 20, 21], dtype=np.int64
)
"""(24,) the joint that each joint hangs from; the root's is -1. Parents stand before children."""

FINGER_NAMES: Final = tuple(
    f"{side}_{finger}{number}"
    for side in ("left", "right")
    for finger in ("index", "middle", "pinky", "ring", "thumb")
    for number in (1, 2, 3)
)
"""The 30 joints of the fingers, from the knuckle to the tip, in SMPL-H's order (Romero 2017), which AMASS has too."""

RIG_NAMES: Final = JOINT_NAMES + FINGER_NAMES
"""The 54 joints of a body with fingers: SMPL's, then those of the fingers."""

RIG_PARENTS: Final = np.concatenate(
    [
        PARENTS,
        [
            JOINT_NAMES.index(f"{name.partition('_')[0]}_wrist")
            if name.endswith("1")
            else len(PARENTS) + index - 1
            for index, name in enumerate(FINGER_NAMES)
        ],
    ]
)
"""(54,) as PARENTS: the fingers hang from the wrists. SMPL's hand joints, at the knuckles, then carry nothing."""

KEYPOINT_NAMES: Final = (
    "nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder", "right_shoulder",
    "left_elbow", "right_elbow", "left_wrist", "right_wrist", "left_hip", "right_hip", "left_knee",
    "right_knee", "left_ankle", "right_ankle",
    "left_heel", "right_heel", "left_toe", "right_toe", "left_index", "right_index", "left_pinky",
    "right_pinky",
)  # fmt: skip
"""The 25 image keypoints: COCO's 17, then BlazePose's heels, toes, index and pinky knuckles."""

JOINT_INDEX: Final = {name: index for index, name in enumerate(JOINT_NAMES)}
KEYPOINT_INDEX: Final = {name: index for index, name in enumerate(KEYPOINT_NAMES)}
