"""Feet that stand where they stood: after another size and other proportions they slide, until they are held.

Each stance gets one place. What the two feet have in common of the way there the hips take, so that the legs keep
their directions; the rest the legs take, by bending (`limbs`). Between stances the way is eased, in seconds.
"""

import numpy as np

from ...inference_server.body.rotation import axis_angle_to_matrix, matrix_to_axis_angle
from ...inference_server.body.standing import runs
from .humanoid import SIDES
from .limbs import reach, shortfall
from .places import Ground, agree, find_shift, raise_stances
from .posed import Posed, turn_limb
from .soles import clear_floor, lowest_points
from .turns import UP, Array, apply, rise

EASE = 0.2
"""Seconds over which a foot comes to the place where it is held, and goes from it."""
SMOOTH = 0.1
"""Seconds: the hips follow the feet no faster."""
STRAIGHT = 0.985
"""Of a leg's length: how far a bent leg is stretched to where its foot stands; beyond it a knee snaps."""


def hold_feet(
    posed: Posed, stands: dict[str, np.ndarray], ground: Ground, fps: float, travel: np.ndarray
) -> None:
    """Holds the parts of the feet that stand, turns the legs for it, and keeps soles out of the floor.

    `travel` (F, 3) is what the character goes further than it would: its steps become longer, or shorter.
    """
    sides = [side for side in SIDES if posed.has(f"{side}UpperLeg", f"{side}LowerLeg", f"{side}Foot")]
    for side in sides:
        _steady(posed, stands, side, fps)
        shift, held = find_shift(posed, stands, ground, side)
        clear_floor(posed, ground.soles, side, ground.base, ease(shift, held, fps)[0])
    found = {side: find_shift(posed, stands, ground, side) for side in sides}
    for side in sides:
        raise_stances(posed, ground.soles, side, *found[side])
    agree([found[side] for side in sides])
    faded = [ease(*found[side], fps) for side in sides]
    total = np.sum([weight for _, weight in faded], axis=0)
    common = smooth(np.sum([shift for shift, _ in faded], axis=0) / np.maximum(total, 1.0)[:, None], fps)
    posed.move(common + travel)
    weights, goals = {}, {}
    for side in sides:
        shift, held = found[side]
        ahead = travel.copy()
        for start, stop in runs(held):
            ahead[start:stop] = travel[(start + stop) // 2]
        rest, weights[side] = ease(shift - common + ahead - travel, held, fps)
        goals[side] = posed.joint(f"{side}Foot") + rest
    for side in sides:
        lowest = lowest_points(posed, ground.soles, side)
        lowest += goals[side][:, 2] - posed.joint(f"{side}Foot")[:, 2]
        goals[side][:, 2] += np.maximum(0.0, ground.soles.floor - ground.soles.sink - lowest)
    down = np.min([weights[side] * _shortfall(posed, goals[side], side) for side in sides], axis=0)
    posed.move(_envelope(down, fps)[:, None] * UP)
    for side in sides:
        _bend(posed, goals[side], ground, side)


def ground_feet(posed: Posed, ground: Ground) -> None:
    """Moves the whole character up or down until its lower sole is on the floor, in every frame."""
    lowest = np.min([lowest_points(posed, ground.soles, side) for side in SIDES], axis=0)
    posed.move((ground.soles.floor - lowest)[:, None] * UP)


def ease(values: np.ndarray, held: np.ndarray, fps: float) -> tuple[Array, Array]:
    """Values (F, 3) that count where `held` (F,), eased in and out of nothing elsewhere; how much they count (F,)."""
    weights = np.zeros(len(values))
    if not held.any():
        return np.zeros_like(values), weights
    frames = np.arange(len(values))
    known = np.flatnonzero(held)
    after = np.clip(np.searchsorted(known, frames), 0, len(known) - 1)
    before = np.clip(np.searchsorted(known, frames, side="right") - 1, 0, len(known) - 1)
    last, following = known[before], known[after]
    fade_out = (1 - rise((frames - last) / (EASE * fps))) * (frames >= last)
    fade_in = (1 - rise((following - frames) / (EASE * fps))) * (following >= frames)
    both = np.maximum(fade_out + fade_in, 1.0)
    eased = (values[last] * fade_out[:, None] + values[following] * fade_in[:, None]) / both[:, None]
    weights = np.minimum(fade_out + fade_in, 1.0)
    eased[held], weights[held] = values[held], 1.0
    return eased, weights


def smooth(values: np.ndarray, fps: float) -> Array:
    """(F, ...) without what is faster than `SMOOTH`; the ends go on as they are."""
    half = round(SMOOTH * fps)
    if half < 1:
        return values
    window = np.hanning(2 * half + 3)[1:-1]
    padded = np.concatenate(
        [np.repeat(values[:1], half, axis=0), values, np.repeat(values[-1:], half, axis=0)]
    )
    shifted = [padded[start : start + len(values)] for start in range(len(window))]
    return np.tensordot(window / window.sum(), np.stack(shifted), axes=1)


def _steady(posed: Posed, stands: dict[str, np.ndarray], side: str, fps: float) -> None:
    """Holds the turn of a foot that stands flat, on ankle and toes, at that of the middle of its stance."""
    foot, toes = f"{side}Foot", f"{side}Toes"
    if foot not in stands or toes not in stands:
        return
    flat = stands[foot] & stands[toes]
    if not flat.any():
        return
    turns = posed.turn(foot)
    away = np.zeros((len(turns), 3))
    for start, stop in runs(flat):
        middle = turns[(start + stop) // 2]
        away[start:stop] = matrix_to_axis_angle(middle @ turns[start:stop].swapaxes(-1, -2))
    eased, _ = ease(away, flat, fps)
    steady = axis_angle_to_matrix(eased)
    for bone in (foot, toes):
        if posed.has(bone):
            number = posed.chain.named[bone]
            posed.turns[:, number] = steady @ posed.turns[:, number]
    posed.place()


def _shortfall(posed: Posed, goal: np.ndarray, side: str) -> Array:
    """(F,) by how much the hips have to come down for a leg to reach `goal` (F, 3), not much straighter than it is."""
    hip, knee, ankle = (posed.joint(f"{side}{part}") for part in ("UpperLeg", "LowerLeg", "Foot"))
    length = np.linalg.norm(knee[0] - hip[0]) + np.linalg.norm(ankle[0] - knee[0])
    return shortfall(hip, goal, np.maximum(np.linalg.norm(ankle - hip, axis=1), STRAIGHT * length))


def _envelope(values: np.ndarray, fps: float) -> Array:
    """(F,) smooth and nowhere above `values`, which are 0 or less."""
    half = round(SMOOTH * fps)
    padded = np.concatenate([np.repeat(values[:1], half), values, np.repeat(values[-1:], half)])
    lowest = np.min([padded[start : start + len(values)] for start in range(2 * half + 1)], axis=0)
    return smooth(lowest, fps)


def _bend(posed: Posed, goal: np.ndarray, ground: Ground, side: str) -> None:
    """Turns the leg so that the ankle is at `goal`; the foot keeps its turn."""
    thigh, shin, foot = (posed.chain.named[f"{side}{part}"] for part in ("UpperLeg", "LowerLeg", "Foot"))
    hinge = apply(posed.turns[:, thigh] @ ground.base.T, np.cross(UP, ground.ahead))
    upper, lower = reach(posed.joints[:, thigh], posed.joints[:, shin], posed.joints[:, foot], goal, hinge)
    turn_limb(posed, [f"{side}UpperLeg", f"{side}LowerLeg", f"{side}Foot"], upper, lower)
