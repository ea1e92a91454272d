"""The video's motion, written by hand: a walk across the room, a turn to the camera, a wave.

The feet follow gait.py and never slide; pelvis, trunk and arms follow the phase of the walk: the pelvis turns with
the leading leg, drops on the swinging side and shifts over the standing one, the shoulders turn against it, and
the arms swing against the legs.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.interpolate import CubicSpline, PchipInterpolator
from scipy.ndimage import gaussian_filter1d, minimum_filter1d

from human_mesh_recovery.inference_server.body.skeleton import JOINT_INDEX as J

from .gait import FootShape, FootState, foot_at, plan_walk_and_turn
from .legs import Leg, solve_leg
from .turns import Array, about_x, about_y, about_z, between, smooth_step

FRAMES_PER_SECOND = 25
START = np.array([-2.55, -2.15])
HEADING = np.radians(50)
STEPS = 6
WAVE_TIME = 1.7
WAVES_PER_SECOND = 1.7
STRAIGHT_LEG = 0.9965


@dataclass(frozen=True)
class Stroll:
    """All that the limbs follow, one value a frame (F, ...): see the module's text."""

    times: Array
    feet: list[list[FootState]]
    pelvis: Array
    heading: Array
    phase: Array
    walking: Array
    waving: Array


def walk_and_wave(joints: Array, shape: FootShape) -> tuple[Array, Array]:
    """joints (24, 3) of the rest pose -> local rotations (F, 24, 3, 3) and pelvis positions (F, 3) on the stage."""
    stroll = _plan(joints, shape)
    rotations = np.tile(np.eye(3), (len(stroll.times), 24, 1, 1))
    _turn_trunk(rotations, stroll)
    _swing_arms(rotations, stroll)
    _wave_right_arm(rotations, stroll)
    _stand_on_feet(rotations, stroll, joints)
    return rotations, stroll.pelvis


def _plan(joints: Array, shape: FootShape) -> Stroll:
    falls = plan_walk_and_turn(START, HEADING, STEPS)
    end = falls[-1].time
    times = np.arange(round((end + WAVE_TIME) * FRAMES_PER_SECOND)) / FRAMES_PER_SECOND
    feet = [[foot_at(falls, side, time, shape) for time in times] for side in (0, 1)]
    landings = np.array([fall.time for fall in falls])
    middles = np.array([(one.position + other.position) / 2 for one, other in pairwise(falls)])
    headings = [(one.heading + other.heading) / 2 for one, other in pairwise(falls)]
    # the pelvis settles between the feet a moment after the last of them has landed
    knots = np.append(landings[1:-1], end + 0.25)
    ends = ("not-a-knot", "clamped")  # walks in at full speed, comes to rest
    path = CubicSpline(knots, middles, bc_type=ends)(np.minimum(times, knots[-1]))  # pyright: ignore[reportArgumentType]
    heading = PchipInterpolator(knots, headings)(np.minimum(times, knots[-1]))
    # 0 when the right foot lands, pi when the left one does
    phase = np.interp(times, landings, np.pi * (np.arange(len(falls)) + falls[0].side + 1))
    walking = 1 - smooth_step((times - landings[-2] + 0.1) / (end - landings[-2] + 0.1))
    waving = smooth_step((times - end + 0.50) / 0.6)
    shift = -0.020 * np.sin(phase) * walking + 0.012 * np.sin(1.9 * (times - end)) * (1 - walking)
    pelvis = np.stack([path[:, 0], np.zeros(len(times)), path[:, 1]], axis=1)
    pelvis += np.stack([np.cos(heading), np.zeros(len(times)), -np.sin(heading)], axis=1) * shift[:, None]
    pelvis[:, 1] = _pelvis_height(pelvis, heading, feet, joints)
    return Stroll(times, feet, pelvis, heading, phase, walking, waving)


def _pelvis_height(pelvis: Array, heading: Array, feet: list[list[FootState]], joints: Array) -> Array:
    """As high as both legs allow, and smooth: (F,) metres above the floor."""
    limit = np.full(len(pelvis), np.inf)
    for side in (0, 1):
        hip, knee, ankle = (joints[J[name] + side] for name in ("left_hip", "left_knee", "left_ankle"))
        longest = STRAIGHT_LEG * sum(Leg(hip, knee, ankle).lengths)
        offset = hip - joints[0]
        hips = pelvis + np.einsum("fab,b->fa", about_y(heading), offset)
        ankles = np.array([state.ankle for state in feet[side]])
        across = np.hypot(*(hips - ankles)[:, [0, 2]].T)
        limit = np.minimum(limit, ankles[:, 1] + np.sqrt(longest**2 - across**2) - offset[1])
    return gaussian_filter1d(minimum_filter1d(limit, 5, mode="nearest"), 2.0, mode="nearest")


