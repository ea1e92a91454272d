"""What a Biovision hierarchy (.bvh) holds: any skeleton, any order of channels."""

import re
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
AXES = ("x", "y", "z")
SHORTEST, LONGEST = 0.000999, 1.001
"""Seconds of a frame: 1000 a second to 1, rounded. 0 stands where a single frame has no time."""
Channels = tuple[list[int], str]
"""Columns of the table of frames, and the axes that they turn about or move along, in their order."""


@dataclass(frozen=True)
class Hierarchy:
    """The first part of a file: J joints, parents before children."""

    names: tuple[str, ...]
    parents: tuple[int, ...]
    """-1 for the root."""
    offsets: Array
    """(J, 3) from the parent at rest, in the file's unit and axes."""
    tips: dict[int, Array]
    """Where the bone of a joint without children ends, from the joint, of those that say so."""
    angles: tuple[Channels, ...]
    """A joint. Each channel turns, in degrees, about the axes that those before it have turned."""
    places: tuple[Channels, ...]
    """A joint: where it is in its parent, in place of its offset."""
    columns: int
    """Numbers a frame."""


@dataclass(frozen=True)
class BvhFile:
    """A whole file."""

    hierarchy: Hierarchy
    table: Array
    """(F, columns)"""
    seconds: float
    """A frame's, as the file says."""


def read_bvh_file(path: Path) -> BvhFile:
    """Raises ValueError where it is none, OSError where it can't be read."""
    text = path.read_text(encoding="utf-8", errors="replace")
    head, motion, rest = text.partition("MOTION")
    times = re.match(r"\s*Frames\s*:\s*(\d+)\s*Frame\s*Time\s*:\s*(\S+)", rest, re.IGNORECASE)
    if not motion or times is None:
        raise ValueError("it has no MOTION with Frames and Frame Time")
    hierarchy = _read_hierarchy(head)
    table = _read_table(rest[times.end() :], int(times[1]), hierarchy.columns)
    seconds = float(times[2])
    if seconds != 0 and not SHORTEST <= seconds <= LONGEST:
        raise ValueError(f"its Frame Time of {times[2]} seconds is not possible")
    return BvhFile(hierarchy, table, seconds)


def _read_hierarchy(text: str) -> Hierarchy:
    """The joints in the order of their channels."""
    names: list[str] = []
    parents: list[int] = []
    offsets: list[list[float]] = []
    angles: list[Channels] = []
    places: list[Channels] = []
    tips: dict[int, Array] = {}
    open_joints: list[int | None] = []  # None stands for an End Site
    opening: int | None = None
    columns = 0
    for line in re.sub(r"([{}])", r"\n\1\n", text).splitlines():
        words = line.split()
        keyword = words[0].upper() if words else ""
        if keyword in ("ROOT", "JOINT"):
            parent = open_joints[-1] if open_joints else -1
            if parent is None or (parent < 0 and names):
                raise ValueError(f"{' '.join(words)} is not where a joint can be")
            names.append(" ".join(words[1:]))
            parents.append(parent)
            offsets.append([0.0, 0.0, 0.0])
            angles.append(([], ""))
            places.append(([], ""))
            opening = len(names) - 1
        elif keyword == "END":
            opening = None
        elif keyword == "{":
            open_joints.append(opening)
        elif keyword == "}" and open_joints:
            open_joints.pop()
        elif keyword == "OFFSET" and open_joints:
            offset = [float(word) for word in words[1:4]]
            if len(offset) < 3 or not np.isfinite(offset).all():
                raise ValueError(f"{' '.join(words)} is no place")
            if (joint := open_joints[-1]) is not None:
                offsets[joint] = offset
            elif len(open_joints) > 1 and (above := open_joints[-2]) is not None:
                tips[above] = np.array(offset)
        elif keyword == "CHANNELS" and open_joints and (joint := open_joints[-1]) is not None:
            channels = [word.lower() for word in words[2:]]
            angles[joint] = _channels(channels, "rotation", columns)
            places[joint] = _channels(channels, "position", columns)
            columns += len(channels)
    if not names or open_joints:
        raise ValueError("its hierarchy is not whole")
    return Hierarchy(
        tuple(names), tuple(parents), np.array(offsets), tips, tuple(angles), tuple(places), columns
    )


def _channels(words: list[str], kind: str, first: int) -> Channels:
    """Those of a joint's channels that are of a kind; `first` is the column of the joint's first."""
    chosen = [number for number, word in enumerate(words) if word.endswith(kind)]
    strange = next((words[number] for number in chosen if words[number].removesuffix(kind) not in AXES), None)
    if strange is not None:
        raise ValueError(f"it has a channel {strange}, which is about none of the axes")
    return [first + number for number in chosen], "".join(words[number][0] for number in chosen).upper()


def _read_table(text: str, frames: int, columns: int) -> Array:
    """(F, columns), F as many as are there of the `frames` that are announced."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", DeprecationWarning)  # how NumPy says that something is no number
        try:
            numbers = np.fromstring(text, sep=" ")
        except DeprecationWarning as error:
            raise ValueError("its frames are not all numbers") from error
    whole = min(frames, len(numbers) // columns) if columns else 0
    if not whole:
        raise ValueError("it has no whole frame")
    return numbers[: whole * columns].reshape(whole, columns)
