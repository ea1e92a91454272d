"""Feet that stand: found in a first solution, then held where they stand."""

from dataclasses import dataclass

import numpy as np

from ..body.model import forward_kinematics
from ..body.skeleton import JOINT_INDEX, KEYPOINT_INDEX
from ..body.standing import rests, runs
from .kinematics import keypoint_positions
from .observations import BodyState
from .terms import Pins, Problem
from .world import World, world_from_up

SOLES = tuple(KEYPOINT_INDEX[name] for name in ("left_heel", "left_toe", "right_heel", "right_toe"))
DEPTH_SHARE = 0.3
"""How much of the speed along the line of sight counts: it is mostly error."""
PIN_SIGMA = 0.01
"""Metres; how firmly a standing part is held."""
OTHER_FLOOR = 0.15
"""Metres; a stance further from the floor than this stands on another: a step, a roof, a stage."""
LEAST_UPRIGHT = np.cos(np.radians(60))
"""Cosine of the largest angle between a standing foot's own up and the world's; lying, the feet rest on nothing."""
TILT = np.radians(3.0)
"""How far the vertical may still be off when the floor under the feet is laid."""
GRAZING = 0.1
"""Sine of the angle between a line of sight and the floor at which where they meet is worth as much as a size."""
LARGEST_SCALE = 1.2
"""How much a person's size may be off; beyond it they stand on another floor, a stage or a stair."""
FLOOR_ERROR = 0.03
"""Metres; how far a standing part of the first solution usually is from the floor."""


def standing(
    heights: np.ndarray, points: np.ndarray, fps: float, centres: np.ndarray | None = None
) -> np.ndarray:
    """(F, S) bool: which parts of the feet stand.

    heights (F, S) metres; points (F, S, 3) metres, in a space in which the camera is at `centres` (F, 3), its
    origin if None.
    """
    if len(points) < 3:
        return np.zeros(heights.shape, dtype=bool)
    velocity = np.gradient(points, axis=0) * fps
    sight = points if centres is None else points - centres[:, None]
    sight = sight / (np.linalg.norm(sight, axis=2, keepdims=True) + 1e-9)
    along = (velocity * sight).sum(axis=2, keepdims=True) * sight
    speed = np.linalg.norm(velocity - (1 - DEPTH_SHARE) * along, axis=2)
    return rests(heights, points, speed, fps)


@dataclass(frozen=True)
class Planted:
    """Standing feet, the world whose floor they stand on, and how much further away the person is for that."""

    pins: Pins
    world: World
    scale: float
    levels: np.ndarray
    """(N,) metres: the heights in `world` that the stances are on, 0 on its floor."""


def pin_feet(
    problem: Problem, state: BodyState, world: World, floor_known: bool, floor_given: bool = False
) -> Planted | None:
    """The pins that hold standing feet on one floor; None if none stands.

    A standing heel or toe is held at its mean place over its stance, at its own height over the sole. Where
    the floor is not known yet, it is laid under these feet; else the person, whose size and distance a
    single camera can't tell apart, is moved along the line of sight until the feet meet it; where the floor is
    given by the user, every standing part is.
    """
    posed = keypoint_positions(problem.body, problem.keypoints, state.rotations, state.betas, state.trans)
    soles = posed[:, SOLES]
    rest = problem.keypoints.rest + problem.keypoints.shape_directions @ state.betas
    ground = (problem.body.template[:, 1] + problem.body.shape_directions[:, 1] @ state.betas).min()
    heights_over_sole = rest[list(SOLES), 1] - ground
    centres = problem.camera_centres
    stands = standing(world.to_world(soles)[..., 2] - heights_over_sole, soles, problem.seen.fps, centres)
    stands &= _soles_down(state, world)
    stances = [(part, start, stop) for part in range(len(SOLES)) for start, stop in runs(stands[:, part])]
    if not stances:
        return None
    places = np.array([soles[start:stop, part].mean(axis=0) for part, start, stop in stances])
    clearance = heights_over_sole[[part for part, _, _ in stances]]
    durations = np.array([stop - start for _, start, stop in stances], dtype=np.float64)
    origins = np.array([centres[start:stop].mean(axis=0) for _, start, stop in stances])
    floor = world
    scale = _scale_to_floor(world, places, origins, clearance, durations) if floor_known else 1.0
    if 1 / LARGEST_SCALE < scale < LARGEST_SCALE and floor_known:
        scales = _own_scales(world, places, origins, clearance, scale) if floor_given else scale
        places = origins + (places - origins) * scales
    else:
        floor, scale = _lay_floor(world, places, clearance, durations), 1.0
    targets = np.zeros_like(posed)
    weights = np.zeros(posed.shape[:2])
    for (part, start, stop), place, height in zip(stances, places, clearance, strict=True):
        target = floor.to_world(place)
        if abs(target[2] - height) < OTHER_FLOOR:
            target[2] = height
        targets[start:stop, SOLES[part]] = floor.to_camera(target)
        weights[start:stop, SOLES[part]] = 1 / PIN_SIGMA**2
    final = world if floor_known else floor
    parts = [SOLES[part] for part, _, _ in stances]
    starts = [start for _, start, _ in stances]
    levels = final.to_world(targets[starts, parts])[:, 2] - clearance
    return Planted(Pins(targets, weights), final, scale, levels)


