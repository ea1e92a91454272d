"""Reads sorted tables of names and values as LevelDB writes them, in which TensorFlow keeps its checkpoints' indexes.

A table is a row of blocks, each followed by how it is compressed and by its check; the last block but the footer
names the others. A block's names leave out what they share with the name before.
"""

from collections.abc import Iterator

from .crc32c import masked_crc32c

FOOTER = 48
MAGIC = bytes.fromhex("57fb808b247547db")
"""How every table ends."""
TRAILER = 5


def read_table(data: bytes) -> dict[bytes, bytes]:
    """The values by their names, in their order. Raises ValueError where the table is damaged or compressed."""
    if len(data) < FOOTER or not data.endswith(MAGIC):
        raise ValueError("it does not end as a table does")
    try:
        footer = len(data) - FOOTER
        _, place = _handle(data, footer)
        index, _ = _handle(data, place)
        content = {}
        for _, handle in _entries(_block(data[:footer], index)):
            block, _ = _handle(handle, 0)
            content.update(_entries(_block(data[:footer], block)))
        return content
    except IndexError:
        raise ValueError("one of its blocks is cut off") from None


def read_varint(data: bytes, place: int) -> tuple[int, int]:
    """A whole number of seven bits a byte, lowest first, and the place behind it. Raises IndexError at the end."""
    value = shift = 0
    while True:
        byte = data[place]
        value |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            return value, place
        if shift > 63:
            raise ValueError("it holds a number that has no end")


def _handle(data: bytes, place: int) -> tuple[tuple[int, int], int]:
    """Where a block begins and how long it is, and the place behind that."""
    start, place = read_varint(data, place)
    size, place = read_varint(data, place)
    return (start, size), place


def _block(data: bytes, handle: tuple[int, int]) -> bytes:
    """The entries of a block, checked, without the places at which reading could begin."""
    start, size = handle
    block, trailer = data[start : start + size], data[start + size : start + size + TRAILER]
    if len(block) < size or len(trailer) < TRAILER:
        raise ValueError("one of its blocks lies beyond its end")
    if masked_crc32c(block + trailer[:1]) != int.from_bytes(trailer[1:], "little"):
        raise ValueError("the checksum of one of its blocks differs")
    if trailer[0]:
        raise ValueError("its blocks are compressed, which TensorFlow does not do")
    restarts = int.from_bytes(block[-4:], "little")
    return block[: max(0, size - 4 * (restarts + 1))]


def _entries(block: bytes) -> Iterator[tuple[bytes, bytes]]:
    name, place = b"", 0
    while place < len(block):
        shared, place = read_varint(block, place)
        added, place = read_varint(block, place)
        length, place = read_varint(block, place)
        if shared > len(name) or place + added + length > len(block):
            raise ValueError("one of its names is cut off")
        name = name[:shared] + block[place : place + added]
        place += added
        yield name, block[place : place + length]
        place += length
