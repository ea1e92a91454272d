"""A person found in a rig by the shape of its skeleton alone: for rigs whose names say nothing.

Where it stands: two legs come down on either side, two arms go out on either side higher up, and a head is above.
"""

from itertools import combinations

import numpy as np

from .humanoid import FINGERS, SIDES, finger_bones
from .skeleton import Skeleton
from .tables import split_spine
from .turns import UP, unit
from .words import words_of

LEG_ENDS = 0.2
"""Of the rig's height, up to which a leg's end comes down."""
ARM_ENDS = 0.35
"""Of the rig's height, above which an arm ends."""
ASIDE = 0.02
"""Of the rig's height, how far from the middle what belongs to a side is at least."""
UPPER_TO_LOWER = {"leg": 1.0, "arm": 1.1}
"""A thigh's length over a shin's, an upper arm's over a forearm's."""
UNEVEN, DETOUR, LATER = 2.0, 4.0, 0.01
"""What counts against a limb whose parts are to each other as no person's (a logarithm), that is bent between its
joints (likewise), and for one that begins further out (a bone): of two at one place the second."""
ANIMALS = {"wing", "wings", "fin", "tail", "hoof", "paw", "beak", "feather"}
"""Words of bones that no person has: the shape of a standing bird is a person's."""
Path = list[int]
Found = dict[str, tuple[int, ...]]


def match_structure(skeleton: Skeleton) -> dict[str, tuple[str, ...]]:
    """The hub's bones; empty where no person is found."""
    found = {name: tuple(skeleton.names[bone] for bone in bones) for name, bones in _person(skeleton).items()}
    if any(set(words_of(name)[1]) & ANIMALS for names in found.values() for name in names):
        return {}
    return found


def _person(skeleton: Skeleton) -> Found:
    heads = skeleton.heads
    height = float(np.ptp(heads[:, 2]))
    if len(heads) < 10 or height <= 0:
        return {}
    across, aside = _across(heads)
    aside /= height
    tops = (heads[:, 2] - heads[:, 2].min()) / height
    feet = _pair(aside, tops < LEG_ENDS, -tops)
    hands = _pair(aside, tops > ARM_ENDS, np.abs(aside))
    if feet is None or hands is None:
        return {}
    hips, chest = _meeting(skeleton, feet), _meeting(skeleton, hands)
    if hips < 0 or chest < 0 or hips not in skeleton.ancestors(chest):
        return {}
    found: Found = {"hips": (hips,)}
    ahead = np.zeros(3)
    limbs: set[int] = set()
    sides = []
    for foot, hand in zip(feet, hands, strict=True):
        leg, arm = _path(skeleton, hips, foot), _path(skeleton, chest, hand)
        leg_parts, arm_parts = _three(skeleton, leg, "leg"), _three(skeleton, arm, "arm")
        if leg_parts is None or arm_parts is None:
            return {}
        ahead += skeleton.ends[leg[-1]] - heads[leg[leg_parts[2]]]
        sides.append((leg, leg_parts, arm, arm_parts))
        limbs |= set(leg) | set(arm)
    first_is_left = np.cross(UP, ahead) @ across >= 0
    for side, (leg, leg_parts, arm, arm_parts) in zip(
        SIDES if first_is_left else SIDES[::-1], sides, strict=True
    ):
        found |= _leg(side, leg, leg_parts) | _arm(side, arm, arm_parts)
        found |= _fingers(skeleton, side, arm[arm_parts[2]], arm[arm_parts[1]])
    return found | _trunk(skeleton, hips, chest, limbs)