def _soles_down(state: BodyState, world: World) -> np.ndarray:
    """(F, S) bool: which parts of the feet (in the order of SOLES) have their sole below them."""
    turned, _ = forward_kinematics(state.rotations, np.zeros((24, 3)))
    ankles = [JOINT_INDEX[name] for name in ("left_ankle", "left_ankle", "right_ankle", "right_ankle")]
    return turned[:, ankles][..., 1] @ world.up > LEAST_UPRIGHT


def _scale_to_floor(
    world: World, places: np.ndarray, origins: np.ndarray, clearance: np.ndarray, durations: np.ndarray
) -> float:
    """The factor on the distance from the camera, which was at `origins` (N, 3), at which the places lie on the
    floor, in the middle of the stances.
    """
    # a place c + p moved to c + s p has the height up . (c + s p - origin)
    up, from_camera = world.up, places - origins
    scales = (clearance + world.translation @ up - origins @ up) / (from_camera @ up)
    order = np.argsort(scales)
    middle = np.searchsorted(np.cumsum(durations[order]), durations.sum() / 2)
    return float(scales[order][middle])


def _own_scales(
    world: World, places: np.ndarray, origins: np.ndarray, clearance: np.ndarray, scale: float
) -> np.ndarray:
    """(N, 1) factors that put every place on a floor that is certain where its own line of sight meets it.

    The flatter that line, the less it tells, and the more counts `scale`, the factor of all of them.
    """
    from_camera = places - origins
    down = from_camera @ world.up
    own = (clearance + world.translation @ world.up - origins @ world.up) / down
    steepness = (down / np.linalg.norm(from_camera, axis=1)) ** 2
    own = scale + (own - scale) * steepness / (steepness + GRAZING**2)
    near = (own > scale / LARGEST_SCALE) & (own < scale * LARGEST_SCALE)
    return np.where(near, own, scale)[:, None]


def _lay_floor(world: World, places: np.ndarray, clearance: np.ndarray, durations: np.ndarray) -> World:
    """Tilts and shifts the world so that the standing places lie on Z = 0; long stances count more.

    Least squares in a small tilt and a height, z + a x + b y + c = clearance, reweighted from the middle height
    on, so that places on other floors do not tilt it.
    """
    points = world.to_world(places)
    middle = np.average(points, axis=0, weights=durations)
    away = points[:, 2] - clearance
    tilt_x = tilt_y = 0.0
    order = np.argsort(away)
    shift = -float(away[order][np.searchsorted(np.cumsum(durations[order]), durations.sum() / 2)])
    for _ in range(10):
        residual = away + (points[:, :2] - middle[:2]) @ (tilt_x, tilt_y) + shift
        trust = np.sqrt(durations / durations.max()) / (1 + (residual / OTHER_FLOOR) ** 2) / FLOOR_ERROR
        rows = np.column_stack([points[:, :2] - middle[:2], np.ones(len(points))]) * trust[:, None]
        rows = np.vstack([rows, np.diag([1 / TILT, 1 / TILT, 1e-6])])
        right = np.append(-away * trust, [0.0, 0.0, 0.0])
        tilt_x, tilt_y, shift = np.linalg.lstsq(rows, right, rcond=None)[0]
    up_in_world = np.array([tilt_x, tilt_y, 1.0])
    up = world.rotation @ (up_in_world / np.linalg.norm(up_in_world))
    return world_from_up(up, world.to_camera(np.array([middle[0], middle[1], -shift])))
