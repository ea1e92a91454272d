"""From camera space to a world that stands upright, with its floor at zero."""

from dataclasses import dataclass

import numpy as np

from ..body.model import Body, pose_body
from ..body.rotation import matrix_to_axis_angle
from ..body.skeleton import JOINT_INDEX

CAMERA_PITCH = np.radians(12.0)
CAMERA_ROLL = np.radians(4.0)
"""How far cameras usually are from level."""
STEEPEST = np.cos(np.radians(45))
"""Cosine of the largest angle to a level camera's vertical at which a straight body is taken to stand, not to lie."""
STANCE = np.radians(5.0)
"""How far from the vertical a person on two straight legs usually is, taken over a clip."""
STANCE_ON_ONE = np.radians(8.0)
"""The same for a person on one straight leg."""
ENOUGH = 0.1
"""The share of frames on two straight legs from which on those on one are not asked."""
STRAIGHT_DOWN = 1 - 1e-9
WEIGHT_AHEAD = 0.35
"""Where the weight of somebody who stands rests, from the ankles (0) to the balls of the feet (1)."""
STRAIGHT_KNEE = np.cos(np.radians(35))
STRAIGHT_HIP = np.cos(np.radians(35))
FLOOR_FRAMES = 24
"""Poses whose mesh is looked at for its lowest point."""
TOUCH = 0.05
"""Metres; a mesh whose lowest point is this near to the floor is meant to touch it."""
FLOOR_PERCENTILE = 15
"""Of the lowest points: below it are the fit's errors, above it steps and jumps."""


@dataclass(frozen=True)
class World:
    """Where the world is, seen from the camera: x_camera = rotation @ x_world + translation."""

    rotation: np.ndarray
    """(3, 3)."""
    translation: np.ndarray
    """(3,) metres."""

    @property
    def up(self) -> np.ndarray:
        """(3,) the world's +Z in camera space."""
        return self.rotation[:, 2]

    def to_world(self, points: np.ndarray) -> np.ndarray:
        """(..., 3) camera space -> (..., 3) world."""
        return (points - self.translation) @ self.rotation

    def to_camera(self, points: np.ndarray) -> np.ndarray:
        """(..., 3) world -> (..., 3) camera space."""
        return points @ self.rotation.T + self.translation


def estimate_up(joints: list[np.ndarray]) -> np.ndarray:
    """(3,) unit vector in camera space, from each person's joints (F, 24, 3) in camera space.

    A person on straight legs, better on two than on one, has the body over the feet along the vertical; a camera
    is nearly level. The two are weighed by how far each usually is from the truth, pitch and roll apart.
    """
    standing, stance = _standing_lines(joints)
    level = np.array([0.0, -1.0, 0.0])
    standing = [line for line in standing if line @ level > STEEPEST]
    if not standing:
        return level
    mean = np.median(standing, axis=0)
    roll, pitch = np.arctan2(mean[0], -mean[1]), np.arctan2(mean[2], -mean[1])
    roll *= CAMERA_ROLL**2 / (CAMERA_ROLL**2 + stance**2)
    pitch *= CAMERA_PITCH**2 / (CAMERA_PITCH**2 + stance**2)
    up = np.array([np.tan(roll), -1.0, np.tan(pitch)])
    return up / np.linalg.norm(up)


def upright(joints: list[np.ndarray]) -> np.ndarray | None:
    """(3,) the way that people on straight legs, (F, 24, 3) each, point from feet to head; None if nobody does."""
    lines, _ = _standing_lines(joints)
    return np.median(lines, axis=0) if lines else None


def world_from_up(up: np.ndarray, origin: np.ndarray) -> World:
    """The world whose Z is `up` and whose origin is `origin` (both (3,) in camera space); the camera looks along +Y.

    Where it looks straight down, its picture's top is towards +Y.
    """
    ahead = np.array([0.0, 0.0, 1.0] if abs(up[2]) < STRAIGHT_DOWN else [0.0, -1.0, 0.0])
    forward = ahead - up * (ahead @ up)
    forward /= np.linalg.norm(forward)
    return World(np.stack([np.cross(forward, up), forward, up], axis=1), origin)


