"""Which family a rig is of, and which of its bones is which of a person's."""

import numpy as np

from ...inference_server.errors import RecoveryError
from .humanoid import BONES, LIMBS, NEEDED, PARENTS, SIDES, Mapping
from .skeleton import Skeleton
from .structure import match_structure
from .tables import Table, hub_bones, load_tables, plain, sides_of
from .turns import unit
from .words import match_words

GOOD = 0.65
"""A score from which a table is taken to fit."""
WORDS_FIT = 0.95
"""Of the score of what the words tell: a table that fits as well knows more."""
NEEDED_SHARE = 0.7
"""Of the score, what the bones without which there is no person make; the others make the rest."""
MIRRORED = np.cos(np.radians(30))
"""Of the angle between what lies between two bones of a pair and what lies between the others."""
UPRIGHT = np.radians(50)
"""Between legs and trunk, beyond which nobody stands."""
LOW = 0.25
"""Of the hips' height, up to which a bone stands on the floor."""
HINT = "Choose the bones by hand, or choose another armature."


def recognise(skeleton: Skeleton) -> Mapping:
    """The best of the tables, the words that riggers use, and the skeleton's structure, in this order.

    Raises RecoveryError: "rig_empty", "rig_scale", "rig_two_people", "rig_not_human".
    """
    if not skeleton.names:
        raise RecoveryError("rig_empty", "The armature has no bone.", "Choose another armature.")
    _ = skeleton.turn  # refuses an object that is scaled to nothing
    best = max(guesses(skeleton), key=lambda mapping: mapping.score, default=None)
    if best is None or best.score < GOOD:
        found = match_structure(skeleton)
        best = (
            Mapping("structure", found, find_root(skeleton, found), _score(skeleton, found))
            if found
            else best
        )
    if best is None or best.score < GOOD:
        raise not_human(skeleton, best)
    _refuse_two(skeleton, best)
    return best


def guesses(skeleton: Skeleton) -> list[Mapping]:
    """All tables, and the words that riggers use, with how well they fit."""
    found = [(table.name, match_table(table, skeleton), 1.0) for table in load_tables()]
    found.append(("names", match_words(skeleton), WORDS_FIT))
    return [
        Mapping(name, bones, find_root(skeleton, bones), fit * _score(skeleton, bones))
        for name, bones, fit in found
        if bones
    ]


def match_table(table: Table, skeleton: Skeleton) -> dict[str, tuple[str, ...]]:
    """The hub's bones that a table finds in a rig: by its names, or by those that a number was appended to."""
    spelled = [{}, {}]
    for name in skeleton.names:
        for number, written in enumerate((name, _without_number(name))):
            bare = plain(written)
            spelled[number].setdefault(bare, name)
            spelled[number].setdefault(
                table.prefixes.sub("", bare, count=1) if table.prefixes.match(bare) else bare, name
            )
    return max((_match(table, names) for names in spelled), key=len)


def _without_number(name: str) -> str:
    """Without the ".001" or "_012" that importers append where a name is there already."""
    head, _, number = name.rpartition("_" if "_" in name and "." not in name else ".")
    return head if head and number.isdigit() else name


