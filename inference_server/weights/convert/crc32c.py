"""Castagnoli's cyclic redundancy check (CRC-32C), as LevelDB's tables and TensorFlow's checkpoints have it."""

import numpy as np
from numpy.typing import NDArray

POLYNOMIAL = 0x82F63B78
"""Its bits reversed: the lowest stands for the highest power."""
LANES = 4096
"""Pieces of a long text that are looked through together."""
ALL = 0xFFFFFFFF
MASK = 0xA282EAD8


def crc32c(data: bytes) -> int:
    """The check of a text.

    Long texts are cut into equal pieces, each is looked through with a register that starts at zero, and their
    registers are put together: a register is linear in its text, and in what it started from.
    """
    register, start = ALL, 0
    length = len(data) // (2 * LANES) * 2
    if length:
        words = np.frombuffer(data, "<u2", LANES * length // 2).reshape(LANES, -1)
        registers = _through(np.zeros(LANES, np.uint32), np.ascontiguousarray(words.T))
        shift = _shift(length)
        for piece in registers.tolist():
            register = _applied(shift, register) ^ piece
        start = LANES * length
    for byte in data[start:]:
        register = int(BYTES[(register ^ byte) & 0xFF]) ^ (register >> 8)
    return register ^ ALL


def masked_crc32c(data: bytes) -> int:
    """As it is stored beside the text: turned and moved, for a check of a text with checks in it is no good one."""
    crc = crc32c(data)
    return ((crc >> 15 | crc << 17) + MASK) & ALL


def _through(registers: NDArray, words: NDArray) -> NDArray:
    """(L,) uint32 registers after the words (W, L) uint16, two bytes at a time."""
    for word in words:
        registers = WORDS[(registers ^ word) & 0xFFFF] ^ (registers >> 16)
    return registers


def _shift(length: int) -> list[int]:
    """What becomes of each of a register's bits in so many zero bytes."""
    result, step = [1 << bit for bit in range(32)], _one_byte()
    while length:
        if length & 1:
            result = [_applied(step, value) for value in result]
        step = [_applied(step, value) for value in step]
        length >>= 1
    return result


def _one_byte() -> list[int]:
    return [int(BYTES[(1 << bit) & 0xFF]) ^ ((1 << bit) >> 8) for bit in range(32)]


def _applied(shift: list[int], register: int) -> int:
    result = 0
    for bit, value in enumerate(shift):
        if register >> bit & 1:
            result ^= value
    return result


def _table(bits: int) -> NDArray:
    registers = np.arange(1 << bits, dtype=np.uint32)
    for _ in range(bits):
        registers = (registers >> 1) ^ np.where(registers & 1, np.uint32(POLYNOMIAL), np.uint32(0))
    return registers


BYTES, WORDS = _table(8), _table(16)
"""What becomes of a register that holds but one byte, and but two, when they have been pushed out of it."""
