"""Images that are no file the inference server can read, written into the job's folder."""

import struct
import zlib
from pathlib import Path
from typing import Any, Final

import bpy
import numpy as np

from ...inference_server.errors import RecoveryError
from ...inference_server.whole_file import whole_file
from .. import compat

PACKED_FORMATS: Final = {
    b"\x89PNG": ".png",
    b"\xff\xd8\xff": ".jpg",
    b"II*\0": ".tif",
    b"MM\0*": ".tif",
    b"BM": ".bmp",
}
"""How the bytes of a picture start that the inference server reads as it is."""


def save_picture(image: Any, folder: Path, scene: bpy.types.Scene) -> Path:
    """Writes an image, which stays as it is, and names the file. Raises RecoveryError (no_picture, unwritable)."""
    path = folder / f"{bpy.path.clean_name(Path(image.name).stem) or 'picture'}.png"
    if image.type in ("RENDER_RESULT", "COMPOSITING"):
        _save_render(image, path, scene)
        return path
    packed = None if image.is_dirty or image.packed_file is None else image.packed_file.data
    suffix = next((s for start, s in PACKED_FORMATS.items() if packed and packed.startswith(start)), None)
    if packed and suffix:
        path = path.with_suffix(suffix)  # as it came, with what it tells of its camera and which side is up
        data = packed
    else:
        data = _png(_pixels(image))
    with whole_file(path, "The picture") as temporary:
        temporary.write_bytes(data)
    return path


def _save_render(image: Any, path: Path, scene: bpy.types.Scene) -> None:
    """What was rendered, with the scene's colours."""
    with compat.writing_png(scene), whole_file(path, "The picture") as temporary:
        try:
            image.save_render(str(temporary), scene=scene)
        except RuntimeError as error:
            raise RecoveryError(
                "no_picture", f"{image.name} holds no picture.", "Render the scene first (F12)."
            ) from error


def _pixels(image: Any) -> np.ndarray:
    """(H, W, C) uint8 of 1, 3 or 4 channels, the top row first, in the colours of a screen."""
    width, height = image.size
    values = np.empty(len(image.pixels), dtype=np.float32)  # this loads it, too
    if not (values.size and image.has_data):
        raise RecoveryError(
            "no_picture",
            f"{image.name} can't be opened.",
            "Look at it in the Image Editor; reload or replace it.",
        )
    width, height = image.size
    image.pixels.foreach_get(values)
    values = values.reshape(height, width, -1)[::-1]
    if values.shape[2] == 2:
        values = values[..., :1]
    if image.is_float and not image.colorspace_settings.is_data:
        values = np.concatenate([_to_screen(_straight(values)), values[..., 3:]], axis=2)
    return (np.nan_to_num(np.clip(values, 0, 1)) * 255).round().astype(np.uint8)


def _straight(values: np.ndarray) -> np.ndarray:
    """(H, W, C) colours of a picture with 32-bit channels, which are multiplied with the alpha, without it."""
    if values.shape[2] < 4:
        return values[..., :3]
    return values[..., :3] / np.maximum(values[..., 3:], 1e-6)


def _to_screen(linear: np.ndarray) -> np.ndarray:
    """Amounts of light to sRGB (IEC 61966-2-1); what is brighter than white is white."""
    linear = np.clip(np.nan_to_num(linear), 0, 1)
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


def _png(pixels: np.ndarray) -> bytes:
    """(H, W, C) uint8 as a PNG file (ISO 15948)."""
    height, width, channels = pixels.shape
    rows = np.zeros((height, 1 + width * channels), dtype=np.uint8)  # no filter
    rows[:, 1:] = pixels.reshape(height, -1)
    kind = {1: 0, 3: 2, 4: 6}[channels]
    header = struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(rows.tobytes(), 3)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in parts
    )
