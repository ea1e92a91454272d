"""What perfect networks would see of a motion whose truth is known."""

from dataclasses import dataclass

import numpy as np

from human_mesh_recovery.inference_server.body.files import load_body
from human_mesh_recovery.inference_server.body.rotation import axis_angle_to_matrix
from human_mesh_recovery.inference_server.fitting.body_keypoints import attach_keypoints
from human_mesh_recovery.inference_server.fitting.kinematics import keypoint_positions
from human_mesh_recovery.inference_server.fitting.observations import turn_forward_to
from human_mesh_recovery.inference_server.motion import Motion
from human_mesh_recovery.inference_server.people.appearance import SHAPE
from human_mesh_recovery.inference_server.people.predictions import Prediction
from human_mesh_recovery.inference_server.people.track_files import SeenPeople
from human_mesh_recovery.inference_server.people.tracks import Track


@dataclass(frozen=True)
class TrulySeen:
    """One person of the free body over F frames."""

    track: Track
    rotations: np.ndarray
    """(F, 24, 3, 3) as a network that looks at the pictures says them."""
    centres: np.ndarray
    """(F, 2) pixels: the middle of what it is shown."""


def see_truly(motion: Motion) -> TrulySeen:
    camera, body = motion.camera, load_body("free")
    assert camera is not None
    rotations = axis_angle_to_matrix(motion.poses.astype(np.float64))
    betas = motion.betas.astype(np.float64)
    in_world = keypoint_positions(body, attach_keypoints(body, body), rotations, betas, motion.trans)
    places = camera.to_camera(in_world)
    pixels = places[..., :2] / places[..., 2:] * camera.focal_length + camera.principal_point
    count, centres = len(pixels), pixels.mean(axis=1)
    keypoints = np.concatenate([pixels, np.full((count, 25, 1), 0.9)], axis=2)
    empty = np.zeros(0, dtype=np.int64), np.zeros((0, *SHAPE), dtype=np.float32)
    frames, seen = motion.frames.astype(np.int64), np.ones(count, dtype=bool)
    track = Track(1, frames, np.zeros((count, 4)), keypoints, np.zeros((count, 25, 3)), centres, seen, *empty)
    rays = np.concatenate(
        [(centres - camera.principal_point) / camera.focal_length, np.ones((count, 1))], axis=1
    )
    rotations[:, 0] = turn_forward_to(rays).swapaxes(1, 2) @ camera.rotation @ rotations[:, 0]
    return TrulySeen(track, rotations, centres)


def seen_people(motion: Motion, seen: TrulySeen, method: str, prediction: Prediction) -> SeenPeople:
    """As a method that looks at the pictures leaves them."""
    camera = motion.camera
    assert camera is not None
    size, count = (camera.width, camera.height), len(motion.frames)
    return SeenPeople(
        [seen.track], "", *size, motion.fps, camera.focal_length, 1.0, count, None, (), method, (prediction,)
    )
