"""The motion that retargeting is measured with: squats, reaches, turns and a walk, whose feet stand exactly.

Written on a stage whose floor is y = 0, +Y up, front +Z; the legs follow planned feet by inverse kinematics, so that
where and when a foot stands is known. Lengths in metres, times in seconds, angles in radians.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from human_mesh_recovery.inference_server.body import model, rotation
from human_mesh_recovery.inference_server.body.axes import Y_UP_TO_Z_UP
from human_mesh_recovery.inference_server.body.files import load_body
from human_mesh_recovery.inference_server.body.skeleton import FINGER_NAMES
from human_mesh_recovery.inference_server.body.skeleton import JOINT_INDEX as J
from human_mesh_recovery.inference_server.motion import Motion

from ..examples.legs import Leg, solve_leg
from ..examples.turns import Array, about_x, about_y, about_z, smooth_step

FPS = 30.0
FRAMES = 300
SQUAT = 0.34
WALK_CROUCH = 0.055
LIFT = 0.11
SETTLE = 6
"""Frames over which the pelvis follows the feet."""

STEPS = (
    (1, 7.0, 7.6, (0.02, 0.45), 0.15),
    (0, 7.7, 8.3, (0.42, 0.80), 0.55),
    (1, 8.4, 9.0, (0.50, 1.28), 0.95),
    (0, 9.1, 9.7, (1.02, 1.16), 1.15),
)
"""A step each: left 0 or right 1, when the foot leaves and lands, where its ankle stands then (x, z), its heading."""
OUT = 0.13
"""From the middle to the ankle where somebody stands."""


@dataclass(frozen=True)
class ContactMotion:
    """The motion, and what is known of it."""

    motion: Motion
    contacts: NDArray[np.bool_]
    """(F, 2): whether the left and the right foot stand on the floor, ankle and toes held."""
    joints: Array
    """(F, 24, 3) metres, world: where the joints are."""
    rotations: Array
    """(F, 24, 3, 3) how far each joint is turned from SMPL's rest pose that stands and faces -Y, in the world."""


@dataclass(frozen=True)
class _Foot:
    ankles: Array
    """(F, 3)"""
    rotations: Array
    """(F, 3, 3)"""
    stands: NDArray[np.bool_]
    """(F,)"""


def contact_motion(frames: int = FRAMES) -> ContactMotion:
    """The first `frames` of it; beyond the end of 10 s it begins anew."""
    body = load_body("free")
    rest = model.rest_joints(body, np.zeros(10))
    height = rest[J["left_ankle"], 1] - model.rest_vertices(body, np.zeros(10))[:, 1].min()
    times = np.arange(FRAMES) / FPS
    feet = [_plan_foot(times, side, height) for side in (0, 1)]
    turns = np.tile(np.eye(3), (FRAMES, 24, 1, 1))
    _turn_trunk(turns, times, feet)
    _move_arms(turns, times)
    pelvis = _pelvis_path(times, feet, height - rest[J["left_ankle"], 1])
    for side, name in enumerate(("left_", "right_")):
        _follow_foot(turns, pelvis, rest, feet[side], name)
    again = np.arange(frames) % FRAMES
    contacts = np.stack([foot.stands for foot in feet], axis=1)
    return _in_world(turns[again], pelvis[again], rest, contacts[again], _fingers(times)[again])


def _in_world(
    turns: Array, pelvis: Array, rest: Array, contacts: NDArray[np.bool_], fingers: Array
) -> ContactMotion:
    turned, joints = model.forward_kinematics(turns, rest - rest[0])
    world = turns.copy()
    world[:, 0] = Y_UP_TO_Z_UP @ world[:, 0]
    motion = Motion(
        poses=rotation.matrix_to_axis_angle(world),
        betas=np.zeros(10),
        trans=pelvis @ Y_UP_TO_Z_UP.T - rest[0],
        fps=FPS,
        frames=np.arange(len(turns)),
        hand_poses=fingers,
    )
    to_world = Y_UP_TO_Z_UP @ turned @ Y_UP_TO_Z_UP.T
    return ContactMotion(motion, contacts, (joints + pelvis[:, None]) @ Y_UP_TO_Z_UP.T, to_world)


def _plan_foot(times: Array, side: int, height: float) -> _Foot:
    """Flat where it stands; on an arc, heel up and then toes up, from one place to the next."""
    place, heading = np.array([OUT if side == 0 else -OUT, 0.0]), 0.0
    places, headings = np.tile(place, (len(times), 1)), np.zeros(len(times))
    lifts, pitches = np.zeros(len(times)), np.zeros(len(times))
    stands = np.ones(len(times), dtype=bool)
    for of, leaves, lands, target, turned in STEPS:
        if of != side:
            continue
        part = np.clip((times - leaves) / (lands - leaves), 0, 1)
        way = smooth_step(part)
        after = times > leaves
        places[after] = place + (np.array(target) - place) * way[after, None]
        headings[after] = heading + (turned - heading) * way[after]
        lifts += LIFT * np.sin(np.pi * part) ** 2
        pitches += 0.5 * np.sin(2 * np.pi * way) * np.sin(np.pi * part)
        stands &= (times <= leaves) | (times >= lands)
        place, heading = np.array(target), turned
    ankles = np.stack([places[:, 0], height + lifts, places[:, 1]], axis=1)
    return _Foot(ankles, about_y(headings) @ about_x(pitches), stands)


