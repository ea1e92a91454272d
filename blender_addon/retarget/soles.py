"""What of a character's feet is on the floor."""

from dataclasses import dataclass

import numpy as np

from ...inference_server.body.rotation import axis_angle_to_matrix, matrix_to_axis_angle
from .humanoid import SIDES, Mapping
from .posed import Chain, Posed
from .skeleton import Skeleton
from .t_pose import Joints
from .turns import UP, Array, swing

SINKS = 0.002
"""Of the leg's length; how far a sole may be below the floor before anything is done about it."""
LOW = 0.5
"""Of the ankle's height over the lowest point: what lies lower is the sole."""
FLATTENED = np.linspace(0.0, 1.0, 6)
"""How far a foot is tried to be turned towards flat until it is out of the floor."""
DIRECTIONS = 12
"""In which the outermost points of a sole are kept: enough to know where it touches first."""
OWN = 0.1
"""How much a point has to follow a foot or its toes to be of its sole."""


@dataclass(frozen=True)
class Sole:
    """P points of one side's sole, which follow C bones of a chain."""

    bones: tuple[int, ...]
    """The numbers in the chain."""
    weights: np.ndarray
    """(C, P) how much each point follows each bone."""
    offsets: np.ndarray
    """(C, P, 3) metres from the bones' joints to the points at rest, world."""
    on_toes: np.ndarray
    """(P,) bool: whether a point follows the toes more than anything else."""


@dataclass(frozen=True)
class Soles:
    """Both soles, and the floor that they stand on at rest."""

    floor: float
    """Metres, world."""
    sink: float
    """Metres that they may be below it."""
    sides: dict[str, Sole]


def find_floor(skeleton: Skeleton, mapping: Mapping, joints: Joints, base: np.ndarray) -> float:
    """Metres, world: the lowest of the soles at rest; `joints` stand, as `base` (3, 3) has stood them up."""
    found = [_sole_points(skeleton, mapping, joints, base, side)[0] for side in SIDES]
    return min((float(points[:, 2].min()) for points in found if len(points)), default=0.0)


def find_soles(
    skeleton: Skeleton, mapping: Mapping, chain: Chain, joints: Joints, base: np.ndarray, leg: float
) -> Soles:
    """The soles by the character's skin; without one by the joints of ankles and toes. `leg` is its length."""
    floor = find_floor(skeleton, mapping, joints, base)
    inner = _chain_bones(skeleton, chain)
    sides = {}
    for side in SIDES:
        points, bones, weights = _sole_points(skeleton, mapping, joints, base, side)
        if len(points):
            ceiling = floor + LOW * max(float(joints[f"{side}Foot"][2]) - floor, 0.0)
            chosen = _outermost(points, ceiling)
            sides[side] = _sole(
                skeleton, chain, inner, points[chosen] @ base, bones[chosen], weights[chosen], side
            )
    return Soles(floor, SINKS * leg, sides)


def lowest_points(posed: Posed, soles: Soles, side: str) -> Array:
    """(F,) metres, world: how low the sole of a side comes."""
    sole = soles.sides[side]
    return _heights(posed, sole, {}, np.ones(len(sole.on_toes), dtype=bool)).min(axis=1)


def clear_floor(posed: Posed, soles: Soles, side: str, base: np.ndarray, shift: np.ndarray) -> None:
    """Turns feet, and then toes, that would be in the floor towards flat, as far as it needs.

    `shift` (F, 3) is by how much the feet will be moved. Legs keep their directions.
    """
    sole = soles.sides[side]
    for bone in (f"{side}Foot", f"{side}Toes"):
        toes = bone.endswith("Toes")
        if not posed.has(bone) or not (sole.on_toes == toes).any():
            continue
        number = posed.chain.named[bone]
        moved = (
            [number] if toes or not posed.has(f"{side}Toes") else [number, posed.chain.named[f"{side}Toes"]]
        )
        flattening = matrix_to_axis_angle(swing(posed.turns[:, number] @ base.T @ UP, UP))
        over = []
        for share in FLATTENED:
            turn = axis_angle_to_matrix(flattening * share)
            turned = {each: turn @ posed.turns[:, each] for each in moved}
            lowest = _heights(posed, sole, turned, sole.on_toes == toes).min(axis=1)
            over.append(lowest + shift[:, 2] - (soles.floor - soles.sink))
        turn = axis_angle_to_matrix(flattening * _first_clear(np.array(over))[:, None])
        for each in moved:
            posed.turns[:, each] = turn @ posed.turns[:, each]
        posed.place()


