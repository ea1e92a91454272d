"""The motion of a .bvh file on its own skeleton, in numbers."""

from pathlib import Path

import numpy as np

from ...inference_server.bvh_file import BvhFile, Hierarchy, read_bvh_file
from ...inference_server.errors import RecoveryError
from .rotation_modes import AXES, from_mode
from .skeleton import Skeleton

UNITS = (1.0, 0.01, 0.0254, 0.001)
"""Metres, centimetres, inches and millimetres, in metres."""
TALL = (1.1, 2.4)
"""Metres from the lowest to the highest joint of a person who stands upright."""
USUAL = 1.6
USUAL_RATE = 30.0
"""Frames a second of a file whose frames take no time."""
SHORT = 0.05
"""Of the person's height: the length of a bone whose end the file does not say."""


def read_bvh_motion(path: Path) -> tuple[Skeleton, np.ndarray, float]:
    """The skeleton in the file's axes, poses (F, B, 4, 4) as read_poses gives them, and frames a second.

    Raises RecoveryError("motion_file").
    """
    try:
        file = read_bvh_file(path)
    except OSError as error:
        raise RecoveryError(
            "motion_file", f"{path} can't be read: {error.strerror or error}.", "Check the path."
        ) from error
    except (ValueError, IndexError) as error:
        raise RecoveryError(
            "motion_file", f"{path} is no motion: {error}.", "Take another copy of the file."
        ) from error
    if not np.isfinite(file.table).all():
        raise RecoveryError(
            "motion_file", f"{path} holds what is no finite number.", "Take another copy of the file."
        )
    rate = 1 / file.seconds if file.seconds else USUAL_RATE
    return _skeleton(file.hierarchy), _poses(file), rate


def _skeleton(hierarchy: Hierarchy) -> Skeleton:
    joints = _joints(hierarchy)
    count = len(joints)
    size = float(np.ptp(joints, axis=0).max()) or 1.0
    tails = joints + [0.0, SHORT * size, 0.0]
    children: dict[int, list[int]] = {}
    for joint, parent in enumerate(hierarchy.parents):
        children.setdefault(parent, []).append(joint)
    for joint in range(count):
        if joint in hierarchy.tips:
            tails[joint] = joints[joint] + hierarchy.tips[joint]
        elif joint in children:
            tails[joint] = joints[children[joint]].mean(axis=0)
    rest = np.tile(np.eye(4), (count, 1, 1))
    rest[:, :3, 3] = joints
    return Skeleton(
        names=hierarchy.names,
        parents=np.array(hierarchy.parents),
        rest=rest,
        tails=tails,
        to_world=np.diag([_metres(size)] * 3 + [1.0]),
        deforms=np.ones(count, dtype=bool),
        inherits_rotation=np.ones(count, dtype=bool),
        local_location=np.ones(count, dtype=bool),
    )


def _joints(hierarchy: Hierarchy) -> np.ndarray:
    """(J, 3) at rest."""
    joints = np.array(hierarchy.offsets, dtype=np.float64)
    for joint, parent in enumerate(hierarchy.parents):
        if parent >= 0:
            joints[joint] += joints[parent]
    return joints


def _metres(size: float) -> float:
    """What the file's unit is in metres, so that the person is as tall as people are."""
    fitting = [unit for unit in UNITS if TALL[0] <= size * unit <= TALL[1]]
    return fitting[0] if fitting else USUAL / size


def _poses(file: BvhFile) -> np.ndarray:
    hierarchy, table = file.hierarchy, file.table
    poses = np.empty((len(table), len(hierarchy.names), 4, 4))
    for joint, parent in enumerate(hierarchy.parents):
        local = np.tile(np.eye(4), (len(table), 1, 1))
        local[:, :3, 3] = hierarchy.offsets[joint]
        columns, axes = hierarchy.places[joint]
        for column, axis in zip(columns, axes, strict=True):
            local[:, AXES.index(axis), 3] = table[:, column]
        columns, axes = hierarchy.angles[joint]
        for column, axis in zip(columns, axes, strict=True):
            angles = np.zeros((len(table), 3))
            angles[:, AXES.index(axis)] = np.radians(table[:, column])
            local[:, :3, :3] = local[:, :3, :3] @ from_mode(angles, axis)
        poses[:, joint] = local if parent < 0 else poses[:, parent] @ local
    return poses
