"""Two bones and a goal: how a limb has to turn for its end to be there."""

import numpy as np

from .turns import Array, about, apply, swing, unit

LONGEST = 1 - 1e-5
"""Of a limb's length: how far it reaches. Stretched all the way its bend has no direction."""
SURE_BEND = 0.02
"""Sine of a bend below which the limb's own hinge tells where it bends, not its bones."""


def reach(
    start: np.ndarray, middle: np.ndarray, end: np.ndarray, goal: np.ndarray, hinge: np.ndarray
) -> tuple[Array, Array]:
    """How the upper and the lower bone of a limb turn, (F, 3, 3) each, that takes its `end` to `goal`, all (F, 3).

    The limb bends or stretches in the plane that it lies in, then swings there by the shortest way. `hinge` (F, 3)
    is the axis about which the lower bone bends. Goals out of reach are reached for.
    """
    upper, lower, along = middle - start, end - middle, end - start
    first, second, now = (np.linalg.norm(vector, axis=-1) for vector in (upper, lower, along))
    wanted = np.linalg.norm(goal - start, axis=-1)
    wanted = np.clip(wanted, np.abs(first - second) + 1e-3 * (first + second), LONGEST * (first + second))
    # bending or not at all, so that whoever stretches to LONGEST at rest stays as he is
    wanted = np.where(np.linalg.norm(goal - end, axis=-1) < 1e-9, now, wanted)
    axis = _axis(upper, lower, along, hinge)
    at_start = _corner(first, now, second) - _corner(first, wanted, second)
    at_middle = _corner(first, second, now) - _corner(first, second, wanted)
    upper_turn = about(axis, at_start)
    lower_turn = about(axis, at_start + at_middle)
    bent = apply(upper_turn, upper) + apply(lower_turn, lower)
    aimed = swing(bent, goal - start)
    return aimed @ upper_turn, aimed @ lower_turn


def _axis(upper: np.ndarray, lower: np.ndarray, along: np.ndarray, hinge: np.ndarray) -> Array:
    """(F, 3) about which a limb bends: across the plane that it lies in, if it is straight its hinge."""
    across = np.cross(unit(upper), unit(lower))
    sure = np.clip(np.linalg.norm(across, axis=-1, keepdims=True) / SURE_BEND, 0.0, 1.0)
    direction = unit(along)
    level = unit(hinge - (hinge * direction).sum(axis=-1, keepdims=True) * direction)
    return sure * unit(across) + (1 - sure) * level


def shortfall(start: np.ndarray, goal: np.ndarray, length: np.ndarray) -> Array:
    """(F,) how far a limb `length` (F,) long has to come down from `start` to reach `goal`, both (F, 3): 0 or less."""
    away = goal - start
    level = np.linalg.norm(away[:, :2], axis=1)
    height = np.sqrt(np.maximum(length**2 - level**2, 0.0))
    return np.minimum(0.0, height + away[:, 2])


def _corner(one: np.ndarray, other: np.ndarray, opposite: np.ndarray) -> Array:
    """Radians between two sides of a triangle, by the law of cosines."""
    cosine = (one**2 + other**2 - opposite**2) / np.maximum(2 * one * other, 1e-12)
    return np.arccos(np.clip(cosine, -1.0, 1.0))
