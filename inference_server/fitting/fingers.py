"""From what networks see of a hand's fingers over a clip to the poses of their joints.

Every finger is solved over the whole clip at once: what its parts point to is fitted, bends are what joints can do,
and the motion is smooth. Unknown are three turns a joint, of which the hinge's is nearly free and the others are small.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.linalg import solveh_banded

from ..body.rotation import axis_angle_to_matrix
from .finger_joints import FLEX, HABITS, HandForm
from .pose_prior import turn_to_axis_angle

PARTS: Final = 3
"""Parts of a finger, and joints."""
UNKNOWNS: Final = 3 * PARTS
"""Of a finger in a frame."""
ITERATIONS: Final = 12
TRUSTING: Final = 5
"""Iterations before directions that are far off count for less: the start is no better than they."""
SIGMA: Final = np.radians(9.0)
"""How far a part's direction usually is off where the network is sure; chosen on rendered hands."""
OUTLIER: Final = 3.0
"""Standard deviations from which a direction counts less and less (Geman and McClure's function)."""
SMOOTH: Final = 0.035
"""Seconds: shorter wiggles are calmed, at a smoothing of 1."""
RELAXING: Final = 0.35
"""Seconds within which a finger that is not seen goes to where it usually is."""
BENT: Final = 5.0
"""How much further a hinge usually goes than `SIGMA`."""
LIMIT_SOFTNESS: Final = np.radians(4.0)
"""Beyond a joint's limit, which costs as much as one standard deviation."""
COUPLED, COUPLED_SIGMA = 0.6, np.radians(15.0)
"""The last joint of a finger bends by so much of the one before, for one tendon bends both."""
SETTLED: Final = np.radians(0.05)
LONGEST_STEP: Final = 0.6
"""Radians: Gauss-Newton's steps are good for no more."""


@dataclass(frozen=True)
class SeenFingers:
    """One hand in those G frames of a clip in which it was looked at."""

    rows: np.ndarray
    """(G,) which of the clip's frames, rising."""
    at_rest: np.ndarray
    """(15, D, 3) unit vectors fixed to the fingers' parts, in the body's axes, the fingers straight."""
    seen: np.ndarray
    """(G, 15, D, 3) where they point, relative to the palm as it is at rest."""
    confidence: np.ndarray
    """(G,) 0 to 1."""
    sigma: float = SIGMA
    """Radians: how far they usually are off where the confidence is 1."""


def solve_fingers(
    form: HandForm,
    seen: SeenFingers,
    frame_count: int,
    fps: float,
    smoothing: float = 1.0,
    on_step: Callable[[], None] = lambda: None,
) -> np.ndarray:
    """(F, 15, 3) axis-angle of one hand's joints, each from straight, as SMPL-H's.

    fps 0 is for a still; smoothing scales the time constant, 0 leaves every frame to itself. `on_step` is called
    before every finger; what it raises ends the work.
    """
    poses = np.empty((frame_count, 5 * PARTS, 3))
    relaxing = min(1.0, (SMOOTH * smoothing / RELAXING) ** 4 * BENT**2) if fps and smoothing else 1.0
    for finger in range(5):
        on_step()
        own = slice(PARTS * finger, PARTS * (finger + 1))
        turns = _solve_finger(
            form.axes[own], form.parts[own], own, seen, frame_count, SMOOTH * smoothing * fps, relaxing
        )
        poses[:, own] = np.einsum("jab,fjb->fja", form.axes[own], turns.reshape(-1, PARTS, 3))
    return poses