def on_floor(body: Body, world: World, poses: np.ndarray, betas: np.ndarray, trans: np.ndarray) -> World:
    """`world` raised or lowered so that the mesh's lowest points lie at Z = 0.

    poses (F, 24, 3), betas (10,), trans (F, 3) in camera space.
    """
    return _raised(
        world, float(np.percentile(lowest_heights(body, world, poses, betas, trans), FLOOR_PERCENTILE))
    )


def soles_on_floor(
    body: Body, world: World, poses: np.ndarray, betas: np.ndarray, trans: np.ndarray
) -> World:
    """`world`, whose floor is known to a few centimetres, raised or lowered so that the skin touches it.

    As `on_floor`, but only from the frames in which the mesh comes near the floor.
    """
    return _raised(world, touching_height(lowest_heights(body, world, poses, betas, trans)))


def touching_height(lowest: np.ndarray) -> float:
    """Metres: the usual height of those of the lowest points (N,) that are near the floor; 0 if none is."""
    touching = lowest[np.abs(lowest) < TOUCH]
    return float(np.median(touching)) if len(touching) else 0.0


def lowest_heights(
    body: Body, world: World, poses: np.ndarray, betas: np.ndarray, trans: np.ndarray
) -> np.ndarray:
    """(N,) metres: the mesh's lowest heights in `world`, in frames spread over the clip."""
    chosen = np.unique(np.linspace(0, len(poses) - 1, FLOOR_FRAMES).round().astype(int))
    heights = []
    for frame in chosen:  # one by one: a mesh is large
        vertices, _ = pose_body(body, poses[frame : frame + 1], betas, trans[frame : frame + 1])
        heights.append(world.to_world(vertices[0])[:, 2].min())
    return np.array(heights)


def _raised(world: World, height: float) -> World:
    """The world whose floor is at `height` of this one."""
    return World(world.rotation, world.to_camera(np.array([0.0, 0.0, height])))


def body_in_world(
    world: World, root: np.ndarray, trans: np.ndarray, pelvis: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The root's axis-angle (F, 3) and the translation (F, 3) in the world.

    root (F, 3, 3) and trans (F, 3) are in camera space; `pelvis` (3,) is the rest pelvis, about which SMPL's
    root turns, so that it moves to pelvis + trans.
    """
    turned = matrix_to_axis_angle(world.rotation.T @ root)
    return turned, world.to_world(trans + pelvis) - pelvis


def _standing_lines(joints: list[np.ndarray]) -> tuple[list[np.ndarray], float]:
    """Everybody's upright lines, on two legs where there are enough, and how far they usually are off in radians."""
    on_two = [line for person in joints for line in _upright_lines(person, np.logical_and)]
    on_one = [line for person in joints for line in _upright_lines(person, np.logical_or)]
    two_legs = len(on_two) >= ENOUGH * sum(len(person) for person in joints)
    return (on_two, STANCE) if two_legs else (on_one, STANCE_ON_ONE)


def _upright_lines(joints: np.ndarray, combine: np.ufunc) -> np.ndarray:
    """(N, 3) unit vectors from the feet to the trunk's middle, of a person (F, 24, 3) in the frames that stand on
    straight legs: on both with np.logical_and, on either with np.logical_or.
    """

    def unit(vectors: np.ndarray) -> np.ndarray:
        return vectors / (np.linalg.norm(vectors, axis=-1, keepdims=True) + 1e-9)

    def joint(name: str) -> np.ndarray:
        return joints[:, JOINT_INDEX[name]]

    spine = unit(joint("neck") - joint("pelvis"))
    straight, feet = [], []
    for side in ("left", "right"):
        thigh = unit(joint(f"{side}_hip") - joint(f"{side}_knee"))
        shin = unit(joint(f"{side}_knee") - joint(f"{side}_ankle"))
        extended = (thigh * shin).sum(axis=1) > STRAIGHT_KNEE
        straight.append(extended & ((thigh * spine).sum(axis=1) > STRAIGHT_HIP))
        ankle, ball = joint(f"{side}_ankle"), joint(f"{side}_foot")
        feet.append(ankle + WEIGHT_AHEAD * (ball - ankle))
    shares = np.stack(straight, axis=1).astype(np.float64)
    shares /= np.maximum(shares.sum(axis=1, keepdims=True), 1)
    support = shares[:, :1] * feet[0] + shares[:, 1:] * feet[1]
    trunk = 0.5 * (joint("pelvis") + joint("neck"))
    return unit(trunk - support)[combine(*straight)]
