"""Bones by the words that riggers use, for rigs that no table knows: any order, any way to say left and right."""

import re

from .humanoid import SIDES, finger_bones
from .skeleton import Skeleton
from .tables import split_spine

LEFT, RIGHT = {"left", "l", "lt", "lft", "lf"}, {"right", "r", "rt", "rgt", "rg"}
DECORATION = {
    "mixamorig", "bip", "biped", "character", "valvebiped", "def", "org", "j", "c", "jnt", "joint", "bone", "bn",
    "bind", "rig", "f", "drv", "fk", "skin", "skel", "armature", "b", "m", "sk", "ctrl", "base", "cc", "hand",
}  # fmt: skip
"""Words that say nothing about which bone it is, unless they are all that there is."""
ENDS = {
    "tip",
    "end",
    "leaf",
    "nub",
    "ik",
    "pole",
    "target",
    "twist",
    "roll",
    "ctl",
    "control",
    "slot",
    "handslot",
    "tweak",
}
"""Words of bones that are none of a person's."""
NAMES = {
    "hips": ("hips", "hip", "pelvis", "cog"),
    "neck": ("neck", "neckbase", "lowerneck", "necklower"),
    "head": ("head",),
    "UpperArm": ("upperarm", "uparm", "arm", "humerus", "shldr", "bicep", "shoulder"),
    "LowerArm": ("forearm", "lowerarm", "lowarm", "loarm", "radius", "elbow"),
    "Hand": ("hand", "wrist", "palm"),
    "Shoulder": ("clavicle", "collar", "collarbone", "shoulder"),
    "UpperLeg": ("upleg", "upperleg", "thigh", "femur", "hip", "leg"),
    "LowerLeg": ("lowerleg", "lowleg", "loleg", "calf", "shin", "tibia", "knee", "leg"),
    "Foot": ("ankle", "foot"),
    "Toes": ("toebase", "toes", "toe", "ball", "foot"),
}
"""The hub's parts -> words without sides and numbers. The first that is there counts, each bone once, in this order."""
TRUNK = (
    "spine",
    "chest",
    "abdomen",
    "torso",
    "upperchest",
    "ribcage",
    "ribs",
    "waist",
    "upperbody",
    "lowerback",
    "back",
)
DIGITS = {
    "thumb": "Thumb", "index": "Index", "pointer": "Index", "middle": "Middle", "mid": "Middle", "ring": "Ring",
    "little": "Little", "pinky": "Little", "pinkie": "Little",
}  # fmt: skip
KNOWN = {word for words in NAMES.values() for word in words} | set(DIGITS)


def words_of(name: str) -> tuple[str, list[str]]:
    """A bone's name -> its side ("left", "right" or "") and its words without side, numbers and decoration."""
    bare = name.rpartition(":")[2]
    words = [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", bare)]
    sides = ["left" if word in LEFT else "right" for word in words if word in LEFT | RIGHT]
    rest = [word for word in words if word not in LEFT | RIGHT]
    plain = [word for word in rest if word not in DECORATION] or rest
    if sides:
        return sides[0], plain
    core = "".join(plain)
    for prefix, side in (("left", "left"), ("right", "right"), ("l", "left"), ("r", "right")):
        bare_core = core.removeprefix(prefix)
        if bare_core != core and bare_core in KNOWN:
            return side, [bare_core]
    return "", plain


def match_words(skeleton: Skeleton) -> dict[str, tuple[str, ...]]:
    """The hub's bones that the names of a rig's tell."""
    cores: dict[tuple[str, str], str] = {}
    digits: dict[tuple[str, str], list[str]] = {}
    spine: list[str] = []
    for name in skeleton.names:
        side, words = words_of(name)
        if set(words) & ENDS:
            continue
        core = "".join(words)
        cores.setdefault((side, core), name)
        finger = next((DIGITS[word] for word in words if word in DIGITS), None)
        if side and finger and "toe" not in core and "metacarpal" not in core:
            digits.setdefault((side, finger), []).append(name)
        if not side and core in TRUNK:
            spine.append(name)
    found = _parts(cores)
    hips = found.get("hips")
    found |= split_spine([bone for bone in spine if (bone,) != hips])
    for (side, finger), bones in digits.items():
        found |= {name: (bone,) for name, bone in zip(finger_bones(side, finger), bones, strict=False)}
    return found


def _parts(cores: dict[tuple[str, str], str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for part, words in NAMES.items():
        for side in ("",) if part in ("hips", "neck", "head") else SIDES:
            used = {bones[0] for bones in found.values()}
            bone = next(
                (
                    cores[side, word]
                    for word in words
                    if (side, word) in cores and cores[side, word] not in used
                ),
                None,
            )
            if bone is not None:
                found[side + part if side else part] = (bone,)
    return found
