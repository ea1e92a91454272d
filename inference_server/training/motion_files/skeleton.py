"""A recorded skeleton, and how it moved: what BVH and ASF/AMC files have in common."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...body.rotation import quaternion_to_matrix

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Skeleton:
    """J joints in the pose without any rotation, in the file's own axes and unit of length."""

    names: tuple[str, ...]
    parents: tuple[int, ...]
    """Each joint's; the root's is -1. Parents stand before children."""
    offsets: Array
    """(J, 3) from the parent's joint."""
    tips: dict[int, Array]
    """(3,) from a joint to the end of its bone, where no other joint is."""


@dataclass(frozen=True)
class Recording:
    """A skeleton's motion, at 30 frames a second."""

    skeleton: Skeleton
    quaternions: Array
    """(F, J, 4) relative to the parent; the root's to the file's world."""


def rest_joints(skeleton: Skeleton) -> Array:
    """(J, 3) where the joints are in the pose without any rotation, from the root."""
    joints = np.zeros_like(skeleton.offsets)
    for joint, parent in enumerate(skeleton.parents):
        if parent >= 0:
            joints[joint] = joints[parent] + skeleton.offsets[joint]
    return joints


def turned(recording: Recording) -> Array:
    """(F, J, 3, 3) every joint's rotation from the pose without any, in the file's world."""
    local = quaternion_to_matrix(recording.quaternions)
    for joint, parent in enumerate(recording.skeleton.parents):
        if parent >= 0:
            local[:, joint] = local[:, parent] @ local[:, joint]
    return local


def posed_joints(recording: Recording) -> Array:
    """(F, J, 3) where the joints are, from the root, in the file's axes and unit."""
    rotations = turned(recording)
    joints = np.zeros(rotations.shape[:-1])
    for joint, parent in enumerate(recording.skeleton.parents):
        if parent >= 0:
            joints[:, joint] = joints[:, parent] + rotations[:, parent] @ recording.skeleton.offsets[joint]
    return joints


def path_to_root(skeleton: Skeleton, joint: int) -> list[int]:
    """The joint, its parent, and so on to the root."""
    path = []
    while joint >= 0:
        path.append(joint)
        joint = skeleton.parents[joint]
    return path


def common_ancestor(skeleton: Skeleton, joints: list[int]) -> int:
    """The last joint that all of these hang from, or are."""
    shared = set.intersection(*(set(path_to_root(skeleton, joint)) for joint in joints))
    return max(shared)  # parents stand before children


def path_between(skeleton: Skeleton, above: int, below: int) -> list[int]:
    """The joints on the way down from `above`, which is left out, to `below`."""
    path = path_to_root(skeleton, below)
    return path[: path.index(above)][::-1]
