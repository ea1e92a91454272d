"""A walk of which everything is known, as a camera sees it that moves, for tests of known cameras."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from human_mesh_recovery.inference_server.body.files import load_body
from human_mesh_recovery.inference_server.body.model import forward_kinematics, rest_joints
from human_mesh_recovery.inference_server.body.rotation import axis_angle_to_matrix
from human_mesh_recovery.inference_server.fitting.body_keypoints import attach_keypoints
from human_mesh_recovery.inference_server.fitting.contacts import SOLES
from human_mesh_recovery.inference_server.fitting.kinematics import keypoint_positions
from human_mesh_recovery.inference_server.fitting.observations import HIPS
from human_mesh_recovery.inference_server.known_camera import KnownCamera
from human_mesh_recovery.inference_server.motion import Motion, load_motion
from human_mesh_recovery.inference_server.people.tracks import Track
from human_mesh_recovery.inference_server.solve import Footage

BODY = load_body("free")
KEYPOINTS = attach_keypoints(BODY, BODY)
FIRST = 7
"""The number of the source's frame in which the walk begins."""
WIDTH, HEIGHT, FOCAL_LENGTH = 1280, 720, 1100.0


def walk() -> Motion:
    """The walk of the examples, its bare soles on Z = 0."""
    motion = load_motion(Path(__file__).parents[1] / "examples" / "walk.npz")
    lowered = np.asarray(motion.trans) - np.array([0.0, 0.0, 0.012])
    return replace(motion, trans=lowered, frames=motion.frames + FIRST, camera=None, joints=None)


WALK = walk()


def footage(motion: Motion) -> Footage:
    return Footage(WIDTH, HEIGHT, motion.fps, "walk.mp4")


def looking(places: np.ndarray, targets: np.ndarray, frames: np.ndarray) -> KnownCamera:
    """A level-headed camera at `places` (N, 3) that looks at `targets` (N, 3), in the world."""
    forward = targets - places
    forward = forward / np.linalg.norm(forward, axis=1, keepdims=True)
    right = np.cross(forward, [0.0, 0.0, 1.0])
    right = right / np.linalg.norm(right, axis=1, keepdims=True)
    rotations = np.stack([right, np.cross(forward, right), forward], axis=1)
    translations = (rotations @ -places[..., None])[..., 0]
    centre = np.array([(WIDTH - 1) / 2, (HEIGHT - 1) / 2])
    return KnownCamera(FOCAL_LENGTH, centre, WIDTH, HEIGHT, frames, rotations, translations)


def dolly(motion: Motion, travel: float = 2.5) -> KnownCamera:
    """A camera on a dolly that goes `travel` metres and pans with the walker."""
    share = np.linspace(0.0, 1.0, len(motion.frames))[:, None]
    places = np.array([-1.5, -4.5, 1.5]) + share * [travel, 0.5 * travel / 2.5, 0.1]
    return looking(places, 0.8 * motion.trans * [1, 1, 0] + [0.0, 0.0, 1.0], motion.frames)


def tripod(motion: Motion) -> KnownCamera:
    """A camera that stands still, its pose told for every frame."""
    count = len(motion.frames)
    return looking(
        np.tile([-0.5, -5.0, 1.5], (count, 1)), np.tile([-0.7, 0.0, 0.9], (count, 1)), motion.frames
    )


def without_places(camera: KnownCamera) -> KnownCamera:
    return replace(
        camera,
        frames=camera.frames[:0],
        rotations=camera.rotations[:0],
        translations=camera.translations[:0],
    )


def joints_of(motion: Motion) -> np.ndarray:
    """(F, 24, 3) metres, world."""
    _, joints = forward_kinematics(axis_angle_to_matrix(motion.poses), rest_joints(BODY, motion.betas))
    return joints + motion.trans[:, None]


def keypoints_of(motion: Motion) -> np.ndarray:
    """(F, K, 3) metres, world."""
    return keypoint_positions(
        BODY, KEYPOINTS, axis_angle_to_matrix(motion.poses), motion.betas, np.asarray(motion.trans)
    )


def track_of(motion: Motion, camera: KnownCamera, pixels: float = 3.0, metres: float = 0.03) -> Track:
    """What networks would have seen of `motion`, with noise in pixels of the 2D and in metres of the 3D."""
    random = np.random.default_rng(1)
    seen = keypoints_of(motion) @ camera.rotations.swapaxes(1, 2) + camera.translations[:, None]
    places = seen[..., :2] / seen[..., 2:] * camera.focal_length + camera.principal_point
    crops = places.mean(axis=1)
    places = places + random.normal(size=places.shape) * pixels
    count = len(places)
    keypoints = np.concatenate([places, np.full((*places.shape[:2], 1), 0.9)], axis=2)
    relative = seen - seen[:, HIPS].mean(axis=1, keepdims=True)
    relative = relative + random.normal(size=relative.shape) * metres
    return Track(
        1,
        motion.frames,
        np.zeros((count, 4)),
        keypoints,
        relative @ _crop_axes(crops, camera),
        crops,
        np.ones(count, dtype=bool),
        np.zeros(0, dtype=np.int64),
        np.zeros((0, 2, 8), dtype=np.float32),
    )


def _crop_axes(crops: np.ndarray, camera: KnownCamera) -> np.ndarray:
    """(F, 3, 3) whose columns are the axes of a camera that is turned towards the crop (F, 2) the shortest way."""
    ahead = np.concatenate(
        [(crops - camera.principal_point) / camera.focal_length, np.ones((len(crops), 1))], axis=1
    )
    ahead /= np.linalg.norm(ahead, axis=1, keepdims=True)
    axis = np.cross([0.0, 0.0, 1.0], ahead)
    sine = np.linalg.norm(axis, axis=1, keepdims=True)
    return axis_angle_to_matrix(axis / np.maximum(sine, 1e-9) * np.arctan2(sine, ahead[:, 2:]))


def world_error(found: Motion, truth: Motion) -> float:
    """Mean distance of the joints in the world, millimetres."""
    return float(np.linalg.norm(joints_of(found) - joints_of(truth), axis=2).mean() * 1e3)


def aligned_error(found: Motion, truth: Motion) -> float:
    """The same, after the whole motions have been turned and moved onto each other."""
    a, b = joints_of(found).reshape(-1, 3), joints_of(truth).reshape(-1, 3)
    u, _, vt = np.linalg.svd((a - a.mean(axis=0)).T @ (b - b.mean(axis=0)))
    turn = u @ np.diag([1, 1, np.linalg.det(u @ vt)]) @ vt
    return float(np.linalg.norm((a - a.mean(axis=0)) @ turn - (b - b.mean(axis=0)), axis=1).mean() * 1e3)


def sliding(found: Motion, truth: Motion) -> float:
    """Millimetres a frame that those parts of the feet move that truly stand."""
    stands = np.linalg.norm(np.diff(keypoints_of(truth)[:, SOLES], axis=0), axis=2) < 1e-3
    return float(np.linalg.norm(np.diff(keypoints_of(found)[:, SOLES], axis=0), axis=2)[stands].mean() * 1e3)
