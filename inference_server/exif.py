"""What a picture's EXIF data says about how it was taken: its orientation and its focal length."""

import warnings
from io import BytesIO
from typing import Final

import numpy as np
from PIL import Image

_ORIENTATION: Final = 0x0112
_EXIF_BLOCK: Final = 0x8769
_FOCAL_LENGTH: Final = 0x920A
_FOCAL_LENGTH_35MM: Final = 0xA405
_PIXEL_WIDTH: Final = 0xA002
_PIXEL_HEIGHT: Final = 0xA003
_PLANE_X_RESOLUTION: Final = 0xA20E
_PLANE_UNIT: Final = 0xA210
_MILLIMETRES: Final = {2: 25.4, 3: 10.0, 4: 1.0, 5: 0.001}
_FILM_DIAGONAL: Final = float(np.hypot(36.0, 24.0))


def read_tags(data: bytes) -> dict[int, object]:
    """The EXIF tags of an encoded picture by number; empty where there are none or they are broken."""
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(BytesIO(data)) as picture:
            exif = picture.getexif()
            return {**exif, **exif.get_ifd(_EXIF_BLOCK)}
    # Pillow raises whatever its parsers trip over; a picture without readable EXIF is still a picture.
    except Exception:
        return {}


def orientation(tags: dict[int, object]) -> int:
    """EXIF's orientation, 1 to 8; 1 (upright) where it is missing or out of range."""
    value = tags.get(_ORIENTATION, 1)
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def upright(image: np.ndarray, value: int) -> np.ndarray:
    """Turns a decoded picture (H,W,...) the way that its EXIF orientation `value` (1 to 8) asks for."""
    if value in (5, 6, 7, 8):
        image = image.swapaxes(0, 1)
    if value in (3, 4, 7, 8):
        image = image[::-1]
    if value in (2, 3, 6, 7):
        image = image[:, ::-1]
    return np.ascontiguousarray(image)


def focal_length(tags: dict[int, object], width: int, height: int) -> float | None:
    """The focal length in pixels of a picture `width` x `height` (as decoded, before any turn), or None.

    `FocalLengthIn35mmFilm` is the length that gives the same diagonal angle of view on 36 x 24 mm film
    (CIPA DCG-001); else `FocalLength` over the pitch of the sensor's pixels (`FocalPlaneXResolution`).
    A picture whose shape is not the recorded one was cropped: its tags no longer describe it.
    """
    recorded_width, recorded_height = _number(tags, _PIXEL_WIDTH), _number(tags, _PIXEL_HEIGHT)
    if recorded_width > 0 and recorded_height > 0:
        recorded = sorted((recorded_width, recorded_height))
        actual = sorted((width, height))
        if abs(recorded[0] * actual[1] / (recorded[1] * actual[0]) - 1) > 0.02:
            return None
    diagonal = float(np.hypot(width, height))
    film = _number(tags, _FOCAL_LENGTH_35MM)
    if film > 0:
        return _plausible(film / _FILM_DIAGONAL * diagonal, diagonal)
    length, resolution = _number(tags, _FOCAL_LENGTH), _number(tags, _PLANE_X_RESOLUTION)
    unit = _MILLIMETRES.get(int(_number(tags, _PLANE_UNIT) or 2))
    if length > 0 and resolution > 0 and unit is not None and recorded_width > 0:
        scale = max(width, height) / max(recorded_width, recorded_height)
        return _plausible(length * resolution / unit * scale, diagonal)
    return None


def _number(tags: dict[int, object], tag: int) -> float:
    """A tag as a finite number, 0 where it is missing or senseless (a rational may be 0/0)."""
    try:
        value = float(tags.get(tag, 0))  # type: ignore[arg-type]
    except (TypeError, ValueError, ZeroDivisionError):
        return 0.0
    return value if np.isfinite(value) else 0.0


def _plausible(pixels: float, diagonal: float) -> float | None:
    """Between a 140 degree fisheye and a 2000 mm telephoto lens; other values are mistakes in the file."""
    return float(pixels) if 0.18 * diagonal < pixels < 50 * diagonal else None
