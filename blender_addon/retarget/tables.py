"""Families of rigs by the names of their bones: the files of `rigs/`, one a family.

A file is a JSON object:

- "name": the family's, as it is shown;
- "sides": how its names say left and right, such as ["Left", "Right"]; "*" in a name stands for it;
- "prefixes": regular expressions for what may stand before every name;
- "bones": a part of a person -> the names of its bones from the body outwards, several where the part is split over
  several. "a|b" are two names for one bone, and names that a rig does not have are passed over. The parts are those of
  the hub without their side ("UpperArm"), "spine" for all between hips and neck, and a finger ("Index") for its three.

Names are compared without case, spaces, dots, dashes and underscores.
"""

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from .humanoid import FINGERS, PARENTS, SIDES, SPINE, finger_bones

FOLDER = Path(__file__).resolve().with_name("rigs")
SIDED = frozenset(name.removeprefix("left") for name in PARENTS if name.startswith("left"))
Bone = TypeVar("Bone")
PARTS = frozenset({"hips", "spine", "neck", "head"} | SIDED | set(FINGERS))


@dataclass(frozen=True)
class Table:
    """A family of rigs."""

    name: str
    prefixes: re.Pattern[str]
    sides: tuple[str, str]
    bones: dict[str, tuple[tuple[str, ...], ...]]
    """A part -> its bones, each by all of its names, in plain form but for the "*" of the side."""


@lru_cache(maxsize=1)
def load_tables() -> tuple[Table, ...]:
    """All that come with the program."""
    return tuple(read_table(path) for path in sorted(FOLDER.glob("*.json")))


def read_table(path: Path) -> Table:
    """Raises ValueError where the file is no table."""
    content = json.loads(path.read_text(encoding="utf-8"))
    unknown = set(content["bones"]) - PARTS
    if unknown:
        raise ValueError(f"{path.name}: no parts of a person: {', '.join(sorted(unknown))}")
    left, right = content["sides"]
    return Table(
        name=content["name"],
        prefixes=re.compile("|".join(content.get("prefixes", [])) or "(?!)", re.IGNORECASE),
        sides=(plain(left), plain(right)),
        bones={
            part: tuple(tuple(plain(name) for name in bone.split("|")) for bone in bones)
            for part, bones in content["bones"].items()
        },
    )


def plain(name: str) -> str:
    """A name without what programs change in it: what stands before a colon, case, spaces and marks."""
    return re.sub(r"[\s._\-]+", "", name.rpartition(":")[2]).lower()


def hub_bones(part: str, side: str, bones: list[str]) -> dict[str, tuple[str, ...]]:
    """A part's bones of a rig, from the body outwards, by the hub's names."""
    if not bones:
        return {}
    if part == "spine":
        return split_spine(bones)
    if part in FINGERS:
        return {name: (bone,) for name, bone in zip(finger_bones(side, part), bones, strict=False)}
    return {part if part in ("hips", "neck", "head") else side + part: tuple(bones)}


def split_spine(bones: list[Bone]) -> dict[str, tuple[Bone, ...]]:
    """Any number of bones shared out among the hub's three of the spine, the lower ones first."""
    share, more = divmod(len(bones), len(SPINE))
    found, start = {}, 0
    for number, name in enumerate(SPINE):
        stop = start + share + (number < more)
        if stop > start:
            found[name] = tuple(bones[start:stop])
        start = stop
    return found


def sides_of(part: str) -> tuple[str, ...]:
    """The sides that a part has."""
    return SIDES if part in SIDED or part in FINGERS else ("",)
