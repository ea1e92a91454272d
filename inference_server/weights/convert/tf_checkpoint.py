"""Reads TensorFlow's checkpoints (version 2) without TensorFlow: an index of the variables, and files of their values.

The index is a table (see `leveldb_table`) from each variable's name to a message of protocol buffers that says its
type, its shape, and where in which file its values lie, with their check. The empty name has the whole's own message.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from .crc32c import masked_crc32c
from .leveldb_table import read_table, read_varint

TYPES = {1: "<f4", 2: "<f8", 3: "<i4", 9: "<i8", 10: "?"}
"""numpy's names of TensorFlow's types of numbers."""
NAMED_TYPES = {1: "float32", 2: "float64", 3: "int32", 7: "string", 9: "int64", 10: "bool"}
VARINT, EIGHT_BYTES, TEXT, FOUR_BYTES = 0, 1, 2, 5
"""Kinds of fields."""


@dataclass(frozen=True)
class Entry:
    """A variable, and where its values are."""

    dtype: int
    """TensorFlow's number of the type: 1 is float32."""
    shape: tuple[int, ...]
    shard: int
    """Number of the file."""
    offset: int
    size: int
    """Both in bytes."""
    crc32c: int
    """Masked."""


@dataclass(frozen=True)
class Index:
    entries: dict[str, Entry]
    shard_count: int


def read_index(data: bytes) -> Index:
    """The variables by name. Raises ValueError where the index is damaged, or of another byte order."""
    table = read_table(data)
    if b"" not in table:
        raise ValueError("it is a table, but says nothing of a checkpoint")
    header = dict(_fields(table.pop(b"")))
    if header.get(2):
        raise ValueError("its numbers are big-endian")
    return Index({name.decode(): _entry(value) for name, value in table.items()}, int(header.get(1, 1)))


def read_values(
    entries: Mapping[str, Entry],
    shapes: Mapping[str, tuple[int, ...]],
    open_shard: Callable[[int], AbstractContextManager[BinaryIO]],
) -> dict[str, NDArray]:
    """The values of those variables, each file read from its start to its end.

    Raises ValueError where one is not of its shape, a file is too short or a check differs, KeyError for a name that
    the index lacks.
    """
    wanted: dict[int, list[str]] = {}
    for name in sorted(shapes, key=lambda name: entries[name].offset):
        if entries[name].shape != shapes[name]:  # before anything is read that the index calls large
            raise ValueError(f"{name} should be {shapes[name]}, and is {entries[name].shape}")
        wanted.setdefault(entries[name].shard, []).append(name)
    values = {}
    for shard, members in wanted.items():
        with open_shard(shard) as file:
            for name in members:
                values[name] = _read(file, name, entries[name])
    return values


def _read(file: BinaryIO, name: str, entry: Entry) -> NDArray:
    if entry.dtype not in TYPES:
        raise ValueError(f"{name} is of the type {NAMED_TYPES.get(entry.dtype, entry.dtype)}")
    kind = np.dtype(TYPES[entry.dtype])
    if math.prod(entry.shape) * kind.itemsize != entry.size:
        raise ValueError(f"{name} should be {entry.shape}, and takes {entry.size} bytes")
    file.seek(entry.offset)
    data = file.read(entry.size)
    if len(data) < entry.size:
        raise ValueError(f"it ends before the values of {name} do: it was not copied as a whole")
    if masked_crc32c(data) != entry.crc32c:
        raise ValueError(f"the checksum of {name} differs")
    return np.frombuffer(data, kind).reshape(entry.shape)


def _entry(message: bytes) -> Entry:
    numbers = {1: 0, 3: 0, 4: 0, 5: 0, 6: 0}  # those that are zero are left out of a message
    shape: list[int] = []
    for number, value in _fields(message):
        if number == 2 and isinstance(value, bytes):
            sides = (side for field, side in _fields(value) if field == 2 and isinstance(side, bytes))
            shape += [int(dict(_fields(side)).get(1, 0)) for side in sides]
        elif number in numbers and isinstance(value, int):
            numbers[number] = value
    return Entry(numbers[1], tuple(shape), numbers[3], numbers[4], numbers[5], numbers[6])


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """The numbers and the contents of a message's fields."""
    place = 0
    try:
        while place < len(message):
            key, place = read_varint(message, place)
            number, kind = key >> 3, key & 7
            if kind == VARINT:
                value, place = read_varint(message, place)
                yield number, value
                continue
            if kind == TEXT:
                length, place = read_varint(message, place)
            elif kind in (FOUR_BYTES, EIGHT_BYTES):
                length = 4 if kind == FOUR_BYTES else 8
            else:
                raise ValueError(f"it holds a field of the unknown kind {kind}")
            content = message[place : place + length]
            if len(content) < length:
                raise ValueError("one of its fields is cut off")
            place += length
            yield number, content if kind == TEXT else int.from_bytes(content, "little")
    except IndexError:
        raise ValueError("one of its fields is cut off") from None
