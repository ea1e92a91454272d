"""The ground in a world that the user's camera has given, which itself is never moved or turned."""

import numpy as np

from ..body.model import Body
from .world import World, estimate_up, lowest_heights, on_floor, touching_height, upright, world_from_up

SAME_UP = np.cos(np.radians(30))
"""Cosine of the largest angle between people who stand and a vertical that is taken for the true one."""
NEAR_FLOOR = 0.15
"""Metres between the feet and Z = 0 within which Z = 0 is the floor."""
SIZE_ERROR = 0.1
"""How far off a person's size is at first; their feet are then off by this share of the camera's height."""


def find_ground(
    body: Body,
    world: World,
    joints: list[np.ndarray],
    poses: np.ndarray,
    betas: np.ndarray,
    trans: np.ndarray,
) -> tuple[World, bool]:
    """A world whose Z = 0 is the ground under the people, and whether that is the known world's own Z = 0.

    joints: each person's (F, 24, 3); the first person's poses (F, 24, 3) in axis-angle, betas (10,) and trans
    (F, 3): all in the space that `world` is seen from. Where the user has not told the tracker which way is up,
    the people are asked.
    """
    up = upright(joints)
    if up is not None and up @ world.up < SAME_UP:
        return on_floor(body, world_from_up(estimate_up(joints), np.zeros(3)), poses, betas, trans), False
    ground = on_floor(body, world, poses, betas, trans)
    level = world.to_world(ground.translation)[2]
    camera_height = world.to_world(np.zeros(3))[2]
    if abs(level) < max(NEAR_FLOOR, SIZE_ERROR * camera_height):
        return world, True
    return ground, False


def rest_on_floor(
    body: Body, world: World, poses: np.ndarray, betas: np.ndarray, trans: np.ndarray
) -> np.ndarray:
    """`trans` (F, 3), of somebody whose feet are held at Z = 0, raised or lowered so that the skin touches it."""
    return trans - touching_height(lowest_heights(body, world, poses, betas, trans)) * world.up
