"""Where each stance of a foot is: one place, that the foot has to be moved to from where the legs' turns take it."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from ...inference_server.body.standing import runs
from .posed import Posed
from .soles import Soles, lowest_points
from .turns import Array

KEPT = 0.02
"""How much it counts that a stance stays where the scaled way has it, over that two feet fit each other."""
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


def find_shift(
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


def raise_stances(posed: Posed, soles: Soles, side: str, shift: np.ndarray, held: np.ndarray) -> None:
    """Raises stances whose sole sinks into the floor at some time, as where a bent shin carries a part of the heel."""
    over = lowest_points(posed, soles, side) + shift[:, 2] - (soles.floor - soles.sink)
    for start, stop in runs(held):
        shift[start:stop, 2] += max(0.0, -float(over[start:stop].min()))


def agree(found: list[tuple[Array, np.ndarray]]) -> None:
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
