"""The picture, video or folder of frames that a motion was recovered from, as a Blender image."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import bpy
import numpy as np

from . import marks
from .orientation import picture_orientation, upright

NEAR = 2
"""A source is named relative to the .blend where at most this many folders lead up to their common one."""


@dataclass(frozen=True)
class Footage:
    """A source that could be opened. `first` is the number of its first frame, as Blender counts."""

    image: bpy.types.Image
    frame_count: int
    first: int


def open_footage(path: str | Path, frames: Sequence[str] = ()) -> Footage | None:
    """The source at `path`, or None where there is none or Blender can't read it.

    frames: the files of an image sequence in their order, where the source is not all that lies in a folder.
    The image is always one of our own: one that the user has opened already stays as it is.
    """
    if frames:
        return _open_frames([Path(frame) for frame in frames])
    path = Path(path)
    if path.is_dir():
        return _open_folder(path)
    if not path.is_file():
        return None
    image = _load(path)
    if image is None:
        return None
    if image.source == "MOVIE":
        return Footage(image, image.frame_duration, 1)
    turn = picture_orientation(path)
    return Footage(image if turn == 1 else _turned(image, turn), 1, 1)


def _open_folder(folder: Path) -> Footage | None:
    suffixes = bpy.path.extensions_image
    files = sorted(
        (
            file
            for file in folder.iterdir()
            if file.suffix.lower() in suffixes and not file.name.startswith(".")
        ),
        key=_number,
    )
    return _open_frames(files)


def _open_frames(files: list[Path]) -> Footage | None:
    """Pictures that are numbered without a gap, as an image sequence; others Blender can't show.

    Blender names the frames itself, after the first; and it does not turn them, whatever their EXIF says.
    """
    if len(files) == 1:
        return open_footage(files[0])
    if not files or _numbered_on(files[0], len(files)) != [file.name for file in files]:
        return None
    if picture_orientation(files[0]) != 1:
        return None
    image = _load(files[0])
    if image is None:
        return None
    image.source = "SEQUENCE"
    return Footage(image, len(files), _number(files[0]))


def _numbered_on(first: Path, count: int) -> list[str]:
    """The names that Blender gives to `count` frames of which this is the first; none where it has no number."""
    parts = re.fullmatch(r"(.*?)(\d+)(\D*)", first.stem)
    if parts is None:
        return []
    before, digits, after = parts.groups()
    numbers = range(int(digits), int(digits) + count)
    return [f"{before}{number:0{len(digits)}}{after}{first.suffix}" for number in numbers]


def _load(path: Path) -> bpy.types.Image | None:
    """The file as an image, or None where Blender can't read it."""
    try:
        image = bpy.data.images.load(str(path.resolve()), check_existing=False)
    except RuntimeError:
        return None
    if image.size[0] == 0:
        bpy.data.images.remove(image)
        return None
    marks.mark(image, "Footage")
    return image


def _number(file: Path) -> int:
    """The last number in a file's name, which Blender counts up; 0 where there is none."""
    digits = re.findall(r"\d+", file.stem)
    return int(digits[-1]) if digits else 0


def _turned(image: bpy.types.Image, turn: int) -> bpy.types.Image:
    """An upright copy, packed into the .blend: Blender shows pictures as they are stored."""
    width, height = image.size
    pixels = np.empty(width * height * 4, dtype=np.float32)
    image.pixels.foreach_get(pixels)
    # Blender's rows run from the bottom up
    turned = upright(pixels.reshape(height, width, 4)[::-1], turn)[::-1]
    copy = bpy.data.images.new(image.name, turned.shape[1], turned.shape[0])
    copy.pixels.foreach_set(np.ascontiguousarray(turned).ravel())
    copy.file_format = "JPEG"
    copy.pack()
    marks.mark(copy, "Footage")
    bpy.data.images.remove(image)
    return copy


def name_relative_to(folder: Path) -> None:
    """Names every footage that lies near `folder` relative to it, for a .blend that is saved there."""
    for image in bpy.data.images:
        if image.packed_file or not image.filepath or image.filepath.startswith("//"):
            continue
        try:
            relative = os.path.relpath(image.filepath, folder.resolve())
        except ValueError:  # another drive
            continue
        if Path(relative).parts.count("..") <= NEAR:
            image.filepath_raw = "//" + relative.replace(os.sep, "/")
