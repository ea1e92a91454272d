"""Keys, written in bulk."""

from typing import Any

import bpy
import numpy as np

from ...inference_server.body import rotation
from ...inference_server.body.axes import Y_UP_TO_Z_UP
from ...inference_server.body.skeleton import FINGER_NAMES, JOINT_NAMES, RIG_NAMES
from ...inference_server.resampling import Samples
from .. import compat
from .armature import has_fingers
from .timeline import Timeline

CONSTANT, LINEAR = 0, 1
"""Blender's numbers of these kinds of interpolation."""
AUTO_CLAMPED = 4
HIDDEN = ("hide_viewport", "hide_render")


def key_rig(rig: bpy.types.Object, samples: Samples, timeline: Timeline, rest_root: np.ndarray) -> None:
    """Keys every bone's rotation and the pelvis' location, a key a frame; the fingers' where the rig has them.

    rest_root (3,): the pelvis' place in the rest pose, about which SMPL turns the root. The bone's location
    is counted from there in the rig's axes, the world's turned back: the root's world rotation R and its
    place p become C^T R and C^T p - rest_root, with C = Y_UP_TO_Z_UP.
    """
    frames = timeline.scene_frames(samples)
    quaternions = samples.quaternions.copy()
    root = Y_UP_TO_Z_UP.T @ rotation.quaternion_to_matrix(quaternions[:, 0])
    quaternions[:, 0] = rotation.matrix_to_quaternion(root)
    quaternions = rotation.continuous_quaternions(quaternions)
    place = (rest_root + samples.trans) @ Y_UP_TO_Z_UP - rest_root
    curves = compat.own_action(rig, rig.name)
    names = RIG_NAMES if has_fingers(rig) else JOINT_NAMES
    for joint, name in enumerate(names):
        path = f'pose.bones["{name}"]'
        if joint == 0:
            for axis in range(3):
                write_keys(curves.curve(f"{path}.location", axis, name), frames, place[:, axis])
        for part in range(4):
            curve = curves.curve(f"{path}.rotation_quaternion", part, name)
            write_keys(curve, frames, quaternions[:, joint, part])
    for name in FINGER_NAMES if names is JOINT_NAMES else ():
        curves.remove(f'pose.bones["{name}"].rotation_quaternion')


def key_correctives(figure: bpy.types.Object, samples: Samples, timeline: Timeline) -> None:
    """Keys the shape keys "Pose 1" to "Pose 207" with the pose's features R - I (Loper 2015, equation 9)."""
    frames = timeline.scene_frames(samples)
    turned = rotation.quaternion_to_matrix(samples.quaternions[:, 1 : len(JOINT_NAMES)])
    features = (turned - np.eye(3)).reshape(len(frames), -1)
    curves = compat.own_action(figure.data.shape_keys, f"{figure.name} Corrections")
    for index in range(features.shape[1]):
        write_keys(curves.curve(f'key_blocks["Pose {index + 1}"].value'), frames, features[:, index])


def key_visibility(figure: bpy.types.Object, samples: Samples, timeline: Timeline) -> None:
    """Hides the figure on those of the timeline's frames at which there is no sample."""
    seen = np.zeros(len(timeline.positions), dtype=bool)
    seen[samples.frames] = True
    if seen.all():
        return
    changes = np.flatnonzero(np.diff(seen, prepend=not seen[0]))
    times, values = timeline.first_frame + changes, (~seen[changes]).astype(float)
    curves = compat.own_action(figure, f"{figure.name} Visibility")
    for path in HIDDEN:
        write_keys(curves.curve(path), times, values, CONSTANT)


def unkey_visibility(figure: bpy.types.Object) -> None:
    """Shows the figure at all frames."""
    if figure.animation_data is not None and figure.animation_data.action is not None:
        curves = compat.own_action(figure, f"{figure.name} Visibility")
        for path in HIDDEN:
            curves.remove(path)
    figure.hide_viewport = figure.hide_render = False


def write_keys(curve: Any, frames: np.ndarray, values: np.ndarray, interpolation: int = LINEAR) -> None:
    """Gives an F-curve these keys and no others; hundreds of times faster than a key at a time."""
    count = len(frames)
    points = curve.keyframe_points
    points.clear()
    points.add(count)
    points.foreach_set("co", np.stack([frames, values], axis=1).astype(np.float32).ravel())
    points.foreach_set("interpolation", np.full(count, interpolation, dtype=np.int32))
    for side in ("handle_left_type", "handle_right_type"):
        points.foreach_set(side, np.full(count, AUTO_CLAMPED, dtype=np.int32))
    curve.update()
