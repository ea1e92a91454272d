"""Which files are pictures, by their names, and in which order a folder of them is a film. Standard library only."""

import re
from pathlib import Path
from typing import Final

PICTURE_SUFFIXES: Final = (
    ".jpg", ".jpeg", ".jpe", ".png", ".bmp", ".dib", ".webp", ".tif", ".tiff", ".jp2", ".ppm", ".pgm", ".pnm",
)  # fmt: skip
"""In small letters."""


def pictures_in(folder: Path) -> list[Path]:
    """The pictures that lie in a folder, hidden ones left out, in the order of their numbers. Raises OSError."""
    here = (file for file in folder.iterdir() if file.suffix.lower() in PICTURE_SUFFIXES and file.is_file())
    return sorted((file for file in here if not file.name.startswith(".")), key=natural_order)


def natural_order(path: Path) -> list[tuple[int, str]]:
    """Orders frame2 before frame10."""
    parts = re.findall(r"(\d+)|(\D+)", path.name.casefold())
    return [(int(digits), "") if digits else (-1, text) for digits, text in parts]
