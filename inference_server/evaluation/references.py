"""Reading what a result is measured against: joints in the camera's space, by name and source frame."""

import re
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..body.skeleton import JOINT_NAMES
from ..errors import RecoveryError
from ..motion import load_motion


@dataclass(frozen=True)
class NamedJoints:
    """Joints of one person over F frames."""

    names: tuple[str, ...]
    """J names as in JOINT_NAMES ("left_hip")."""
    frames: np.ndarray
    """(F,) source frame numbers."""
    joints: np.ndarray
    """(F, J, 3) metres, camera space (OpenCV)."""


def joints_of_motion(path: Path) -> NamedJoints:
    """The camera-space joints of a motion file. Raises RecoveryError where it can't be read or has none."""
    motion = load_motion(path)
    if motion.joints is None:
        raise RecoveryError(
            "motion_file",
            f"{path} holds no joints in camera space, so it can't be compared.",
            "Use a result of `recover-mesh recover`, or another motion file with a member `joints`.",
        )
    return NamedJoints(JOINT_NAMES, np.asarray(motion.frames), np.asarray(motion.joints, dtype=np.float64))


def read_reference(path: Path, camera: int | None) -> NamedJoints:
    """A motion file's joints, or a multi-camera reference's as camera number `camera` (from 1) sees them.

    A multi-camera reference is an .npz with `X` (F, J, 3) in metres, `names` (J,) such as "RHip", and a
    camera's `R` (3, 3) and `T` (3,), world to camera, in `R` (N, 3, 3) and `T` (N, 3).
    """
    if not _is_multi_camera(path):
        if camera is not None:
            raise RecoveryError("reference", f"{path} is a motion file of one camera.", "Leave --camera out.")
        return joints_of_motion(path)
    with np.load(path, allow_pickle=False) as file:
        points, names, rotations, translations = (file[key] for key in ("X", "names", "R", "T"))
    if camera is None or not 1 <= camera <= len(rotations):
        raise RecoveryError(
            "reference",
            f"{path} has {len(rotations)} cameras; say which one the result was recovered from.",
            f"Give --camera 1 to {len(rotations)}.",
        )
    seen = points @ rotations[camera - 1].T + translations[camera - 1]
    return NamedJoints(tuple(_smpl_name(str(name)) for name in names), np.arange(len(points)), seen)


def _is_multi_camera(path: Path) -> bool:
    try:
        with np.load(path, allow_pickle=False) as file:
            return {"X", "names", "R", "T"} <= set(file.files)
    except (OSError, ValueError, AttributeError, EOFError, zipfile.BadZipFile):
        return False  # load_motion says what is wrong with it


def _smpl_name(name: str) -> str:
    """ "RHip" -> "right_hip", "Nose" -> "nose"."""
    side = re.fullmatch(r"([LR])([A-Z]\w+)", name)
    return f"{'left' if side[1] == 'L' else 'right'}_{side[2].lower()}" if side else name.lower()
