"""Keys, written in bulk."""

from typing import Any

import bpy
import numpy as np

from ...inference_server.body import rotation
from ...inference_server.body.axes import Y_UP_TO_Z_UP
from ...inference_server.body.skeleton import JOINT_NAMES
from ...inference_server.resampling import Samples
from .. import compat
from .timeline import FIRST_SCENE_FRAME

CONSTANT, LINEAR = 0, 1
"""Blender's numbers of these kinds of interpolation."""
AUTO_CLAMPED = 4


def key_rig(rig: bpy.types.Object, samples: Samples, rest_root: np.ndarray) -> None:
    """Keys every bone's rotation and the pelvis' location, a key a frame.

    rest_root (3,): the pelvis' place in the rest pose, about which SMPL turns the root. The bone's location
    is counted from there in the rig's axes, the world's turned back: the root's world rotation R and its
    place p become C^T R and C^T p - rest_root, with C = Y_UP_TO_Z_UP.
    """
    frames = scene_frames(samples)
    quaternions = samples.quaternions.copy()
    root = Y_UP_TO_Z_UP.T @ rotation.quaternion_to_matrix(quaternions[:, 0])
    quaternions[:, 0] = rotation.matrix_to_quaternion(root)
    quaternions = rotation.continuous_quaternions(quaternions)
    place = (rest_root + samples.trans) @ Y_UP_TO_Z_UP - rest_root
    curves = compat.new_action(rig, rig.name)
    for joint, name in enumerate(JOINT_NAMES):
        path = f'pose.bones["{name}"]'
        if joint == 0:
            for axis in range(3):
                write_keys(curves.new(f"{path}.location", axis, name), frames, place[:, axis])
        for part in range(4):
            curve = curves.new(f"{path}.rotation_quaternion", part, name)
            write_keys(curve, frames, quaternions[:, joint, part])


def key_correctives(figure: bpy.types.Object, samples: Samples) -> None:
    """Keys the shape keys "Pose 1" to "Pose 207" with the pose's features R - I (Loper 2015, equation 9)."""
    frames = scene_frames(samples)
    features = (rotation.quaternion_to_matrix(samples.quaternions[:, 1:]) - np.eye(3)).reshape(
        len(frames), -1
    )
    curves = compat.new_action(figure.data.shape_keys, f"{figure.name} Corrections")
    for index in range(features.shape[1]):
        write_keys(curves.new(f'key_blocks["Pose {index + 1}"].value'), frames, features[:, index])


def key_visibility(figure: bpy.types.Object, samples: Samples, last_frame: int) -> None:
    """Hides the figure on the scene's frames before its first and after its last sample."""
    frames = scene_frames(samples)
    start, end = int(frames[0]), int(frames[-1])
    if start <= FIRST_SCENE_FRAME and end >= last_frame:
        return
    keys = [(start, 0.0)]
    if start > FIRST_SCENE_FRAME:
        keys.insert(0, (FIRST_SCENE_FRAME, 1.0))
    if end < last_frame:
        keys.append((end + 1, 1.0))
    times, values = np.array(keys).T
    curves = compat.new_action(figure, f"{figure.name} Visibility")
    for path in ("hide_viewport", "hide_render"):
        write_keys(curves.new(path), times, values, CONSTANT)


def scene_frames(samples: Samples) -> np.ndarray:
    """(N,) the scene's frames that the samples stand at."""
    return samples.frames + FIRST_SCENE_FRAME


def write_keys(curve: Any, frames: np.ndarray, values: np.ndarray, interpolation: int = LINEAR) -> None:
    """Fills an empty F-curve; hundreds of times faster than a key at a time."""
    count = len(frames)
    points = curve.keyframe_points
    points.add(count)
    points.foreach_set("co", np.stack([frames, values], axis=1).astype(np.float32).ravel())
    points.foreach_set("interpolation", np.full(count, interpolation, dtype=np.int32))
    for side in ("handle_left_type", "handle_right_type"):
        points.foreach_set(side, np.full(count, AUTO_CLAMPED, dtype=np.int32))
    curve.update()
