"""Where the image keypoints sit on a body in SMPL's form."""

from dataclasses import dataclass

import numpy as np

from ..body.model import Body
from ..body.skeleton import JOINT_INDEX, KEYPOINT_NAMES

HEIGHT_JOINTS = (JOINT_INDEX["head"], JOINT_INDEX["left_foot"])

OFFSETS: dict[str, tuple[str, tuple[float, float, float]]] = {
    "nose": ("head", (0.000, 0.016, 0.104)),
    "left_eye": ("head", (0.024, 0.045, 0.079)),
    "left_ear": ("head", (0.055, 0.025, 0.014)),
    "left_shoulder": ("left_shoulder", (-0.009, 0.002, 0.004)),
    "left_elbow": ("left_elbow", (-0.002, 0.006, 0.012)),
    "left_wrist": ("left_wrist", (0.009, 0.002, 0.002)),
    "left_hip": ("pelvis", (0.103, -0.052, 0.026)),
    "left_knee": ("left_knee", (0.001, -0.012, 0.005)),
    "left_ankle": ("left_ankle", (-0.001, 0.002, 0.009)),
    "left_heel": ("left_ankle", (0.010, -0.053, -0.037)),
    "left_toe": ("left_foot", (-0.021, -0.020, 0.040)),
    "left_index": ("left_wrist", (0.090, -0.010, 0.015)),
    "left_pinky": ("left_wrist", (0.082, -0.015, -0.004)),
}
"""The joint that carries a keypoint, and how far from it the keypoint lies on the free body at rest, in metres;
the right is the left's mirror image.

Where the networks see their points is not quite where anatomy has them. Measured on 986 rendered, dressed free
bodies in varied poses, shapes and views, whose joints are known: the places whose projections agree best with
the networks' keypoints (median error 1 to 3 cm a keypoint). `scripts/render_examples.py varied` renders them,
`scripts/detect_rendered.py` and `scripts/measure_keypoints.py` measure.
"""


@dataclass(frozen=True)
class BodyKeypoints:
    """K keypoints attached to a body's joints, in its rest frame (metres, Y up, facing +Z)."""

    joints: np.ndarray
    """(K,) index of the joint that carries each."""
    rest: np.ndarray
    """(K, 3) at zero betas."""
    shape_directions: np.ndarray
    """(K, 3, 10)."""


def attach_keypoints(body: Body, reference: Body) -> BodyKeypoints:
    """Carries the table of `OFFSETS`, which holds for `reference` (the free body), over to `body`.

    An offset from its joint is scaled by the bodies' heights; it moves with the betas as the nearest four
    vertices that the joint carries do, so that neither topology nor the number of vertices matters.
    """
    scale = _height(body) / _height(reference)
    joints, rest, directions = [], [], []
    for name in KEYPOINT_NAMES:
        mirrored = name.startswith("right_")
        carrier, place = OFFSETS["left_" + name.removeprefix("right_") if mirrored else name]
        offset = np.array(place)
        if mirrored:
            carrier, offset = carrier.replace("left_", "right_"), offset * (-1, 1, 1)
        joint = JOINT_INDEX[carrier]
        point = body.joint_template[joint] + offset * scale
        carried = np.flatnonzero(body.weights[:, joint] > 0.3)
        distance = np.linalg.norm(body.template[carried] - point, axis=1)
        nearest = np.argsort(distance)[:4]
        weights = 1 / (distance[nearest] + 0.002)
        weights /= weights.sum()
        joints.append(joint)
        rest.append(point)
        directions.append(np.einsum("n,nck->ck", weights, body.shape_directions[carried[nearest]]))
    return BodyKeypoints(np.array(joints), np.array(rest), np.array(directions))


def _height(body: Body) -> float:
    top, bottom = HEIGHT_JOINTS
    return float(body.joint_template[top, 1] - body.joint_template[bottom, 1])
