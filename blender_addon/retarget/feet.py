"""Feet that stand where they stood: after another size and other proportions they slide, until they are held.

Each stance gets one place. What the two feet have in common of the way there the hips take, so that the legs keep
their directions; the rest the legs take, by bending (`limbs`). Between stances the way is eased, in seconds.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from ...inference_server.body.rotation import axis_angle_to_matrix, matrix_to_axis_angle
from ...inference_server.body.standing import runs
from .humanoid import SIDES
from .limbs import reach, shortfall
from .posed import Posed, turn_limb
from .soles import Soles, clear_floor, lowest_points
from .turns import UP, Array, apply, rise

EASE = 0.2
"""Seconds over which a foot comes to the place where it is held, and goes from it."""
SMOOTH = 0.1
"""Seconds: the hips follow the feet no faster."""
KEPT = 0.02
"""How much it counts that a stance stays where the scaled way has it, over that two feet fit each other."""
STRAIGHT = 0.985
"""Of a leg's length: how far a bent leg is stretched to where its foot stands; beyond it a knee snaps."""
SAME_FLOOR = 0.05
"""Of the leg's length; a stance no further from the floor than this is on it."""


@dataclass(frozen=True)
class Ground:
    """What a rig's feet and their source's say about the floor."""

    soles: Soles
    base: np.ndarray
    """(3, 3) what stands the rig up at rest."""
    rest: dict[str, np.ndarray]
    """(3,) the joints at rest, standing, world."""
    heights: dict[str, np.ndarray]
    """The hub's feet and toes -> (F,) metres, how far the source's joint is over where it stands, times the scale."""
    leg: float
    """Metres."""
    ahead: np.ndarray
    """(3,) where the rig looks at rest, standing."""


def hold_feet(
    posed: Posed, stands: dict[str, np.ndarray], ground: Ground, fps: float, travel: np.ndarray
) -> None:
    """Holds the parts of the feet that stand, turns the legs for it, and keeps soles out of the floor.

    `travel` (F, 3) is what the character goes further than it would: its steps become longer, or shorter.
    """
    sides = [side for side in SIDES if posed.has(f"{side}UpperLeg", f"{side}LowerLeg", f"{side}Foot")]
    for side in sides:
        _steady(posed, stands, side, fps)
        shift, held = _shift(posed, stands, ground, side)
        clear_floor(posed, ground.soles, side, ground.base, ease(shift, held, fps)[0])
    found = {side: _shift(posed, stands, ground, side) for side in sides}
    for side in sides:
        _raise(posed, ground.soles, side, *found[side])
    _agree([found[side] for side in sides])
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


def _shift(
    posed: Posed, stands: dict[str, np.ndarray], ground: Ground, side: str
) -> tuple[Array, np.ndarray]:
    """(F, 3) metres by which the foot has to move where it stands, (F,) and where that is."""
    foot, toes = f"{side}Foot", f"{side}Toes"
    paths = {part: posed.joint(part) for part in (foot, toes) if part in stands and posed.has(part)}
    shift = np.zeros_like(posed.joint(foot))
    held = np.any([stands[part] for part in paths], axis=0) if paths else np.zeros(len(shift), dtype=bool)
    on_ankle = stands[foot] if foot in paths else np.zeros_like(held)
    for start, stop in runs(held):
        phases = [
            (foot if ankle else toes, start + first, start + last)
            for ankle in (True, False)
            for first, last in runs(on_ankle[start:stop] == ankle)
        ]
        phases.sort(key=lambda phase: phase[1])
        anchor = max(range(len(phases)), key=lambda number: phases[number][2] - phases[number][1])
        part, first, last = phases[anchor]
        place = paths[part][first:last].mean(axis=0)
        place[2] = ground.rest[part][2] + _level(ground, part, first, last)
        shift[first:last] = place - paths[part][first:last]
        # the foot rolls from its heel to its toes: each holds where the other has put it
        for part, first, last in phases[anchor + 1 :]:
            place = paths[part][first - 1] + shift[first - 1]
            shift[first:last] = place - paths[part][first:last]
        for part, first, last in reversed(phases[:anchor]):
            place = paths[part][last] + shift[last]
            shift[first:last] = place - paths[part][first:last]
    return shift, held


def _raise(posed: Posed, soles: Soles, side: str, shift: np.ndarray, held: np.ndarray) -> None:
    """Raises stances whose sole sinks into the floor at some time, as where a bent shin carries a part of the heel."""
    over = lowest_points(posed, soles, side) + shift[:, 2] - (soles.floor - soles.sink)
    for start, stop in runs(held):
        shift[start:stop, 2] += max(0.0, -float(over[start:stop].min()))


def _agree(found: list[tuple[Array, np.ndarray]]) -> None:
    """Moves the places of stances over the floor, so that two feet that stand at once ask the same of the hips.

    `found` are the shifts (F, 3) of a side each, changed in place, and where they count (F,). Least squares: with
    c a stance's move and d how far the shifts of two are apart on average, sum of n (c - c' + d)^2 over the n frames
    that two have in common, and of `KEPT` n c^2 over the n of each.
    """
    stances = [(side, start, stop) for side, (_, held) in enumerate(found) for start, stop in runs(held)]
    matrix = np.diag([KEPT * (stop - start) for _, start, stop in stances])
    right = np.zeros((len(stances), 2))
    for (one, (side, first, last)), (other, (beside, start, stop)) in combinations(enumerate(stances), 2):
        common = slice(max(first, start), min(last, stop))
        count = common.stop - common.start
        if side == beside or count <= 0:
            continue
        apart = (found[side][0][common, :2] - found[beside][0][common, :2]).sum(axis=0)
        matrix[[one, other], [one, other]] += count
        matrix[[one, other], [other, one]] -= count
        right[one] -= apart
        right[other] += apart
    if stances:
        for (side, start, stop), way in zip(stances, np.linalg.solve(matrix, right), strict=True):
            found[side][0][start:stop, :2] += way


def _level(ground: Ground, part: str, first: int, last: int) -> float:
    """Metres over the floor that a part of a foot stands on."""
    height = float(ground.heights[part][first:last].mean())
    return 0.0 if abs(height) < SAME_FLOOR * ground.leg else height


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
