"""Wheels: whether they are whole, which of their files are needed, and how to unpack them."""

import hashlib
import os
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from .telling import PartsError

TESTS = {"tests", "test"}
"""Folders of tests: a quarter of the files, and the longest paths. NumPy imports tests/_natype.py itself."""
TOOLS = ("onnxruntime/transformers/", "onnxruntime/tools/", "onnxruntime/quantization/")
"""For making networks smaller, not for running them."""
BLOCK = 1 << 20


def check(path: Path, sha256: str) -> None:
    """Raises PartsError("damaged") where the file is another."""
    with open(path, "rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
            raise damaged(path, "its checksum differs")


def damaged(path: Path, how: str) -> PartsError:
    return PartsError("damaged", f"{path} is damaged: {how}.", "Install the extension again.")


def members(archive: zipfile.ZipFile, path: Path) -> list[tuple[zipfile.ZipInfo, str]]:
    """The files to unpack from the wheel `path`, and where each belongs below the folder of packages.

    Raises PartsError("damaged") for a name that leads out of that folder.
    """
    found = []
    for info in archive.infolist():
        parts = PurePosixPath(info.filename).parts
        if "\\" in info.filename or ":" in info.filename or info.filename.startswith("/") or ".." in parts:
            raise damaged(path, f"it holds the name {info.filename}")
        if parts and parts[0].endswith(".data"):  # what belongs to an installation's folders by purpose
            parts = parts[2:] if parts[1:2] in (("purelib",), ("platlib",), ("data",)) else ()
        inside = "/".join(parts)
        if not parts or info.is_dir() or inside.startswith((*TOOLS, "Scripts/")):
            continue
        if not TESTS & set(parts[:-1]) or parts[-1].startswith("_"):
            found.append((info, inside))
    return found


def unpack(path: Path, folder: Path, count: Callable[[int], None]) -> None:
    """Unpacks the wheel `path` into `folder`; `count` is told of the bytes as they are written."""
    try:
        with zipfile.ZipFile(path) as archive:
            for info, inside in members(archive, path):
                place = long_path(folder / inside)
                os.makedirs(os.path.dirname(place), exist_ok=True)
                with archive.open(info) as source, open(place, "wb") as file:
                    while block := source.read(BLOCK):
                        file.write(block)
                        count(len(block))
    except zipfile.BadZipFile as error:
        raise damaged(path, str(error)) from error


def remove(folder: Path) -> None:
    """Removes a folder with all that is in it, as far as that is possible."""
    shutil.rmtree(long_path(folder), ignore_errors=True)


def long_path(path: Path) -> str:
    """A name by which Windows finds a file whose path has more than 259 characters."""
    return f"\\\\?\\{os.path.abspath(path)}" if os.name == "nt" else str(path)
