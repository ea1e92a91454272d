"""How a JPEG says it is to be turned (EXIF 2.32, tag Orientation). No bpy, no imaging library."""

import struct
from pathlib import Path

import numpy as np

ORIENTATION_TAG = 0x0112
START_OF_SCAN, APPLICATION_1 = 0xDA, 0xE1


def picture_orientation(path: Path) -> int:
    """EXIF's orientation of a JPEG file, 1 to 8; 1 (upright) where it states none or is of another kind."""
    try:
        with open(path, "rb") as file:
            if file.read(2) != b"\xff\xd8":
                return 1
            while True:
                mark, kind, length = struct.unpack(">BBH", file.read(4))
                if mark != 0xFF or kind == START_OF_SCAN:
                    return 1
                block = file.read(length - 2)
                if kind == APPLICATION_1 and block.startswith(b"Exif\0\0"):
                    return _orientation(block[6:])
    except (OSError, struct.error, ValueError):
        return 1


def _orientation(tiff: bytes) -> int:
    """From the TIFF structure that holds the tags."""
    order = "<" if tiff[:2] == b"II" else ">"
    (offset,) = struct.unpack_from(order + "I", tiff, 4)
    (count,) = struct.unpack_from(order + "H", tiff, offset)
    for entry in range(count):
        tag, _kind, _count, value = struct.unpack_from(order + "HHIH", tiff, offset + 2 + 12 * entry)
        if tag == ORIENTATION_TAG:
            return value if 1 <= value <= 8 else 1
    return 1


def upright(image: np.ndarray, orientation: int) -> np.ndarray:
    """Turns a picture (H, W, ...) whose first row is the top one the way its orientation asks for."""
    if orientation >= 5:
        image = image.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        image = image[::-1]
    if orientation in (2, 3, 6, 7):
        image = image[:, ::-1]
    return image