def _across(heads: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(3,) level, along which the rig is widest, towards +X; (B,) how far the joints are from the middle along it."""
    level = (heads - heads.mean(axis=0)) * [1, 1, 0]
    axis = np.linalg.svd(level, full_matrices=False)[2][0]
    axis = axis * (1 if axis[0] >= 0 else -1)
    along = heads @ axis
    return axis, along - (along.min() + along.max()) / 2


def _pair(aside: np.ndarray, there: np.ndarray, score: np.ndarray) -> tuple[int, int] | None:
    """The best of the bones that are `there` on each side; None where one has none."""
    best = []
    for sign in (1, -1):
        candidates = np.flatnonzero(there & (sign * aside > ASIDE))
        if not len(candidates):
            return None
        best.append(int(candidates[np.argmax(score[candidates])]))
    return best[0], best[1]


def _meeting(skeleton: Skeleton, ends: tuple[int, int]) -> int:
    """The last bone that both hang from, -1 where there is none."""
    shared = set(skeleton.ancestors(ends[0])) & set(skeleton.ancestors(ends[1]))
    return max(shared, default=-1)  # parents stand before children


def _path(skeleton: Skeleton, above: int, below: int) -> Path:
    """The bones on the way down from `above`, which is left out, to `below`."""
    path = skeleton.ancestors(below)
    return path[: path.index(above)][::-1]


def _three(skeleton: Skeleton, path: Path, limb: str) -> tuple[int, int, int] | None:
    """Where in a path the upper bone, the lower one, and the hand or foot begin.

    Of all threes the longest whose two parts are to each other as a person's; a hand is where the fingers part.
    """
    joints = skeleton.heads[path]
    hands = [number for number, bone in enumerate(path) if _fingers_part(skeleton, bone)]
    steps = np.append(0, np.cumsum(np.linalg.norm(np.diff(joints, axis=0), axis=1)))
    best, chosen = -np.inf, None
    for first, second, third in combinations(range(len(path)), 3):
        if limb == "arm" and hands and third != hands[0]:
            continue
        upper, lower = (
            np.linalg.norm(joints[second] - joints[first]),
            np.linalg.norm(joints[third] - joints[second]),
        )
        if limb == "leg":
            upper, lower = joints[first][2] - joints[second][2], joints[second][2] - joints[third][2]
        if upper <= 0 or lower <= 0:
            continue
        straight = np.linalg.norm(joints[second] - joints[first]) + np.linalg.norm(
            joints[third] - joints[second]
        )
        detour = np.log((steps[third] - steps[first]) / straight)
        uneven = abs(np.log(upper / lower / UPPER_TO_LOWER[limb]))
        score = np.log(upper + lower) - UNEVEN * uneven - DETOUR * detour + LATER * first
        if score > best:
            best, chosen = score, (first, second, third)
    return chosen


def _fingers_part(skeleton: Skeleton, bone: int) -> bool:
    """Whether two or more chains of bones hang from one."""
    return sum(bool(skeleton.children[child]) for child in skeleton.children[bone]) > 1


def _leg(side: str, path: Path, parts: tuple[int, int, int]) -> Found:
    first, second, third = parts
    found: Found = {
        f"{side}UpperLeg": tuple(path[first:second]),
        f"{side}LowerLeg": tuple(path[second:third]),
        f"{side}Foot": (path[third],),
    }
    if third + 1 < len(path):
        found[f"{side}Toes"] = (path[third + 1],)
    return found


def _arm(side: str, path: Path, parts: tuple[int, int, int]) -> Found:
    first, second, third = parts
    found: Found = {
        f"{side}UpperArm": tuple(path[first:second]),
        f"{side}LowerArm": tuple(path[second:third]),
        f"{side}Hand": (path[third],),
    }
    if first:
        found[f"{side}Shoulder"] = tuple(path[:first])
    return found


def _fingers(skeleton: Skeleton, side: str, hand: int, forearm: int) -> Found:
    """The chains that part at a hand: the one that begins nearest to the wrist is the thumb, the next lie beside it."""
    chains = []
    for bone in skeleton.children[hand]:
        chain = [bone]
        while len(skeleton.children[chain[-1]]) == 1:
            chain.append(skeleton.children[chain[-1]][0])
        if len(chain) > 1:
            chains.append(chain)
    if len(chains) < 4:
        return {}
    heads = skeleton.heads
    along = unit(heads[hand] - heads[forearm])
    chains.sort(key=lambda chain: float((heads[chain[0]] - heads[hand]) @ along))
    thumb, others = chains[0], chains[1:]
    others.sort(key=lambda chain: float(np.linalg.norm(heads[chain[0]] - heads[thumb[-1]])))
    found: Found = {}
    for finger, chain in zip(FINGERS, [thumb, *others], strict=False):
        found |= {name: (bone,) for name, bone in zip(finger_bones(side, finger), chain, strict=False)}
    return found


def _trunk(skeleton: Skeleton, hips: int, chest: int, limbs: set[int]) -> Found:
    """Spine, neck and head; above the chest the way to the highest bone that is no limb's."""
    found: Found = {}
    found |= split_spine(_path(skeleton, hips, chest))
    above = [
        bone
        for bone in range(len(skeleton.names))
        if chest in skeleton.ancestors(bone)[1:] and not limbs & set(skeleton.ancestors(bone))
    ]
    if not above:
        return {}
    way = _path(skeleton, chest, max(above, key=lambda bone: skeleton.heads[bone][2]))
    if len(way) > 1:
        found["neck"] = (way[0],)
    found["head"] = (way[min(1, len(way) - 1)],)
    return found
