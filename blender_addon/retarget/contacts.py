"""When the feet of a source stand."""

import numpy as np

from ...inference_server.body.standing import rests, runs
from .humanoid import SIDES, HumanMotion

PARTS = tuple(f"{side}{part}" for side in SIDES for part in ("Foot", "Toes"))
"""The bones whose joints stand: ankles and balls of the feet."""
USUAL_LEG = 0.8
"""Metres from the hip to the ankle of those that the thresholds of `body.standing` are for."""
LEAST_DRIFT = 0.006
"""Metres for `USUAL_LEG` that a part of a foot may always lie from the middle of its stance."""
USUAL_DRIFTS = 2.0
"""Times the stance's middle distance from its place beyond which its first and last frames are not standing yet."""


def stances(motion: HumanMotion) -> dict[str, np.ndarray]:
    """`PARTS` that the source has -> (F,) bool, whether they stand."""
    parts = [part for part in PARTS if part in motion.bones]
    if not parts:
        return {}
    numbers = [motion.bones.index(part) for part in parts]
    size = leg_length(motion) / USUAL_LEG
    points = motion.joints[:, numbers] / size
    heights = points[..., 2] - motion.rest_joints[numbers, 2] / size
    if len(points) < 3:
        return {part: np.zeros(len(points), dtype=bool) for part in parts}
    speeds = np.linalg.norm(np.gradient(points, axis=0), axis=2) * motion.fps
    stands = rests(heights, points, speeds, motion.fps)
    for number in range(len(parts)):
        _trim(stands[:, number], points[:, number])
    return {part: stands[:, number] for number, part in enumerate(parts)}


def leg_length(motion: HumanMotion) -> float:
    """Metres from the hip to the knee to the ankle, of both legs' mean."""
    rest = dict(zip(motion.bones, motion.rest_joints, strict=True))
    return legs_length(rest)


def legs_length(joints: dict[str, np.ndarray]) -> float:
    """From the hip to the knee to the ankle of joints by the hub's names, of both legs' mean."""
    lengths = [
        np.linalg.norm(joints[f"{side}{end}"] - joints[f"{side}{start}"])
        for side in SIDES
        for start, end in (("UpperLeg", "LowerLeg"), ("LowerLeg", "Foot"))
    ]
    return float(sum(lengths)) / len(SIDES)


def always_standing(stands: dict[str, np.ndarray], motion: HumanMotion) -> dict[str, np.ndarray]:
    """`stands`, and where no foot does, the lower one."""
    feet = [f"{side}Foot" for side in SIDES]
    if any(foot not in stands for foot in feet):
        return stands
    stands = {part: stood.copy() for part, stood in stands.items()}
    none = ~np.any(list(stands.values()), axis=0)
    numbers = [motion.bones.index(foot) for foot in feet]
    lower = np.argmin(motion.joints[:, numbers, 2], axis=1)
    for number, foot in enumerate(feet):
        stands[foot] |= none & (lower == number)
    return stands


def _trim(stands: np.ndarray, points: np.ndarray) -> None:
    """Takes the frames off the ends of each stance in which the part still comes or already goes."""
    for start, stop in runs(stands):
        away = np.linalg.norm(points[start:stop] - np.median(points[start:stop], axis=0), axis=1)
        near = np.flatnonzero(away <= max(LEAST_DRIFT, USUAL_DRIFTS * np.median(away)))
        stands[start : start + near[0]] = False
        stands[start + near[-1] + 1 : stop] = False