def _solve_finger(
    axes: np.ndarray, parts: np.ndarray, own: slice, seen: SeenFingers, frame_count: int, smooth: float,
    relaxing: float,
) -> np.ndarray:  # fmt: skip
    """(F, 9) turns about the joints' own axes; Gauss-Newton with a banded system.

    smooth: in frames; relaxing: how much a frame that does not show the hand heeds the prior.
    """
    at_rest, pointing = seen.at_rest[own], seen.seen[:, own]
    usual, spread = HABITS.usual[own].ravel(), HABITS.spread[own].ravel()
    turns = np.tile(usual, (frame_count, 1))
    if len(seen.rows):
        for joint, bends in enumerate(_bends(axes, parts, at_rest, pointing).T):
            turns[:, UNKNOWNS // PARTS * joint + FLEX] = np.interp(np.arange(frame_count), seen.rows, bends)
    wiggle = second_difference_bands(frame_count, smooth) / seen.sigma**2
    trust = np.zeros(frame_count)
    trust[seen.rows] = seen.confidence
    habit = trust + (1 - trust) * relaxing
    for iteration in range(ITERATIONS):
        gradient = np.zeros((frame_count, UNKNOWNS))
        blocks = np.zeros((frame_count, UNKNOWNS, UNKNOWNS))
        robust = iteration >= TRUSTING
        if len(seen.rows):
            _add_seen(gradient, blocks, axes, at_rest, pointing, seen, turns[seen.rows], robust)
        _add_habits(gradient, blocks, turns, usual, spread, habit, own)
        gradient += _second_differences(turns, wiggle)
        step = _solve(blocks, wiggle, -gradient)
        turns = turns + np.clip(step, -LONGEST_STEP, LONGEST_STEP)
        if robust and np.abs(step).max() < SETTLED:
            break
    return turns


def _bends(axes: np.ndarray, parts: np.ndarray, at_rest: np.ndarray, pointing: np.ndarray) -> np.ndarray:
    """(G, 3) how far each part is turned about its hinge against the one before, to start from."""
    shares = (at_rest @ parts[:, :, None])[..., 0]
    now = np.einsum("jd,gjdc->gjc", shares, pointing)
    before = np.concatenate([np.broadcast_to(parts[0], now[:, :1].shape), now[:, :-1]], axis=1)
    sine = (np.cross(before, now) * axes[:, :, FLEX]).sum(axis=-1)
    return np.arctan2(sine, (before * now).sum(axis=-1))


def _point(axes: np.ndarray, at_rest: np.ndarray, turns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """turns (G, 9) -> (G, 3, D, 3) where the vectors that are fixed to the parts point, and (G, 3, 3, 3) about what
    each of a joint's turns turns them, by joint and turn.
    """
    vectors = (axes @ turns.reshape(-1, PARTS, 3, 1))[..., 0]
    local = axis_angle_to_matrix(vectors)
    chained = local.copy()
    for joint in range(1, PARTS):
        chained[:, joint] = chained[:, joint - 1] @ local[:, joint]
    about = chained @ np.linalg.inv(turn_to_axis_angle(vectors)) @ axes
    return at_rest @ chained.swapaxes(-1, -2), about.swapaxes(-1, -2)


def _add_seen(
    gradient: np.ndarray, blocks: np.ndarray, axes: np.ndarray, at_rest: np.ndarray, pointing: np.ndarray,
    seen: SeenFingers, turns: np.ndarray, robust: bool,
) -> None:  # fmt: skip
    now, about = _point(axes, at_rest, turns)
    jacobian = np.zeros((len(turns), PARTS, 3, *now.shape[1:]))
    for joint in range(PARTS):
        jacobian[:, joint, :, joint:] = np.cross(about[:, joint, :, None, None], now[:, None, joint:])
    jacobian = jacobian.reshape(len(turns), UNKNOWNS, -1)
    residual = now - pointing
    # three axes at a part tell every turn twice, one vector tells two of its three turns once
    weights = seen.confidence[:, None, None] / (seen.sigma**2 * max(1, at_rest.shape[1] - 1))
    if robust:
        off = np.linalg.norm(residual, axis=-1) / seen.sigma
        weights = weights / (1 + (off / OUTLIER) ** 2) ** 2
    weighted = jacobian * np.repeat(
        np.broadcast_to(weights, residual.shape[:-1]).reshape(len(turns), 1, -1), 3, axis=2
    )
    gradient[seen.rows] += (weighted @ residual.reshape(len(turns), -1, 1))[..., 0]
    blocks[seen.rows] += weighted @ jacobian.swapaxes(1, 2)


def _add_habits(
    gradient: np.ndarray, blocks: np.ndarray, turns: np.ndarray, usual: np.ndarray, spread: np.ndarray,
    habit: np.ndarray, own: slice,
) -> None:  # fmt: skip
    """The prior, as far as each frame heeds it (F,), the limits, and what one tendon does to two joints."""
    diagonal = np.arange(UNKNOWNS)
    stiffness = habit[:, None] / spread**2
    gradient += stiffness * (turns - usual)
    blocks[:, diagonal, diagonal] += stiffness
    lower, upper = HABITS.lower[own].ravel(), HABITS.upper[own].ravel()
    beyond = np.maximum(turns - upper, 0) + np.minimum(turns - lower, 0)
    gradient += beyond / LIMIT_SOFTNESS**2
    blocks[:, diagonal, diagonal] += (beyond != 0) / LIMIT_SOFTNESS**2
    if own.stop == 5 * PARTS:
        return  # the thumb
    middle, last = 3 + FLEX, 6 + FLEX
    coupling = np.zeros(UNKNOWNS)
    coupling[[middle, last]] = -COUPLED, 1.0
    tendon = habit[:, None] / COUPLED_SIGMA**2
    gradient += tendon * (turns @ coupling)[:, None] * coupling
    blocks += tendon[..., None] * np.outer(coupling, coupling)


def second_difference_bands(frame_count: int, smooth: float) -> np.ndarray:
    """(3, F) the upper bands of the matrix of squared second differences, as solveh_banded has them, weighted so that
    motion slower than `smooth` frames passes beside observations of weight 1.
    """
    bands = np.zeros((3, frame_count))
    if frame_count < 3 or smooth <= 0:
        return bands
    for offset, factors in ((0, (1, 4, 1)), (1, (-2, -2)), (2, (1,))):
        for place, factor in enumerate(factors):
            start = place + offset
            bands[2 - offset, start : start + frame_count - 2] += smooth**4 * factor
    return bands


def _second_differences(turns: np.ndarray, wiggle: np.ndarray) -> np.ndarray:
    product = wiggle[2][:, None] * turns
    for offset in (1, 2):
        band = wiggle[2 - offset, offset:, None]
        product[:-offset] += band * turns[offset:]
        product[offset:] += band * turns[:-offset]
    return product


def _solve(blocks: np.ndarray, wiggle: np.ndarray, right: np.ndarray) -> np.ndarray:
    """The symmetric system of frames that touch two others on each side."""
    frame_count, size = right.shape
    bands = np.zeros((2 * size + 1, frame_count, size))
    for row in range(size):
        for column in range(row, size):
            bands[2 * size - (column - row), :, column] = blocks[:, row, column]
    for offset in range(3):
        bands[2 * size - offset * size] += wiggle[2 - offset][:, None]
    flat = bands.reshape(2 * size + 1, -1)
    return solveh_banded(flat, right.ravel(), check_finite=False).reshape(frame_count, size)
