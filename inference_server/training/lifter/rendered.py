"""Rendered figures with what the networks made of them: the only people whose errors nobody made up."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...body.model import Body, rest_joints
from ...errors import RecoveryError
from ...fitting.body_keypoints import BodyKeypoints
from ...fitting.kinematics import keypoint_positions

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Rendered:
    """N people in their cameras' axes."""

    rays: Array
    """(N, K, 2) where the networks saw the keypoints."""
    confidence: Array
    """(N, K)."""
    joints_3d: Array
    """(N, K, 3) metres from the middle of the hips, the 3D network's."""
    rotations: Array
    """(N, 24, 3, 3) the truth, the root's relative to the camera."""
    betas: Array
    """(N, 10)."""
    keypoints: Array
    """(N, K, 3) metres, where the keypoints truly are."""


def load_rendered(path: Path, body: Body, keypoints: BodyKeypoints) -> Rendered:
    """Reads what scripts/detect_rendered.py wrote. Raises RecoveryError."""
    try:
        with np.load(path, allow_pickle=False) as file:
            rays, confidence, joints_3d = file["rays"], file["confidence"], file["joints_3d"]
            rotations, betas, pelvis = file["rotations"], file["betas"], file["pelvis"]
    except (OSError, ValueError, KeyError) as error:
        raise RecoveryError(
            "bad_detections",
            f"No detections could be read from {path}: {error}.",
            "scripts/detect_rendered.py makes them from rendered pictures.",
        ) from error
    trans = pelvis - rest_joints(body, betas)[:, 0]
    places = keypoint_positions(body, keypoints, rotations, betas, trans)
    return Rendered(rays, confidence, joints_3d, rotations, betas, places)
