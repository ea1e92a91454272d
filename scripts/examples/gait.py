"""Where the feet are in a walk that ends in a turn: planned footfalls, and heel strike, roll and toe off.

The stage has its floor at y = 0, +Y up, and the camera on the side of +Z; lengths in metres, times in seconds,
headings in radians from +Z towards +X. Timing and foot angles follow a usual adult walk (Winter 2009,
"Biomechanics and Motor Control of Human Movement", chapter 6): both feet on the floor for a tenth of the cycle
at each change, the heel strikes with the toes 20 degrees up and leaves the floor long before the toes.
"""

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import CubicHermiteSpline, PchipInterpolator

from .turns import Array, about_x, about_y, smooth_step

STEP_TIME = 0.52
STEP_LENGTH = 0.64
HALF_WIDTH = 0.075
DOUBLE_SUPPORT = 0.24 * STEP_TIME
STRIKE_PITCH = -0.34
LEAVE_PITCH = 0.78
HEEL_RISE_TIME = 0.30
FLAT_TIME = 0.12


@dataclass(frozen=True)
class Footfall:
    """One placing of a foot: 0 left or 1 right, when the heel lands, where the ankle stands, where it points."""

    side: int
    time: float
    position: Array
    heading: float
    strike_pitch: float = STRIKE_PITCH
    leave_pitch: float = LEAVE_PITCH


@dataclass(frozen=True)
class FootShape:
    """A foot of the rest pose, seen from its ankle joint: its height above the floor, and the points (3,) on which
    it rolls: the back edge of the heel's sole, and the joint of the toes.
    """

    ankle_height: float
    heel: Array
    toe_joint: Array


@dataclass(frozen=True)
class FootState:
    """The ankle (3,), the foot's rotation in the stage (3, 3), and the bend of the toes against the foot."""

    ankle: Array
    rotation: Array
    toe_bend: float


def across(heading: float, side: int, distance: float) -> Array:
    """(2,) offset in x and z to the left (side 0) or right (side 1) of somebody who walks along `heading`."""
    sign = 1.0 if side == 0 else -1.0
    return sign * distance * np.array([np.cos(heading), -np.sin(heading)])


def plan_walk_and_turn(start: Array, heading: float, steps: int) -> list[Footfall]:
    """Footfalls of `steps` even steps from `start` (2,) along `heading`, then two that turn to the camera.

    The first lands before time 0, so that both feet are known at every time from 0 on.
    """
    forward = np.array([np.sin(heading), np.cos(heading)])
    falls: list[Footfall] = []
    for number in range(steps):
        side = (number + 1) % 2
        middle = start + forward * STEP_LENGTH * number
        time = (number - 1.5) * STEP_TIME
        falls.append(Footfall(side, time, middle + across(heading, side, HALF_WIDTH), heading))
    side, time = steps % 2 ^ 1, falls[-1].time
    middle = start + forward * STEP_LENGTH * (steps - 0.45)
    turn, final = heading * 0.32, 0.0
    falls.append(
        Footfall(side, time + 1.04 * STEP_TIME, middle + across(turn, side, 0.11), turn, -0.12, 0.35)
    )
    last = middle + np.array([-0.01, 0.05])
    falls.append(Footfall(1 - side, time + 2.2 * STEP_TIME, last + across(0, 1 - side, 0.12), final, -0.04))
    return falls


def foot_at(falls: list[Footfall], side: int, time: float, shape: FootShape) -> FootState:
    """The state of one foot at a time. Raises ValueError outside of what the footfalls cover."""
    own = [fall for fall in falls if fall.side == side]
    for index, fall in enumerate(own):
        following = own[index + 1] if index + 1 < len(own) else None
        leave = _leave_time(falls, fall) if following else np.inf
        if fall.time <= time <= leave:
            return _standing(fall, leave, time, shape)
        if following and leave < time < following.time:
            return _swinging(fall, following, leave, time, shape)
    raise ValueError(f"no footfall of side {side} covers {time:.2f} s")


def _leave_time(falls: list[Footfall], fall: Footfall) -> float:
    """A foot leaves the floor a moment after the other one has landed."""
    return min(other.time for other in falls if other.time > fall.time) + DOUBLE_SUPPORT


def _standing(fall: Footfall, leave: float, time: float, shape: FootShape) -> FootState:
    rise = max(0.0, 1 - (leave - time) / HEEL_RISE_TIME)
    strike = 1 - float(smooth_step((time - fall.time) / FLAT_TIME))
    pitch = fall.strike_pitch * strike + fall.leave_pitch * rise**2
    return _pivoted(fall, pitch, shape, toe_bend=max(pitch, 0.0))


def _pivoted(fall: Footfall, pitch: float, shape: FootShape, toe_bend: float) -> FootState:
    """The foot turned by `pitch` about the toes' joint (heel up, positive) or about the heel (toes up, negative)."""
    pivot = shape.toe_joint if pitch > 0 else shape.heel
    turn = about_y(fall.heading)
    foot = turn @ about_x(pitch)
    ankle = np.array([fall.position[0], shape.ankle_height, fall.position[1]]) + turn @ pivot - foot @ pivot
    return FootState(ankle, foot, toe_bend)


def _swinging(before: Footfall, after: Footfall, leave: float, time: float, shape: FootShape) -> FootState:
    step = 1e-3
    first, second = (_standing(before, leave, leave - dt, shape).ankle for dt in (step, 0.0))
    third, fourth = (_standing(after, np.inf, after.time + dt, shape).ankle for dt in (0.0, step))
    # the toes still push when the foot leaves: it swings off faster than the heel was rising
    travel = (third - second) / (after.time - leave)
    speed_leave = (second - first) / step + 0.35 * travel
    speed_land = (fourth - third) / step + 0.30 * travel + [0, -0.15, 0]
    path = CubicHermiteSpline([leave, after.time], [second, third], [speed_leave, speed_land])
    part = (time - leave) / (after.time - leave)
    ankle = path(time) + [0, 0.035 * np.sin(np.pi * part) ** 2, 0]
    strike = min(after.strike_pitch, 0.0)
    pitches = [before.leave_pitch, before.leave_pitch * 1.08, before.leave_pitch * 0.35, strike * 0.9, strike]
    pitch = float(PchipInterpolator([0, 0.12, 0.5, 0.85, 1], pitches)(part))
    heading = before.heading + (after.heading - before.heading) * float(smooth_step(part))
    toe_bend = before.leave_pitch * (1 - float(smooth_step(part / 0.35)))
    return FootState(ankle, about_y(heading) @ about_x(pitch), toe_bend)
