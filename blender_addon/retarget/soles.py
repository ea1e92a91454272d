"""What of a character's feet is on the floor."""

from dataclasses import dataclass

import numpy as np

from ...inference_server.body.rotation import axis_angle_to_matrix, matrix_to_axis_angle
from .humanoid import SIDES, Mapping
from .posed import Posed
from .skeleton import Skeleton
from .t_pose import Joints
from .turns import UP, Array, swing

LOW = 0.5
"""Of the ankle's height over the lowest point: what lies lower is the sole."""
TOUCHES = 0.001
"""Metres that a sole may be below the floor before anything is done about it."""
FLATTENED = np.linspace(0.0, 1.0, 6)
"""How far a foot is tried to be turned towards flat until it is out of the floor."""
DIRECTIONS = 12
"""In which the outermost points of a sole are kept: enough to know where it touches first."""


@dataclass(frozen=True)
class Soles:
    """Points of the soles, at rest, from the joint that each goes with; the floor that they stand on at rest."""

    floor: float
    """Metres, world."""
    points: dict[str, np.ndarray]
    """"leftFoot", "leftToes", ... -> (P, 3) metres from its joint, world axes at rest."""


def find_soles(skeleton: Skeleton, mapping: Mapping, joints: Joints, base: np.ndarray) -> Soles:
    """The soles by the character's skin; without one by the joints of ankles and toes.

    `joints` at rest stand (`base` (3, 3) has stood them up).
    """
    points: dict[str, np.ndarray] = {}
    for side in SIDES:
        for part in ("Foot", "Toes"):
            bone = f"{side}{part}"
            if bone not in mapping.bones:
                continue
            found = _skin_of(skeleton, mapping, bone) @ base.T
            if part == "Foot" and f"{side}Toes" in mapping.bones:
                found = _behind(found, joints[bone], joints[f"{side}Toes"])
            if not len(found):
                ends = [bone, f"{side}Toes", f"{side}ToesEnd"] if part == "Foot" else [bone, f"{side}ToesEnd"]
                found = np.array([joints[end] for end in ends if end in joints])
            points[bone] = found
    lowest = min((float(found[:, 2].min()) for found in points.values()), default=0.0)
    kept = {}
    for bone, found in points.items():
        side = bone.removesuffix("Foot").removesuffix("Toes")
        ankle = joints.get(f"{side}Foot", joints[bone])
        kept[bone] = _outermost(found, lowest + LOW * max(float(ankle[2]) - lowest, 0.0))
        if bone.endswith("Foot") and f"{side}Toes" in mapping.bones:
            kept[bone] = np.vstack([kept[bone], joints[f"{side}Toes"] * [1, 1, 0] + lowest * UP])
        kept[bone] = kept[bone] - joints[bone]
    return Soles(lowest, kept)


def lowest_points(posed: Posed, soles: Soles, side: str, base: np.ndarray) -> Array:
    """(F,) metres, world: how low the sole of a side comes."""
    heights = []
    for bone, points in soles.points.items():
        if bone.startswith(side) and posed.has(bone):
            # the turns count from the rest as it is, the points from the one that stands
            up = posed.turn(bone)[:, 2] @ base.T
            heights.append((up @ points.T).min(axis=1) + posed.joint(bone)[:, 2])
    return np.min(heights, axis=0)


def clear_floor(posed: Posed, soles: Soles, side: str, base: np.ndarray, shift: np.ndarray) -> None:
    """Turns feet, and then toes, that would be in the floor towards flat, as far as it needs.

    `shift` (F, 3) is by how much the feet will be moved. Legs keep their directions.
    """
    for bone in (f"{side}Foot", f"{side}Toes"):
        if not posed.has(bone):
            continue
        turned = posed.turn(bone)
        flattening = matrix_to_axis_angle(swing(turned @ base.T @ UP, UP))
        height = posed.joint(bone)[:, 2] + shift[:, 2] - (soles.floor - TOUCHES)
        over = []
        for share in FLATTENED:
            up = (axis_angle_to_matrix(flattening * share) @ turned)[:, 2] @ base.T
            over.append((up @ soles.points[bone].T).min(axis=1) + height)
        turn = axis_angle_to_matrix(flattening * _first_clear(np.array(over))[:, None])
        for moved in {bone, f"{side}Toes"}:
            if posed.has(moved):
                posed.turns[:, posed.chain.named[moved]] = turn @ posed.turn(moved)
        posed.place()


def _first_clear(over: np.ndarray) -> Array:
    """(F,) the share of `FLATTENED` at which the heights over the floor (S, F) there are first 0; 1 where never."""
    clear = over >= 0
    first = np.where(clear.any(axis=0), np.argmax(clear, axis=0), len(over) - 1)
    before = np.maximum(first - 1, 0)
    rows = np.arange(over.shape[1])
    low, high = over[before, rows], over[first, rows]
    part = np.where((first > 0) & (high > 0), -low / np.maximum(high - low, 1e-12), 1.0)
    step = FLATTENED[1]
    return np.where(first == 0, 0.0, (before + np.clip(part, 0.0, 1.0)) * step)


def _skin_of(skeleton: Skeleton, mapping: Mapping, bone: str) -> Array:
    """(P, 3) the world points of the skin that goes with a bone of the hub's, or with what hangs from it."""
    if skeleton.skin is None or not len(skeleton.skin.points):
        return np.zeros((0, 3))
    own = {skeleton.index[name] for name in mapping.bones[bone]}
    others = {skeleton.index[name] for names in mapping.bones.values() for name in names} - own
    owned = np.zeros(len(skeleton.names) + 1, dtype=bool)
    for number, parent in enumerate(skeleton.parents.tolist()):
        owned[number] = number in own or (number not in others and parent >= 0 and owned[parent])
    return skeleton.in_world(skeleton.skin.points[owned[skeleton.skin.bones]])


def _behind(points: np.ndarray, ankle: np.ndarray, toes: np.ndarray) -> Array:
    """Of the points (P, 3) of a foot those that are not under its toes, which carry the skin there along."""
    ahead = (toes - ankle) * [1, 1, 0]
    return points[(points - toes) @ ahead <= 0]


def _outermost(points: np.ndarray, ceiling: float) -> Array:
    """Of the points (P, 3) up to a height the outermost and the lowest."""
    low = points[points[:, 2] <= max(ceiling, points[:, 2].min())]
    angles = np.arange(DIRECTIONS) * 2 * np.pi / DIRECTIONS
    directions = np.stack([np.cos(angles), np.sin(angles), np.full(DIRECTIONS, -1.0)], axis=1)
    chosen = {int(np.argmax(low @ direction)) for direction in (*directions, np.array([0.0, 0.0, -1.0]))}
    return low[sorted(chosen)]
