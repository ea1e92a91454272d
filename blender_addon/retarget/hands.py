"""Hands that touch the own body, each other or the floor do so on a body of other proportions.

Near a part of the body a hand is where it is beside that part, in the source, times the rig's size; the arm bends
for it. Further away it is where its arm points.
"""

import numpy as np

from .humanoid import SIDES, HumanMotion, mirrored
from .limbs import reach
from .posed import Posed, turn_limb
from .turns import AHEAD, Array, apply, rise

TOUCHES, PASSES = 0.16, 0.27
"""Of the source's leg: a wrist so near to the middle of a part of the body goes with it, one so far does not."""
MEETS, PARTS_FROM = 0.15, 0.6
"""The same of the other wrist, from which it comes faster."""
ON_FLOOR, OVER_FLOOR = 0.12, 0.25
"""Of the source's leg: a wrist so low is on the floor, one so high is not."""
PARTS = (
    ("neck", "head"), ("hips", "neck"), ("UpperLeg", "LowerLeg"), ("otherUpperLeg", "otherLowerLeg"),
    ("otherUpperArm", "otherLowerArm"),
)  # fmt: skip
"""The parts of the body that a hand may be at, from joint to joint; of the hand's side, of the other, of the middle."""


def bring_hands(
    posed: Posed, motion: HumanMotion, goes: np.ndarray, scale: float, leg: float, floor: float
) -> None:
    """Turns the arms of a rig that stands in for `motion`.

    `goes` (3, 3) is from the source's axes to the rig's, `scale` the rig's size over the source's, `leg` the length
    of the source's leg in metres, `floor` the height that the rig's soles stand at, world.
    """
    source = {bone: motion.joints[:, number] @ goes.T for number, bone in enumerate(motion.bones)}
    arms = [
        side
        for side in SIDES
        if all(posed.has(side + part) and side + part in source for part in ("UpperArm", "LowerArm", "Hand"))
    ]
    # both first, as they are before either has moved
    goals = {side: _goal(posed, source, side, scale, leg, floor) for side in arms}
    for side in arms:
        names = [f"{side}{part}" for part in ("UpperArm", "LowerArm", "Hand")]
        number = motion.bones.index(names[0])
        along = motion.rest_joints[motion.bones.index(names[1])] - motion.rest_joints[number]
        hinge = apply(motion.rotations[:, number], np.cross(along, AHEAD)) @ goes.T
        start, middle, end = (posed.joint(name) for name in names)
        turn_limb(posed, names, *reach(start, middle, end, goals[side], hinge))


def _goal(
    posed: Posed, source: dict[str, np.ndarray], side: str, scale: float, leg: float, floor: float
) -> Array:
    """(F, 3) where the hand of a side has to be."""
    hand, other = f"{side}Hand", mirrored(f"{side}Hand")
    own, wrist = posed.joint(hand), source[hand]
    pulls = [(1e-6 * np.ones(len(own)), own)]
    for start, end in PARTS:
        names = [_of_side(name, side) for name in (start, end)]
        if not posed.has(*names) or any(name not in source for name in names):
            continue
        place, point = _nearest(wrist, *(source[name] for name in names))
        there = posed.joint(names[0]) + place[:, None] * (posed.joint(names[1]) - posed.joint(names[0]))
        weight = _weight((wrist - point) / leg, TOUCHES, PASSES)
        pulls.append((weight, there + scale * (wrist - point)))
    if posed.has(other) and other in source:
        middle, between = (own + posed.joint(other)) / 2, (wrist + source[other]) / 2
        weight = _weight((wrist - source[other]) / leg, MEETS, PARTS_FROM)
        pulls.append((weight, middle + scale * (wrist - between)))
    total = np.sum([weight for weight, _ in pulls], axis=0)
    there = np.sum([weight[:, None] * goal for weight, goal in pulls], axis=0) / total[:, None]
    strongest = np.max([weight for weight, _ in pulls], axis=0)
    goal = own + strongest[:, None] * (there - own)
    low = 1 - rise((wrist[:, 2] / leg - ON_FLOOR) / (OVER_FLOOR - ON_FLOOR))
    goal[:, 2] += low * (floor + scale * wrist[:, 2] - goal[:, 2])
    return goal


def _of_side(name: str, side: str) -> str:
    if name in ("hips", "neck", "head"):
        return name
    part = name.removeprefix("other")
    return mirrored(side + part) if part != name else side + part


def _nearest(point: np.ndarray, start: np.ndarray, end: np.ndarray) -> tuple[Array, Array]:
    """(F,) where between two joints, from 0 to 1, the point nearest to another is, and (F, 3) that point."""
    way = end - start
    place = ((point - start) * way).sum(axis=1) / np.maximum((way * way).sum(axis=1), 1e-12)
    place = np.clip(place, 0.0, 1.0)
    return place, start + place[:, None] * way


def _weight(away: np.ndarray, near: float, far: float) -> Array:
    """(F,) how much a part counts that is (F, 3) away: 1 up to `near`, 0 from `far` on."""
    return 1 - rise((np.linalg.norm(away, axis=1) - near) / (far - near))
