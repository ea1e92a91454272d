"""From joints alone to pose and shape."""

import numpy as np

from ..body.model import JOINT_COUNT, Body
from ..errors import RecoveryError
from .vertices import FittedVertices, fit_points

NOISE = 0.005
"""Metres: by how much a joint's coordinate is off where nothing else is said."""
FIRST_SCALE = 0.2
"""Metres: by how much joints may be off at the start, where those that carry them are turned wrongly."""


def fit_joints(
    body: Body, joints: np.ndarray, weights: np.ndarray | None = None, noise: float = NOISE
) -> FittedVertices:
    """The poses of a clip and the one person's betas that bring the body's joints nearest to `joints` (F, 24, 3)
    metres, in any frame.

    `weights` (F, 24) or (24,) are 0 for joints that are not known, whatever their coordinates say. How a straight
    limb, the head, the hands and the feet turn about themselves is not in the joints: the pose prior chooses it.
    Raises RecoveryError "vertices".
    """
    joints = np.asarray(joints, dtype=np.float64)
    if joints.ndim != 3 or joints.shape[1:] != (JOINT_COUNT, 3):
        have = " x ".join(map(str, joints.shape))
        message = f"The joints are {have}; frames x {JOINT_COUNT} x 3 are needed."
        raise RecoveryError("vertices", message, "Give joints that are not known the weight 0.")
    if weights is not None and np.shape(weights) in (joints.shape[1:2], joints.shape[:2]):
        joints = np.where(np.asarray(weights)[..., None] > 0, joints, 0)
    return fit_points(_skeleton(body), joints, weights, noise, first_scale=FIRST_SCALE)


def _skeleton(body: Body) -> Body:
    """A body whose vertices are its joints."""
    return Body(
        name=f"{body.name}, its joints",
        template=body.joint_template,
        faces=np.zeros((0, 3), dtype=np.int64),
        shape_directions=body.joint_shape_directions,
        pose_directions=None,
        joint_regressor=np.eye(JOINT_COUNT),
        weights=np.eye(JOINT_COUNT),
        licence=body.licence,
    )
