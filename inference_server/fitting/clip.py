"""The whole clip at once: poses and path that fit every frame and are smooth in time."""

from collections.abc import Callable

import numpy as np
from scipy.linalg import LinAlgError, solveh_banded

from ..body.rotation import matrix_to_axis_angle
from ..body.skeleton import JOINT_NAMES
from .kinematics import TURNED_JOINTS, UNKNOWNS
from .observations import BodyState
from .shape import CONVERGED, apply_step, clearest_frames
from .terms import Problem, linearise
from .view import View

WINDOW = 120
OVERLAP = 16
"""Frames solved together, and those of them solved again with the next: memory does not grow with the clip."""
ITERATIONS = 10
HELD = 2
"""Frames before a window that are already solved and stay; the second difference reaches over two."""
HOLD = 1e12

TIME_CONSTANTS = {
    "pelvis": 0.045, "hip": 0.03, "knee": 0.03, "ankle": 0.045, "foot": 0.075, "spine1": 0.075, "spine2": 0.075,
    "spine3": 0.075, "neck": 0.06, "head": 0.06, "collar": 0.075, "shoulder": 0.03, "elbow": 0.03, "wrist": 0.045,
}  # fmt: skip
"""Seconds below which a joint's motion is taken for noise: short for fast limbs, long for the trunk."""
PATH_TIME_CONSTANTS = (0.03, 0.03, 0.09)
"""Seconds, for the translation in the camera's x, y and z: depth is seen worst and changes slowest."""


def solve_clip(
    problem: Problem, start: BodyState, smoothing: float = 1.0, on_step: Callable[[], None] = lambda: None
) -> BodyState:
    """`start` moved to the least cost over all frames, its betas kept. `smoothing` scales the time constants.

    `on_step` is called several times a second; what it raises ends the solve.
    """
    count = len(start.trans)
    rotations, trans = start.rotations.copy(), start.trans.copy()
    seen = problem.seen.confidence.any(axis=1)
    clear = clearest_frames(problem.seen.confidence)
    typical = linearise(problem.slice(clear), start.slice(clear)).hessian
    stiffness = _stiffness(typical, _path_time_constants(problem.view), problem.seen.fps, smoothing)
    first = 0
    while True:
        held = min(first, HELD)
        end = _window_end(seen, first)
        window = slice(first - held, end)
        begin = BodyState(rotations[window], start.betas, trans[window])
        solved = _solve_window(problem.slice(window), begin, held, stiffness, on_step)
        rotations[window], trans[window] = solved.rotations, solved.trans
        if end == count:
            return BodyState(rotations, start.betas, trans)
        first = end - OVERLAP


def _window_end(seen: np.ndarray, first: int) -> int:
    """Where the window that begins at `first` ends: not in a stretch in which nothing was seen, nor just after."""
    end = first + WINDOW
    while end < len(seen) and not seen[end - OVERLAP : end].all() and end < first + 2 * WINDOW:
        end += 1
    return min(end, len(seen))


def _solve_window(
    problem: Problem, state: BodyState, held: int, stiffness: np.ndarray, on_step: Callable[[], None]
) -> BodyState:
    damping = 1e-3
    normal = linearise(problem, state)
    rough_cost, rough_gradient = _roughness(state, stiffness)
    cost = normal.cost.sum() + rough_cost
    for _ in range(ITERATIONS):
        on_step()
        gradient = normal.gradient + rough_gradient
        try:
            step = _banded_step(normal.hessian, gradient, stiffness, held, damping)
        except LinAlgError:
            damping *= 8
            continue
        trial = apply_step(state, step)
        trial_normal = linearise(problem, trial)
        rough_cost, trial_rough = _roughness(trial, stiffness)
        trial_cost = trial_normal.cost.sum() + rough_cost
        if trial_cost < cost:
            settled = cost - trial_cost < CONVERGED * cost
            state, normal, rough_gradient, cost = trial, trial_normal, trial_rough, trial_cost
            damping *= 0.3
            if settled:
                break
        else:
            damping *= 8
    return state


def _path_time_constants(view: View | None) -> np.ndarray:
    """(3,) seconds, for the translation in the axes of the solve's space: root mean squares over the frames."""
    if view is None:
        return np.array(PATH_TIME_CONSTANTS)
    return np.sqrt((view.rotations**2 * np.square(PATH_TIME_CONSTANTS)[:, None]).sum(axis=1).mean(axis=0))


def _stiffness(hessian: np.ndarray, path_constants: np.ndarray, fps: float, smoothing: float) -> np.ndarray:
    """(69,) weights of the squared second differences.

    Minimising w (x - y)^2 + s (second difference of x)^2 passes motion slower than a time constant T if
    s = w (T fps)^4 (Whittaker 1923; Eilers 2003). w is how much a typical frame tells of the unknown, so
    that the time constants hold whatever the person's size in the picture.
    """
    told = np.median(np.diagonal(hessian, axis1=1, axis2=2), axis=0)
    joints = [
        TIME_CONSTANTS[name.removeprefix("left_").removeprefix("right_")]
        for name in JOINT_NAMES[:TURNED_JOINTS]
    ]
    seconds = smoothing * np.concatenate([np.repeat(joints, 3), path_constants])
    return told * (seconds * fps) ** 4


def _roughness(state: BodyState, stiffness: np.ndarray) -> tuple[float, np.ndarray]:
    """Cost and gradient (F, 69) of the second differences of turns and translation."""
    count = len(state.trans)
    gradient = np.zeros((count, UNKNOWNS))
    if count < 3:
        return 0.0, gradient
    rotations = state.rotations[:, :TURNED_JOINTS]
    steps = matrix_to_axis_angle(rotations[:-1].swapaxes(2, 3) @ rotations[1:]).reshape(count - 1, -1)
    steps = np.concatenate([steps, np.diff(state.trans, axis=0)], axis=1)
    bends = np.diff(steps, axis=0)
    pulls = stiffness * bends
    gradient[:-2] += pulls
    gradient[1:-1] -= 2 * pulls
    gradient[2:] += pulls
    return 0.5 * float((pulls * bends).sum()), gradient


def _banded_step(
    hessian: np.ndarray, gradient: np.ndarray, stiffness: np.ndarray, held: int, damping: float
) -> np.ndarray:
    """(F, 69): the damped step. Frames meet only in the second differences of like unknowns, so the matrix is
    banded: a frame's block around the diagonal, and two diagonals 69 and 138 below it.
    """
    count = len(hessian)
    size = count * UNKNOWNS
    rows, columns = np.tril_indices(UNKNOWNS)
    band = np.zeros((2 * UNKNOWNS + 1, count, UNKNOWNS))
    band[rows - columns, :, columns] = hessian[:, rows, columns].T
    band[0] *= 1 + damping
    band[0] += 1e-6
    band[0, :held] += HOLD
    if count > 2:
        neighbours = np.zeros((3, count))  # of D'D, with D the second difference: its diagonals
        for offset, weights in ((0, (1, 4, 1)), (1, (-2, -2)), (2, (1,))):
            for shift, weight in enumerate(weights):
                neighbours[offset, shift : shift + count - 2] += weight
        for offset in range(3):
            band[offset * UNKNOWNS] += neighbours[offset][:, None] * stiffness
    step = solveh_banded(
        band.reshape(2 * UNKNOWNS + 1, size),
        -gradient.reshape(-1),
        lower=True,
        overwrite_ab=True,
        check_finite=False,
    )
    return step.reshape(count, UNKNOWNS)