def _turn_trunk(rotations: Array, stroll: Stroll) -> None:
    swing, drop = np.cos(stroll.phase) * stroll.walking, np.sin(stroll.phase) * stroll.walking
    rotations[:, J["pelvis"]] = (
        about_y(stroll.heading + 0.10 * swing) @ about_z(-0.055 * drop) @ about_x(0.03)
    )
    for name, share in (("spine1", 0.25), ("spine2", 0.35), ("spine3", 0.40)):
        twist, lean = about_y(-0.19 * swing * share), about_z(0.065 * drop * share)
        rotations[:, J[name]] = twist @ lean @ about_x(0.03 * stroll.walking * share)
    # the head stays ahead of the turn: it looks at the camera before the body faces it
    look = -(stroll.heading - 0.05) * smooth_step((stroll.times - 0.9) / 1.1) * 0.8 + 0.09 * swing
    nod = 0.03 * np.sin(2 * stroll.phase) * stroll.walking
    rotations[:, J["neck"]] = about_y(0.4 * look) @ about_x(0.03 + 0.5 * nod)
    tilt = about_z(0.05 * stroll.waving)
    rotations[:, J["head"]] = about_y(0.6 * look) @ tilt @ about_x(-0.03 + 0.5 * nod)


def _swing_arms(rotations: Array, stroll: Stroll) -> None:
    breath = 0.015 * np.sin(1.6 * stroll.times)
    for sign, name in ((1.0, "left_"), (-1.0, "right_")):
        # an arm leads with the other side's leg; it trails the leg a little, the forearm trails the arm
        forward = sign * np.cos(stroll.phase - 0.25) * stroll.walking
        forearm = sign * np.cos(stroll.phase - 0.65) * stroll.walking
        rotations[:, J[name + "collar"]] = about_z(sign * -0.10) @ about_y(sign * -0.05 * forward)
        hang = about_z(sign * (-1.35 + breath)) @ about_x(0.30)
        rotations[:, J[name + "shoulder"]] = about_x(0.04 - 0.36 * forward) @ about_y(sign * -0.12) @ hang
        bend = 0.26 + 0.20 * np.maximum(forearm, -0.4)
        rotations[:, J[name + "elbow"]] = about_y(-sign * bend)
        rotations[:, J[name + "wrist"]] = about_z(sign * -0.10) @ about_y(sign * 0.10 * forearm)
        rotations[:, J[name + "hand"]] = about_z(sign * -0.45)


def _wave_right_arm(rotations: Array, stroll: Stroll) -> None:
    amount = stroll.waving
    wave = np.sin(2 * np.pi * WAVES_PER_SECOND * (stroll.times - stroll.times[0]))
    raised = {
        "right_collar": about_z(-0.14 + 0 * wave),
        "right_shoulder": about_z(0.42 - 0.06 * wave) @ about_y(0.30) @ about_x(-1.40),
        "right_elbow": about_y(1.85 - 0.26 * wave),
        "right_wrist": about_y(0.02 - 0.16 * np.roll(wave, 2)),
        "right_hand": about_z(0.08 + 0 * wave),
    }
    for name, turn in raised.items():
        rotations[:, J[name]] = between(rotations[:, J[name]], turn, amount)


def _stand_on_feet(rotations: Array, stroll: Stroll, joints: Array) -> None:
    for side, name in ((0, "left_"), (1, "right_")):
        hip, knee, ankle, foot = (J[name + part] for part in ("hip", "knee", "ankle", "foot"))
        leg = Leg(joints[hip], joints[knee], joints[ankle])
        for frame, state in enumerate(stroll.feet[side]):
            pelvis = rotations[frame, 0]
            start = stroll.pelvis[frame] + pelvis @ (joints[hip] - joints[0])
            toes_out = 0.08 if side == 0 else -0.08
            forward = about_y(stroll.heading[frame] + toes_out) @ np.array([0, 0, 1.0])
            solved = solve_leg(leg, pelvis, start, state.ankle, state.rotation, forward)
            rotations[frame, [hip, knee, ankle]] = solved
            rotations[frame, foot] = about_x(-state.toe_bend)
