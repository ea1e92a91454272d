"""Hands and feet of limbs whose two parts are to each other as others than the source's.

With the same directions such a limb ends elsewhere: a hand at the hip is beside it. Both parts are turned a little, so
that the end comes nearer to where the source's is, for a limb of that length.
"""

import numpy as np

from ...inference_server.body.rotation import axis_angle_to_matrix, matrix_to_axis_angle
from .humanoid import SIDES, HumanMotion
from .limbs import reach
from .posed import Posed, turn_limb
from .turns import AHEAD, UP, apply

MOST = np.radians(1.5)
"""How far a part of a limb is turned at most: less than anybody sees."""
NEAR = 0.01
"""Of a limb's length; an end that is no further from where it should be stays."""
OTHER = 0.12
"""Of a limb's length: if the upper part's share differs by more, no small turn helps, and directions count alone."""
LIMBS = (("UpperArm", "LowerArm", "Hand"), ("UpperLeg", "LowerLeg", "Foot"))


def adapt(posed: Posed, motion: HumanMotion, goes: np.ndarray) -> None:
    """Turns the limbs of a rig that stands in for `motion`; `goes` (3, 3) is from its axes to the rig's."""
    for side in SIDES:
        for parts in LIMBS:
            names = [side + part for part in parts]
            if posed.has(*names) and all(name in motion.bones for name in names):
                _adapt(posed, motion, goes, names)


def _adapt(posed: Posed, motion: HumanMotion, goes: np.ndarray, names: list[str]) -> None:
    start, middle, end = (posed.joint(name) for name in names)
    numbers = [motion.bones.index(name) for name in names]
    rest = motion.rest_joints[numbers]
    own = np.array([np.linalg.norm(middle[0] - start[0]), np.linalg.norm(end[0] - middle[0])])
    others = np.linalg.norm(np.diff(rest, axis=0), axis=1)
    if abs(own[0] / own.sum() - others[0] / others.sum()) > OTHER:
        return
    wanted = (motion.joints[:, numbers[2]] - motion.joints[:, numbers[0]]) @ goes.T * own.sum() / others.sum()
    short = start + wanted - end
    beside = np.linalg.norm(short, axis=1, keepdims=True)
    goal = end + short * np.maximum(0.0, 1 - NEAR * own.sum() / np.maximum(beside, 1e-12))
    axis = np.cross(UP, AHEAD) if names[0].endswith("Leg") else np.cross(rest[1] - rest[0], AHEAD)
    hinge = apply(motion.rotations[:, numbers[0]], axis) @ goes.T
    turns = [matrix_to_axis_angle(turn) for turn in reach(start, middle, end, goal, hinge)]
    largest = np.max([np.linalg.norm(turn, axis=1) for turn in turns], axis=0)
    share = MOST * np.tanh(largest / MOST) / np.maximum(largest, 1e-12)
    upper, lower = (axis_angle_to_matrix(turn * share[:, None]) for turn in turns)
    turn_limb(posed, names, upper, lower)