def _match(table: Table, names: dict[str, str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for part, bones in table.bones.items():
        for side in sides_of(part):
            token = table.sides[SIDES.index(side)] if side else ""
            there = []
            for spellings in bones:
                bone = next(
                    (names[text] for text in (s.replace("*", token) for s in spellings) if text in names),
                    None,
                )
                if bone is not None and bone not in there:
                    there.append(bone)
            found |= hub_bones(part, side, there)
    return found


def find_root(skeleton: Skeleton, bones: dict[str, tuple[str, ...]]) -> str | None:
    """The bone above the hips that stands on the floor, where there is one."""
    if not bones.get("hips") or any(f"{side}Foot" not in bones for side in SIDES):
        return None
    hips = skeleton.index[bones["hips"][0]]
    above = skeleton.ancestors(hips)[1:]
    feet = np.mean([skeleton.heads[skeleton.index[bones[f"{side}Foot"][0]]][2] for side in SIDES])
    height = skeleton.heads[hips][2] - feet
    low = [bone for bone in above if skeleton.heads[bone][2] - feet < LOW * height]
    return skeleton.names[low[0]] if low else None


def _score(skeleton: Skeleton, bones: dict[str, tuple[str, ...]]) -> float:
    """From 0 to 1: how much of a person there is, and whether the bones hang from and mirror each other as his."""
    if any(name not in bones for name in NEEDED):
        return 0.0
    first = {name: skeleton.index[names[0]] for name, names in bones.items() if names}
    if len({bone for names in bones.values() for bone in names}) < sum(
        len(names) for names in bones.values()
    ):
        return 0.0
    # of tables that find the same, the one counts that knows more of a split spine
    more = (len(bones) + sum(map(len, bones.values())) / 1000) / (len(BONES) + 0.1)
    if _bow(skeleton, first) > UPRIGHT:
        return 0.0
    return (NEEDED_SHARE + (1 - NEEDED_SHARE) * more) * _order(skeleton, first) * _mirrored(skeleton, first)


def _bow(skeleton: Skeleton, first: dict[str, int]) -> float:
    """Radians between legs and trunk: four-legged animals go about with a right angle there."""
    feet, hips, shoulders = (
        np.mean([skeleton.heads[first[f"{side}{part}"]] for side in SIDES], axis=0)
        for part in ("Foot", "UpperLeg", "UpperArm")
    )
    return float(np.arccos(np.clip(unit(hips - feet) @ unit(shoulders - hips), -1.0, 1.0)))


def _order(skeleton: Skeleton, first: dict[str, int]) -> float:
    """The share of the bones that hang, over any others, from the bone above in a person."""
    right = []
    for name, bone in first.items():
        above = PARENTS[name]
        while above is not None and above not in first:
            above = PARENTS[above]
        if above is not None:
            right.append(first[above] in skeleton.ancestors(bone)[1:])
    return float(np.mean(right)) if right else 0.0


def _mirrored(skeleton: Skeleton, first: dict[str, int]) -> float:
    """The share of the pairs of limbs that lie on either side of one plane."""
    across = [
        skeleton.heads[first[name]] - skeleton.heads[first["right" + name.removeprefix("left")]]
        for name in LIMBS
        if name.startswith("left") and name in first and "right" + name.removeprefix("left") in first
    ]
    directions = unit(np.array(across))
    middle = unit(directions.sum(axis=0))
    return float(np.mean(directions @ middle > MIRRORED))


def not_human(skeleton: Skeleton, best: Mapping | None) -> RecoveryError:
    """What is missing, as far as that is known."""
    missing = sorted(NEEDED - set(best.bones)) if best else []
    listed = ", ".join(skeleton.names[:6])
    lacks = f" Nothing in it was taken for {', '.join(missing[:4])}." if missing else ""
    return RecoveryError(
        "rig_not_human",
        f"The armature was not recognised as a person's; its bones are {listed} ...{lacks}",
        HINT,
    )


def _refuse_two(skeleton: Skeleton, mapping: Mapping) -> None:
    """Raises RecoveryError("rig_two_people") where the rig has other hips of the same name, with limbs of their own."""
    hips = skeleton.index[mapping.bones["hips"][0]]
    stem = _stem(skeleton.names[hips])
    others = [
        skeleton.names[bone]
        for bone, name in enumerate(skeleton.names)
        if _stem(name) == stem
        and hips not in skeleton.ancestors(bone)
        and bone not in skeleton.ancestors(hips)
        and _below(skeleton, bone) > len(NEEDED) / 2
    ]
    if others:
        raise RecoveryError(
            "rig_two_people",
            f"The armature has more than one person's hips: {', '.join([skeleton.names[hips], *others])}.",
            "Separate the armatures, so that each holds one person.",
        )


def _stem(name: str) -> str:
    """A name without what tells two persons of one family apart: numbers at its end, a prefix before a colon."""
    return plain(name).rstrip("0123456789")


def _below(skeleton: Skeleton, bone: int) -> int:
    """How many bones hang from one."""
    return sum(bone in skeleton.ancestors(other)[1:] for other in range(len(skeleton.names)))
