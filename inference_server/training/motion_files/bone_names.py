"""Which bone of anybody's skeleton is which joint of SMPL's, from the bones' names.

The names of CMU's ASF files and their BVH conversions (MotionBuilder's, 3ds Max's and Daz's), Mixamo, Character
Creator and iClone, Biovision, Rokoko, Xsens, Perception Neuron, Unreal, VRM, Rigify, Biped, and this program's own.
"""

import re
from itertools import pairwise

from ...body.skeleton import JOINT_INDEX
from .skeleton import Skeleton, path_to_root

LEFT, RIGHT = {"left", "l", "lt", "lft"}, {"right", "r", "rt", "rgt"}
DECORATION = {
    "mixamorig", "bip", "biped", "character", "valvebiped", "def", "org", "j", "c", "jnt",
    "bone", "bn", "bind", "rig",
}  # fmt: skip
"""Words that say nothing about which bone it is."""
LIMBS = {
    # The first name that is there counts, and each bone once: so "shoulder" is the upper arm's joint where nothing
    # else is, as in Biovision's files, and the collar where "arm" is there too, as in MotionBuilder's.
    "shoulder": ("upperarm", "uparm", "arm", "humerus", "shldrbend", "shldr", "shoulder"),
    "elbow": ("forearm", "forearmbend", "lowerarm", "lowarm", "loarm", "radius", "elbow"),
    "collar": ("clavicle", "collar", "collarbone", "shoulder"),
    "wrist": ("fingerbase", "hand", "wrist"),  # CMU's hands turn at the former in MotionBuilder's files
    "hip": ("upleg", "upperleg", "thigh", "thighbend", "femur", "hip", "leg"),
    "knee": ("lowerleg", "lowleg", "loleg", "calf", "shin", "tibia", "knee", "leg"),
    "ankle": ("ankle", "foot"),
    "foot": ("toe", "toes", "toebase", "ball", "foot"),
}
"""SMPL's joints of a limb -> names in normal form."""
NEEDED = ("hip", "knee", "shoulder", "elbow")
CHAINS = (("hip", "knee", "ankle", "foot"), ("collar", "shoulder", "elbow", "wrist"))
NECKS = ("neck", "necktwist", "upperneck", "lowerneck", "necklower")
KNOWN = {name for names in LIMBS.values() for name in names}


def normal_form(name: str) -> tuple[str, str]:
    """A bone's name -> its side ("left", "right" or "") and its name without side, prefix, number and case.

    "mixamorig:LeftForeArm", "forearm.L", "Bip01 L Forearm" and "lForeArm" all give ("left", "forearm").
    """
    bare = name.rpartition(":")[2].removeprefix("CC_Base_")
    words = [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", bare)]
    sides = ["left" if word in LEFT else "right" for word in words if word in LEFT | RIGHT]
    core = "".join(word for word in words if word not in LEFT | RIGHT | DECORATION)
    if sides:
        return sides[0], core
    for prefix, side in (("left", "left"), ("right", "right"), ("l", "left"), ("r", "right")):
        rest = core.removeprefix(prefix)
        if rest != core and rest in KNOWN:
            return side, rest
    return "", core


def recognise(skeleton: Skeleton) -> dict[int, int]:
    """SMPL's joints of the limbs, the neck and the head -> the skeleton's, as far as it has them.

    Hips, knees, shoulders and elbows are there. Raises ValueError where they can't be found.
    """
    bones: dict[tuple[str, str], int] = {}
    for joint, name in enumerate(skeleton.names):
        bones.setdefault(normal_form(name), joint)
    found: dict[int, int] = {}
    for side in ("left", "right"):
        found |= _limbs(skeleton, side, {core: joint for (on, core), joint in bones.items() if on == side})
    for part, names in (("head", ("head",)), ("neck", NECKS)):
        joint = next((bones["", name] for name in names if ("", name) in bones), None)
        if joint is not None:
            found[JOINT_INDEX[part]] = joint
    return found


def _limbs(skeleton: Skeleton, side: str, bones: dict[str, int]) -> dict[int, int]:
    """The joints of one side. A file that calls a bone "elbow" means joints: there the hand begins at "wrist"."""
    orders = dict(LIMBS)
    if "elbow" in bones:
        orders["wrist"] = ("wrist", "hand")
    found: dict[str, int] = {}
    for part, names in orders.items():
        joint = next(
            (bones[name] for name in names if name in bones and bones[name] not in found.values()), None
        )
        if joint is not None:
            found[part] = joint
        elif part in NEEDED:
            listed = ", ".join(skeleton.names[:12])
            raise ValueError(f"none of its bones is known as the {side} {part} ({listed} ...)")
    for chain in CHAINS:
        joints = [found[part] for part in chain if part in found]
        for above, below in pairwise(joints):
            if above not in path_to_root(skeleton, below):
                raise ValueError(f"{skeleton.names[below]} does not hang from {skeleton.names[above]}")
    return {JOINT_INDEX[f"{side}_{part}"]: joint for part, joint in found.items()}
