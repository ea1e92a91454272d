"""From our keypoints to the 2D poses that Pose2Mesh was trained on."""

import numpy as np

from ...body.skeleton import KEYPOINT_INDEX
from ...mesh_graphs.joint_sets import JointSet
from ..person_box import crown_of

SMALLEST = 1e-9


def joint_positions(joint_set: JointSet, points: np.ndarray) -> np.ndarray:
    """points (..., 25, C) -> (..., J, C). What the keypoints lack is put between or beyond them."""

    def middle(part: str) -> np.ndarray:
        sides = [KEYPOINT_INDEX[f"{side}_{part}"] for side in ("left", "right")]
        return points[..., sides, :].mean(axis=-2)

    pelvis, neck = middle("hip"), middle("shoulder")
    made = {
        "pelvis": pelvis,
        "neck": neck,
        "torso": 0.5 * (pelvis + neck),
        "head": crown_of(points),
    }
    return np.stack(
        [made[name] if name in made else points[..., KEYPOINT_INDEX[name], :] for name in joint_set.joints],
        axis=-2,
    )


def standardise(joints: np.ndarray) -> np.ndarray:
    """(..., J, 2) -> (..., J, 2) float32: x and y each less its mean over the joints, over its deviation.

    The authors first cut out a box around the joints, enlarge it to 288 x 384 pixels and divide by those (Choi 2020,
    section 4.1). Whatever box, unit and origin, this takes them out again: pixels and rays give the same.
    """
    centred = joints - joints.mean(axis=-2, keepdims=True)
    deviation = joints.std(axis=-2, keepdims=True)
    return (centred / np.maximum(deviation, SMALLEST)).astype(np.float32)
