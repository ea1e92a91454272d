"""What of a character's feet is on the floor."""

from dataclasses import dataclass

import numpy as np

from .humanoid import SIDES, Mapping
from .posed import Posed
from .skeleton import Skeleton
from .t_pose import Joints
from .turns import Array

LOW = 0.5
"""Of the ankle's height over the lowest point: what lies lower is the sole."""
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
            if not len(found):
                ends = [bone, f"{side}Toes", f"{side}ToesEnd"] if part == "Foot" else [bone, f"{side}ToesEnd"]
                found = np.array([joints[end] for end in ends if end in joints])
            points[bone] = found
    lowest = min((float(found[:, 2].min()) for found in points.values()), default=0.0)
    kept = {}
    for bone, found in points.items():
        side = bone.removesuffix("Foot").removesuffix("Toes")
        ankle = joints.get(f"{side}Foot", joints[bone])
        kept[bone] = _outermost(found, lowest + LOW * max(float(ankle[2]) - lowest, 0.0)) - joints[bone]
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


def _outermost(points: np.ndarray, ceiling: float) -> Array:
    """Of the points (P, 3) up to a height the outermost and the lowest."""
    low = points[points[:, 2] <= max(ceiling, points[:, 2].min())]
    angles = np.arange(DIRECTIONS) * 2 * np.pi / DIRECTIONS
    directions = np.stack([np.cos(angles), np.sin(angles), np.full(DIRECTIONS, -1.0)], axis=1)
    chosen = {int(np.argmax(low @ direction)) for direction in (*directions, np.array([0.0, 0.0, -1.0]))}
    return low[sorted(chosen)]
