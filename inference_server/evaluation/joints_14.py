"""The 14 joints of Leeds Sports Pose, over which the papers measure, of bodies and of sets."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..body.files import load_body
from ..body.model import pose_body
from ..body.rotation import axis_angle_to_matrix
from ..errors import RecoveryError
from ..training.pictures.joint_names import HUMAN36M, LEEDS
from ..training.pictures.named_points import COMMON, attach_points, named_points
from ..training.pictures.person import Array, Person

HIPS = [LEEDS.index("left_hip"), LEEDS.index("right_hip")]
REGRESSED = [HUMAN36M.index(name) for name in LEEDS]


def joints_of_body(body: str, pose: NDArray, betas: NDArray, regressor: Array | None = None) -> Array:
    """(14, 3) metres, in the frame that the root's rotation is in, of "free" or a body file.

    pose (24, 3) axis-angle; betas (10,). regressor (17, V): Human3.6M's joints from the vertices, as the papers
    measure SMPL; without one they are the body's own joints, which lie up to centimetres elsewhere.
    """
    loaded = load_body(body)
    if regressor is None:
        points = named_points(loaded, attach_points(loaded), axis_angle_to_matrix(pose), betas)
        return points[list(COMMON)]
    vertices = pose_body(loaded, pose, betas, np.zeros(3))[0][0]
    if regressor.shape[1] != len(vertices):
        message = (
            f"The regressor is for a body of {regressor.shape[1]} vertices, and {body} has {len(vertices)}."
        )
        raise RecoveryError("regressor", message, "Use the body that it was made for.")
    return (regressor @ vertices)[REGRESSED]


def joints_of_person(person: Person) -> tuple[Array, NDArray[np.bool_]]:
    """(14, 3) metres in camera space, and (14,) which of them a set knows of somebody."""
    joints, known = np.zeros((len(LEEDS), 3)), np.zeros(len(LEEDS), bool)
    if person.joints_3d is not None:
        for row, name in enumerate(LEEDS):
            if name in person.names:
                joints[row], known[row] = person.joints_3d[person.names.index(name)], True
    return joints, known


def read_regressor(path: Path) -> Array:
    """A .npy of Human3.6M's 17 joints from a body's vertices (17, V), such as J_regressor_h36m.npy.

    Raises RecoveryError("regressor").
    """
    hint = "It takes an array (17, V), such as J_regressor_h36m.npy, which SPIN's authors publish."
    try:
        regressor = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise RecoveryError("regressor", f"No regressor could be read from {path}: {error}.", hint) from error
    if regressor.ndim != 2 or len(regressor) != len(HUMAN36M) or not np.isfinite(regressor).all():
        raise RecoveryError("regressor", f"{path} holds {regressor.shape}, not (17, V) numbers.", hint)
    return regressor.astype(np.float64)
