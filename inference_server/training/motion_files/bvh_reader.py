"""Reads Biovision hierarchies (.bvh): any skeleton, any order of channels. Of the places only the offsets count."""

import re
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from .sampling import every_thirtieth, frame_times, sample
from .skeleton import Recording, Skeleton

Array = NDArray[np.float64]
Angles = tuple[list[int], str]
"""A joint's columns of rotation in the table of frames, and the axes that they turn about, in their order."""


@dataclass(frozen=True)
class Hierarchy:
    """The first part of a file."""

    skeleton: Skeleton
    angles: tuple[Angles, ...]
    """A joint."""
    columns: int
    """Numbers a frame."""


def read_bvh(path: Path) -> Recording:
    """Raises ValueError where it is none."""
    text = path.read_text(encoding="utf-8", errors="replace")
    head, motion, rest = text.partition("MOTION")
    times = re.match(r"\s*Frames\s*:\s*(\d+)\s*Frame\s*Time\s*:\s*(\S+)", rest, re.IGNORECASE)
    if not motion or times is None:
        raise ValueError("it has no MOTION with Frames and Frame Time")
    hierarchy = _read_hierarchy(head)
    table = _read_table(rest[times.end() :], int(times[1]), hierarchy.columns)
    seconds = float(times[2])
    sampling = every_thirtieth(frame_times(len(table), 1 / seconds if seconds > 0 else 0))
    quaternions = sample(sampling, lambda rows: _quaternions(hierarchy, table[rows]))
    return Recording(hierarchy.skeleton, quaternions)


def _read_hierarchy(text: str) -> Hierarchy:
    """The joints in the order of their channels."""
    names: list[str] = []
    parents: list[int] = []
    offsets: list[list[float]] = []
    angles: list[Angles] = []
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
            opening = len(names) - 1
        elif keyword == "END":
            opening = None
        elif keyword == "{":
            open_joints.append(opening)
        elif keyword == "}" and open_joints:
            open_joints.pop()
        elif keyword == "OFFSET" and open_joints:
            offset = [float(word) for word in words[1:4]]
            if (joint := open_joints[-1]) is not None:
                offsets[joint] = offset
            elif len(open_joints) > 1 and (above := open_joints[-2]) is not None:
                tips[above] = np.array(offset)
        elif keyword == "CHANNELS" and open_joints and (joint := open_joints[-1]) is not None:
            channels = [word.lower() for word in words[2:]]
            turning = [number for number, channel in enumerate(channels) if channel.endswith("rotation")]
            axes = "".join(channels[number][0] for number in turning).upper()
            angles[joint] = ([columns + number for number in turning], axes)
            columns += len(channels)
    if not names or open_joints:
        raise ValueError("its hierarchy is not whole")
    skeleton = Skeleton(tuple(names), tuple(parents), np.array(offsets), tips)
    return Hierarchy(skeleton, tuple(angles), columns)


def _read_table(text: str, frames: int, columns: int) -> NDArray[np.float64]:
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


def _quaternions(hierarchy: Hierarchy, table: NDArray[np.float64]) -> Array:
    """Frames (F, columns) -> (F, J, 4). Each channel turns about the axes that those before it have turned."""
    quaternions = np.zeros((len(table), len(hierarchy.angles), 4))
    quaternions[..., 0] = 1
    for joint, (columns, axes) in enumerate(hierarchy.angles):
        if axes:
            turns = Rotation.from_euler(axes, table[:, columns], degrees=True)
            quaternions[:, joint] = np.roll(turns.as_quat(), 1, axis=-1)  # SciPy's have w last
    return quaternions
