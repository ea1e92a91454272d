"""The camera of a movie clip: its lens, and where it was in each frame if the tracker has solved it."""

from typing import Any

import bpy
import numpy as np

from ...inference_server.known_camera import KnownCamera

OPENCV_FROM_BLENDER = np.diag([1.0, -1.0, -1.0])
"""Blender's camera looks along -Z with Y up, OpenCV's along +Z with Y down."""
UNTOUCHED_LENS = 24.0
"""Millimetres: the focal length that Blender gives to every new clip, and that says nothing."""


def is_solved(clip: Any) -> bool:
    """Whether the tracker has found where the clip's camera was."""
    return _reconstruction(clip).is_valid


def has_lens(clip: Any) -> bool:
    """Whether the clip's focal length was solved for or set by the user."""
    return is_solved(clip) or abs(clip.tracking.camera.focal_length - UNTOUCHED_LENS) > 1e-3


def camera_of(clip: Any, scene: bpy.types.Scene) -> KnownCamera | None:
    """What is known of the clip's camera, in the scene's world; None where that is nothing.

    A camera object that follows the clip (its constraint Camera Solver) tells the scale, the floor and the
    direction that the user gave to the tracker's space; without one that space is the world.
    """
    if not has_lens(clip):
        return None
    lens = clip.tracking.camera
    width, height = clip.size
    x, y = lens.principal_point_pixels
    frames, rotations, translations = _places(clip, scene)
    return KnownCamera(
        lens.focal_length_pixels,
        # Blender counts from the lower left corner, of which the pixel's centre is half a pixel away
        np.array([x - 0.5, height - y - 0.5]),
        width,
        height,
        frames,
        rotations,
        translations,
    )


def _places(clip: Any, scene: bpy.types.Scene) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Source frames (N,), and rotations (N, 3, 3) and translations (N, 3) from the world to OpenCV's camera."""
    solved = [
        (camera.frame - 1 + clip.frame_offset, np.array(camera.matrix))
        for camera in (_reconstruction(clip).cameras if is_solved(clip) else ())
        if camera.frame - 1 + clip.frame_offset >= 0
    ]
    if not solved:
        return np.zeros(0, dtype=np.int64), np.zeros((0, 3, 3)), np.zeros((0, 3))
    poses = _tracker_to_world(clip, scene) @ np.stack([matrix for _frame, matrix in solved])
    # the camera's own scale sizes the space that it moves in, not what it sees
    axes = poses[:, :3, :3] / np.linalg.norm(poses[:, :3, :3], axis=1, keepdims=True)
    rotations = OPENCV_FROM_BLENDER @ axes.swapaxes(1, 2)
    translations = -(rotations @ poses[:, :3, 3:])[..., 0]
    return np.array([frame for frame, _matrix in solved], dtype=np.int64), rotations, translations


def _tracker_to_world(clip: Any, scene: bpy.types.Scene) -> np.ndarray:
    """(4, 4). The constraint puts the camera at this times its place in the tracker's space."""
    follower = _follower(clip, scene)
    if follower is None:
        return np.eye(4)
    evaluated = follower.evaluated_get(bpy.context.evaluated_depsgraph_get())
    frame = scene.frame_current - clip.frame_start + 1
    now = np.array(_reconstruction(clip).cameras.matrix_from_frame(frame=frame))
    return np.array(evaluated.matrix_world) @ np.linalg.inv(now)


def _follower(clip: Any, scene: bpy.types.Scene) -> Any:
    """A camera that follows the clip, the scene's own before others."""
    cameras = [scene.camera, *(thing for thing in scene.objects if thing.type == "CAMERA")]
    for camera in cameras:
        for constraint in camera.constraints if camera is not None else ():
            if constraint.type != "CAMERA_SOLVER" or constraint.mute or constraint.influence < 1:
                continue
            if clip == (scene.active_clip if constraint.use_active_clip else constraint.clip):
                return camera
    return None


def _reconstruction(clip: Any) -> Any:
    """That of the camera; moving objects, which may be the active ones, have others."""
    return next(thing for thing in clip.tracking.objects if thing.is_camera).reconstruction
