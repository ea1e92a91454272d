"""Decoding one picture: whatever its file holds, it becomes RGB uint8, upright, of a size that is sane."""

from pathlib import Path
from typing import Final

import cv2
import numpy as np
from PIL import Image

from . import exif
from .errors import RecoveryError

LONGEST_SIDE: Final = 4096
"""Pixels; larger pictures are handed out reduced to this. No network sees more than a few hundred of them."""


def reduction(width: int, height: int) -> float:
    """The scale, at most 1, that brings a picture within LONGEST_SIDE."""
    return min(1.0, LONGEST_SIDE / max(width, height))


def read(path: Path) -> bytes:
    """A file's bytes. Raises RecoveryError (unreadable_file)."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise RecoveryError(
            "unreadable_file", f"{path} cannot be read: {error.strerror}.", "Check that you may read it."
        ) from error


def decode(data: bytes, path: Path) -> np.ndarray:
    """An encoded picture as (H,W,3) RGB uint8, upright, reduced to LONGEST_SIDE.

    `path` is for the message of the RecoveryError (unreadable_file) that is raised where it cannot be decoded.
    """
    try:
        # From memory, because imread cannot open every path on Windows.
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED) if data else None
    except cv2.error:
        image = None
    if image is None:
        raise RecoveryError(
            "unreadable_file",
            f"{path} is not a picture that can be read; it may be damaged or incomplete.",
            "Open it in an image viewer to check, or save it again as .png or .jpg.",
        )
    scale = reduction(image.shape[1], image.shape[0])
    if scale < 1:
        size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return exif.upright(_to_rgb(image), exif.orientation(exif.read_tags(data)))


def _to_rgb(image: np.ndarray) -> np.ndarray:
    """OpenCV's grey, BGR or BGRA picture of any depth as RGB uint8; what is transparent becomes white."""
    if image.dtype == np.uint16:
        image = (image // 257).astype(np.uint8)
    elif image.dtype != np.uint8:
        image = (np.nan_to_num(np.clip(image, 0, 1)) * 255).round().astype(np.uint8)
    if image.ndim == 2 or image.shape[2] == 1:
        return cv2.cvtColor(image, cv2.COLOR_GRAY2RGB)
    if image.shape[2] == 4:
        alpha = image[:, :, 3:].astype(np.float32) / 255
        image = (image[:, :, :3] * alpha + 255 * (1 - alpha)).round().astype(np.uint8)
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


def stored_size(path: Path) -> tuple[int, int]:
    """(width, height) in pixels of a picture when upright, from its header alone where Pillow knows it."""
    try:
        with Image.open(path) as picture:
            width, height = picture.size
            turned = exif.orientation(dict(picture.getexif())) >= 5
    except Exception:  # Pillow raises whatever its parsers trip over; OpenCV may still read the file
        image = decode(read(path), path)
        return image.shape[1], image.shape[0]
    return (height, width) if turned else (width, height)


def focal_length(data: bytes, width: int, height: int) -> float | None:
    """The focal length in pixels, from EXIF, of an encoded picture once it has been reduced to this size."""
    return exif.focal_length(exif.read_tags(data), width, height)