def _heights(posed: Posed, sole: Sole, turned: dict[int, Array], which: np.ndarray) -> Array:
    """(F, P') metres, world: how high those of a sole's points are, with some bones' turns in place of their own."""
    heights = np.zeros((len(posed.turns), int(which.sum())))
    for number, weights, offsets in zip(sole.bones, sole.weights, sole.offsets, strict=True):
        up = turned.get(number, posed.turns[:, number])[:, 2]
        heights += weights[which] * (up @ offsets[which].T + posed.joints[:, number, 2, None])
    return heights


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


def _sole_points(
    skeleton: Skeleton, mapping: Mapping, joints: Joints, base: np.ndarray, side: str
) -> tuple[Array, np.ndarray, Array]:
    """Of a side (P, 3) points, world, standing; (P, W) the rig's bones that they follow, -1 for none, and how much."""
    feet = [bone for bone in (f"{side}Foot", f"{side}Toes") if mapping.bones.get(bone)]
    skin = skeleton.skin
    if skin is not None and len(skin.points):
        owned = np.append(_below(skeleton, mapping, feet), False)
        own = (skin.weights * owned[skin.bones]).sum(axis=1) > OWN
        if own.any():
            return skeleton.in_world(skin.points[own]) @ base.T, skin.bones[own], skin.weights[own]
    ends = [(bone, end) for bone in feet for end in (bone, f"{side}Toes", f"{side}ToesEnd") if end in joints]
    points = np.array([joints[end] for _, end in ends]).reshape(-1, 3)
    bones = np.array([[skeleton.index[mapping.bones[bone][0]]] for bone, _ in ends], dtype=np.int64)
    return points, bones.reshape(-1, 1), np.ones((len(ends), 1))


def _below(skeleton: Skeleton, mapping: Mapping, feet: list[str]) -> np.ndarray:
    """(B,) bool: the rig's bones of the hub's `feet`, and what hangs from them."""
    own = {skeleton.index[name] for bone in feet for name in mapping.bones[bone]}
    owned = np.zeros(len(skeleton.names), dtype=bool)
    for number, parent in enumerate(skeleton.parents.tolist()):
        owned[number] = number in own or (parent >= 0 and owned[parent])
    return owned


def _chain_bones(skeleton: Skeleton, chain: Chain) -> np.ndarray:
    """(B,) the number, in the chain, of the bone that each of the rig's goes with; -1 where there is none."""
    inner = {bone: number for number, bone in enumerate(chain.bones)}
    found = np.full(len(skeleton.names), -1)
    for bone, parent in enumerate(skeleton.parents.tolist()):
        found[bone] = inner.get(bone, found[parent] if parent >= 0 else -1)
    return found


def _sole(
    skeleton: Skeleton,
    chain: Chain,
    inner: np.ndarray,
    points: np.ndarray,
    bones: np.ndarray,
    weights: np.ndarray,
    side: str,
) -> Sole:
    """Points (P, 3) at rest, world, as they follow the chain; what follows nothing in it goes with the foot."""
    foot, toes = chain.named[f"{side}Foot"], chain.named.get(f"{side}Toes", -1)
    followed = np.where((bones >= 0) & (inner[bones] >= 0), inner[bones], foot)
    numbers = np.unique(followed[weights > 0])
    shares = np.stack([np.where(followed == number, weights, 0.0).sum(axis=1) for number in numbers])
    heads = skeleton.heads[[chain.bones[number] for number in numbers]]
    most = numbers[np.argmax(shares, axis=0)]
    return Sole(tuple(numbers.tolist()), shares, points - heads[:, None], most == toes)


def _outermost(points: np.ndarray, ceiling: float) -> np.ndarray:
    """The numbers of those of the points (P, 3) up to a height that are outermost or lowest."""
    low = np.flatnonzero(points[:, 2] <= max(ceiling, points[:, 2].min()))
    angles = np.arange(DIRECTIONS) * 2 * np.pi / DIRECTIONS
    level = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    directions = np.vstack([np.column_stack([level, np.full(DIRECTIONS, down)]) for down in (-1.0, -4.0)])
    return np.unique([low[np.argmax(points[low] @ direction)] for direction in directions])
