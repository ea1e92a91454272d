"""Where the image keypoints sit on a body in SMPL's form."""

from dataclasses import dataclass

import numpy as np

from ..body.model import Body
from ..body.skeleton import JOINT_INDEX, KEYPOINT_NAMES

HEIGHT_JOINTS = (JOINT_INDEX["head"], JOINT_INDEX["left_foot"])

POSITIONS: dict[str, tuple[str, tuple[float, float, float]]] = {
    "nose": ("head", (0.0, 0.603, 0.140)),
    "left_eye": ("head", (0.028, 0.634, 0.130)),
    "left_ear": ("head", (0.065, 0.622, 0.070)),
    "left_shoulder": ("left_shoulder", (0.168, 0.418, 0.000)),
    "left_elbow": ("left_elbow", (0.428, 0.418, 0.000)),
    "left_wrist": ("left_wrist", (0.680, 0.418, 0.000)),
    "left_hip": ("pelvis", (0.080, -0.060, 0.010)),
    "left_knee": ("left_knee", (0.110, -0.470, 0.010)),
    "left_ankle": ("left_ankle", (0.110, -0.870, 0.000)),
    "left_heel": ("left_ankle", (0.149, -0.925, -0.060)),
    "left_toe": ("left_foot", (0.134, -0.940, 0.170)),
    "left_index": ("left_wrist", (0.775, 0.411, 0.030)),
    "left_pinky": ("left_wrist", (0.760, 0.405, -0.015)),
}
"""Joint that carries the keypoint, and its place on the free body at rest in metres; the right is its mirror."""


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
    """Carries the table of `POSITIONS`, which holds for `reference` (the free body), over to `body`.

    An offset from its joint is scaled by the bodies' heights; it moves with the betas as the nearest four
    vertices that the joint carries do, so that neither topology nor the number of vertices matters.
    """
    scale = _height(body) / _height(reference)
    joints, rest, directions = [], [], []
    for name in KEYPOINT_NAMES:
        mirrored = name.startswith("right_")
        carrier, place = POSITIONS["left_" + name.removeprefix("right_") if mirrored else name]
        position = np.array(place)
        if mirrored:
            carrier, position = carrier.replace("left_", "right_"), position * (-1, 1, 1)
        joint = JOINT_INDEX[carrier]
        point = body.joint_template[joint] + (position - reference.joint_template[joint]) * scale
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
