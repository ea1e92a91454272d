"""People as numbers, for tests of tracking that need no networks."""

import numpy as np

from human_mesh_recovery.inference_server.people import boxes
from human_mesh_recovery.inference_server.people.appearance import SHAPE
from human_mesh_recovery.inference_server.people.crop import Region
from human_mesh_recovery.inference_server.people.keypoints import PoseObservation

_STANDING = np.array(
    [
        [0, -90], [3, -93], [-3, -93], [8, -90], [-8, -90], [20, -70], [-20, -70], [25, -40], [-25, -40],
        [27, -10], [-27, -10], [12, 0], [-12, 0], [13, 40], [-13, 40], [14, 80], [-14, 80],
        [14, 86], [-14, 86], [20, 88], [-20, 88], [28, -2], [-28, -2], [26, -2], [-26, -2],
    ]
)  # fmt: skip


def pose(x: float, y: float, size: float = 1.0, confidence: float = 0.9) -> np.ndarray:
    """A standing person (25,3) with the hips at x, y, about 180 * size pixels tall."""
    return np.column_stack([_STANDING * size + [x, y], np.full(25, confidence)])


def observation(x: float, y: float, size: float = 1.0, confidence: float = 0.9) -> PoseObservation:
    keypoints = pose(x, y, size, confidence)
    return PoseObservation(
        keypoints,
        np.zeros((25, 3)),
        np.array([x, y], dtype=np.float64),
        boxes.around(keypoints[:, :2], 0.05),
        confidence,
        Region(x, y, 250 * size),
    )


def clothes(colour: int) -> np.ndarray:
    """A description of plain clothes; different numbers have nothing in common."""
    description = np.zeros(SHAPE)
    description[:, colour] = 1
    return description
