"""What Blender keeps of a movie strip but does not hand out: its length in the file, its rate, its speed keys.

These few numbers decide which frame is shown, and Python has no name for them, so they are read where the
strip lies in memory. What is read counts only if all that Python does know of the strip is found in its place.
"""

import ctypes
import struct
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

NAME_LENGTH = 64
MOVIE = 3
"""The number of the kind of strip."""
PLAYS_AT_OWN_RATE = 1 << 17
EASES = 1
"""A speed key's flag: from this key to the next the speed changes evenly."""
FACTOR_PLACES = {40: 16, 32: 12}
"""Bytes from one speed key to the next, before and since Blender 5.0: where a key holds its factor."""


@dataclass(frozen=True)
class Content:
    """What a movie strip draws on."""

    frames: int
    """How many of the file's frames are left after its content was trimmed."""
    own_rate: bool
    """Whether the video keeps its own speed in a scene of another frame rate."""


@dataclass(frozen=True)
class SpeedKey:
    """`index` steps of the content's own rate after its start, the part `factor` (0 to 1) of it has been shown."""

    index: float
    factor: float
    eases: bool


def movie_content(strip: Any, start: float, offsets: tuple[float, float]) -> Content | None:
    """The content of a movie strip that starts at the scene's frame `start` and has these handle offsets.

    None where the memory holds something else than Python says.
    """
    head = ctypes.string_at(strip.as_pointer(), 224)
    name = b"SQ" + strip.name.encode() + b"\0"
    place = head.find(name)
    if place < 0 or place + NAME_LENGTH + 24 > len(head):
        return None
    flag, kind, frames, *found = struct.unpack_from("<iiifff", head, place + NAME_LENGTH)
    if kind != MOVIE or frames < 1 or not _same(found, (start, *offsets)):
        return None
    return Content(frames, bool(flag & PLAYS_AT_OWN_RATE))


def speed_keys(strip: Any, start: float, rate: float) -> list[SpeedKey] | None:
    """A strip's speed keys; none where its speed was left alone.

    `rate` is the steps of the content that one frame of the scene takes. None where the memory holds something
    else than Python says.
    """
    keys = list(getattr(strip, "retiming_keys", ()))  # 4.2 keeps those of pictures to itself
    if len(keys) < 2:
        return []
    places = [key.as_pointer() for key in keys]
    stride = places[1] - places[0]
    if stride not in FACTOR_PLACES or any(b - a != stride for a, b in pairwise(places)):
        return None
    read = []
    for key, place in zip(keys, places, strict=True):
        raw = ctypes.string_at(place, stride)
        index, flag = struct.unpack_from("<di", raw)
        (factor,) = struct.unpack_from("<f", raw, FACTOR_PLACES[stride])
        # Python's frame leaves the rate out in some versions
        misplaced = min(abs(start + steps - key.timeline_frame) for steps in (index, index / rate))
        if not 0 <= factor <= 1.001 or misplaced > 1:
            return None
        read.append(SpeedKey(index, factor, bool(flag & EASES)))
    ascend = all(a.index < b.index for a, b in pairwise(read))
    return read if ascend and read[0].factor == 0 and read[-1].factor > 0.999 else None


def _same(found: list[float], known: tuple[float, ...]) -> bool:
    return all(abs(a - b) < 1e-3 * max(1.0, abs(b)) for a, b in zip(found, known, strict=True))