def _pelvis_path(times: Array, feet: list[_Foot], standing: float) -> Array:
    """(F, 3): over the middle of the feet, and as high as squats and steps ask for."""
    middle = (feet[0].ankles + feet[1].ankles) / 2
    weights = np.hanning(2 * SETTLE + 3)[1:-1]
    path = np.stack([_smoothed(middle[:, axis], weights) for axis in (0, 2)], axis=1)
    squat = np.sin(np.pi * _part(times, 1.0, 2.0)) ** 2 + np.sin(np.pi * _part(times, 2.0, 3.2)) ** 2
    down = 0.012 + SQUAT * squat + WALK_CROUCH * smooth_step(_part(times, 6.2, 6.9))
    back = -0.12 * squat
    return np.stack([path[:, 0], standing - down, path[:, 1] + back], axis=1)


def _turn_trunk(turns: Array, times: Array, feet: list[_Foot]) -> None:
    forward = np.stack([foot.rotations[:, :, 2] for foot in feet]).sum(axis=0)
    heading = _smoothed(np.arctan2(forward[:, 0], forward[:, 2]), np.hanning(2 * SETTLE + 3)[1:-1])
    squat = np.sin(np.pi * _part(times, 1.0, 2.0)) ** 2 + np.sin(np.pi * _part(times, 2.0, 3.2)) ** 2
    sway = np.sin(2 * np.pi * _part(times, 3.4, 5.2)) * _bump(times, 3.4, 5.2)
    twist = np.sin(2 * np.pi * _part(times, 5.2, 7.0)) * _bump(times, 5.2, 7.0)
    turns[:, J["pelvis"]] = about_y(heading + 0.15 * twist) @ about_x(0.35 * squat)
    for name, share in (("spine1", 0.3), ("spine2", 0.3), ("spine3", 0.4)):
        turns[:, J[name]] = about_y(0.7 * twist * share) @ about_z(-0.45 * sway * share)
        turns[:, J[name]] = turns[:, J[name]] @ about_x(0.25 * squat * share)
    turns[:, J["neck"]] = about_y(0.3 * twist) @ about_x(-0.25 * squat)
    turns[:, J["head"]] = about_y(0.4 * twist) @ about_z(0.2 * sway)


def _move_arms(turns: Array, times: Array) -> None:
    """From the T-pose down, forwards in squats, up one after the other, then bent and twisting, then swinging."""
    hang = smooth_step(_part(times, 0.2, 0.9))
    squat = np.sin(np.pi * _part(times, 1.0, 2.0)) ** 2 + np.sin(np.pi * _part(times, 2.0, 3.2)) ** 2
    bent = _bump(times, 5.2, 7.0)
    walks = smooth_step(_part(times, 7.0, 7.4))
    for sign, name, begin in ((1.0, "left_", 3.4), (-1.0, "right_", 3.9)):
        up = _bump(times, begin, begin + 1.4)
        swing = np.sin(2 * np.pi * (times - 7.0) / 1.4) * walks * -sign
        raised = -1.25 * hang + 0.45 * squat + 2.55 * up + 0.75 * bent
        turns[:, J[name + "collar"]] = about_z(sign * (0.35 * up - 0.06 * hang))
        forward = -1.0 * squat - 0.25 * up + 0.45 * swing
        turns[:, J[name + "shoulder"]] = about_x(forward) @ about_z(sign * raised) @ about_x(0.4 * bent)
        elbow = 0.25 * hang + 0.9 * squat + 1.5 * bent + 0.2 * up + 0.3 * walks
        turns[:, J[name + "elbow"]] = about_y(-sign * elbow) @ about_x(0.5 * bent)
        turns[:, J[name + "wrist"]] = about_x(0.6 * np.sin(6 * times) * bent) @ about_z(-sign * 0.5 * bent)


def _fingers(times: Array) -> Array:
    """(F, 30, 3) axis-angle: fists that close and open while the arms twist; the thumbs stay."""
    curl = np.zeros((len(times), len(FINGER_NAMES), 3))
    for index, name in enumerate(FINGER_NAMES):
        if "thumb" not in name:
            curl[:, index, 2] = (-1.1 if name.startswith("left") else 1.1) * _bump(times, 5.2, 7.0)
    return curl


def _follow_foot(turns: Array, pelvis: Array, rest: Array, foot: _Foot, name: str) -> None:
    hip, knee, ankle = (J[name + part] for part in ("hip", "knee", "ankle"))
    leg = Leg(rest[hip], rest[knee], rest[ankle])
    for frame in range(len(turns)):
        root = turns[frame, 0]
        start = pelvis[frame] + root @ (rest[hip] - rest[0])
        forward = root[:, 2] * [1, 0, 1] + foot.rotations[frame, :, 2] * [1, 0, 1]
        solved = solve_leg(leg, root, start, foot.ankles[frame], foot.rotations[frame], forward)
        turns[frame, [hip, knee, ankle]] = solved


def _part(times: Array, begin: float, end: float) -> Array:
    return np.clip((times - begin) / (end - begin), 0, 1)


def _bump(times: Array, begin: float, end: float) -> Array:
    """From 0 to 1 and back to 0, with 1 for the middle half."""
    edge = (end - begin) / 4
    return smooth_step((times - begin) / edge) * smooth_step((end - times) / edge)


def _smoothed(values: Array, weights: Array) -> Array:
    padded = np.pad(values, len(weights) // 2, mode="edge")
    return np.convolve(padded, weights / weights.sum(), mode="valid").real
