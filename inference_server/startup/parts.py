"""The packages that the server needs, as wheels in a folder of parts, unpacked once into a private runtime.

parts.json in the folder of parts:

    {"pip": null or WHEEL, "targets": {"linux-x64-cp311": {"macos": null or "14.0", "wheels": [WHEEL, ...]}}}
    WHEEL = {"file", "size", "sha256", "unpacked" bytes, "longest" path inside}

Wheels that are not in the folder are fetched by the pip that it brings, if that is allowed. The runtime folder
then holds one folder for each Python and set of parts, complete or absent. One process at a time adds to it, and
clears away what a killed one left.
"""

import contextlib
import errno
import hashlib
import json
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from . import locks, wheels
from .download import fetch
from .target import matching, python_tag
from .telling import PartsError, Progress, Tell

ROOM = 1.3
"""Free space to ask for, as a factor: Python adds its compiled modules."""
WINDOWS_PATH = 259
TRIES = 20


def ready(runtime: Path, parts: Path, allow_download: bool, tell: Tell) -> Path:
    """The folder of packages for this Python, after unpacking them below `runtime` if need be.

    `tell` gets "progress" messages. Raises PartsError: "no_runtime", "parts_missing", "damaged", "download",
    "disk_full", "unwritable" or "long_path"; ClientGone where stdin's other end closes.
    """
    table = read_table(parts / "parts.json")
    wanted = matching(table["targets"])["wheels"]
    folder = folder_of(runtime, wanted)
    try:
        if not folder.is_dir():
            _check_length(folder, wanted)
            runtime.mkdir(parents=True, exist_ok=True)
            with locks.alone(runtime / "lock", tell):
                if not folder.is_dir():
                    _make(folder, parts, table["pip"], wanted, allow_download, tell)
        locks.hold(folder)
    except OSError as error:
        raise _disk_error(runtime, error) from error
    return folder


def load_libraries(folder: Path) -> None:
    """On Windows: has the C++ library that came along used in place of an older one of the system's."""
    if sys.platform == "win32":
        import ctypes

        os.add_dll_directory(str(folder))
        for name in ("msvcp140.dll", "msvcp140_1.dll"):
            if (folder / name).is_file():
                ctypes.WinDLL(str(folder / name))


def folder_of(runtime: Path, wanted: list[dict[str, Any]]) -> Path:
    """Where these wheels are unpacked to; it is there only when all of them are."""
    key = json.dumps([[wheel["file"], wheel["sha256"]] for wheel in wanted])
    return runtime / f"{python_tag()}-{hashlib.sha256(key.encode()).hexdigest()[:12]}"


def read_table(path: Path) -> dict[str, Any]:
    """What parts.json says. Raises PartsError("damaged")."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise wheels.damaged(path, "it is missing or can't be read") from error


def _make(
    folder: Path,
    parts: Path,
    pip: dict[str, Any] | None,
    wanted: list[dict[str, Any]],
    allow_download: bool,
    tell: Tell,
) -> None:
    """Unpacks the wheels to `folder`, whole or not at all; to be called by one process at a time."""
    for stale in folder.parent.glob("*.part"):
        wheels.remove(stale)
    fetched = folder.parent / "wheels"
    missing = [wheel for wheel in wanted if not (parts / wheel["file"]).is_file()]
    size = sum(wheel["unpacked"] for wheel in wanted)
    _check_space(folder.parent, int(size * ROOM) + sum(wheel["size"] for wheel in missing))
    if missing:
        _check_download(missing, parts, pip, allow_download)
        assert pip is not None
        wheels.check(parts / pip["file"], pip["sha256"])
        fetch(missing, fetched, parts / pip["file"], tell)
    part = Path(tempfile.mkdtemp(prefix=f"{folder.name}.", suffix=".part", dir=folder.parent))
    try:
        progress = Progress(tell, "unpack", size)
        for wheel in wanted:
            path = (fetched if wheel in missing else parts) / wheel["file"]
            wheels.check(path, wheel["sha256"])
            wheels.unpack(path, part, progress.add)
        progress.reach(size)
        _rename(part, folder)
    finally:
        wheels.remove(part)
    wheels.remove(fetched)
    for other in folder.parent.glob(f"{python_tag()}-*"):
        if other.is_dir() and other != folder:
            _retire(other)


def _rename(part: Path, folder: Path) -> None:
    """The last step. On Windows a virus scanner may still be reading what was just written."""
    for attempt in range(TRIES):
        try:
            return os.rename(part, folder)
        except PermissionError:
            if attempt == TRIES - 1 or os.name != "nt":
                raise
            time.sleep(0.5)


def _retire(folder: Path) -> None:
    """Removes the packages of an earlier version, unless a process still uses them."""
    with contextlib.suppress(OSError):
        if locks.release(folder):
            gone = folder.with_name(f"{folder.name}.old.part")
            os.rename(folder, gone)
            wheels.remove(gone)


def _check_download(
    missing: list[dict[str, Any]], parts: Path, pip: dict[str, Any] | None, allowed: bool
) -> None:
    if pip is None:
        raise wheels.damaged(parts / missing[0]["file"], "it is missing")
    if not allowed:
        raise PartsError(
            "parts_missing",
            f"This small zip comes without its packages; {_megabytes(sum(w['size'] for w in missing))} have to be "
            "downloaded once.",
            "Allow online access and press Download in the add-on's preferences, or install the large zip, which "
            "needs no network.",
        )


def _check_space(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise PartsError(
            "disk_full",
            f"Unpacking the packages to {folder} needs {_megabytes(needed)}, and {_megabytes(free)} are free.",
            "Make room on that disk and try again.",
        )


def _check_length(folder: Path, wanted: list[dict[str, Any]]) -> None:
    """PartsError where Windows would not find the files, unless long paths are switched on there."""
    longest = len(os.path.abspath(folder)) + 1 + max(wheel["longest"] for wheel in wanted)
    if sys.platform != "win32" or longest <= WINDOWS_PATH or _long_paths_enabled():
        return
    raise PartsError(
        "long_path",
        f"The folder {folder.parent} lies too deep: Windows allows {WINDOWS_PATH} characters for a file's path, "
        f"and {longest} are needed.",
        "Switch on long paths in Windows, or choose a shorter folder in the add-on's preferences.",
    )


def _long_paths_enabled() -> bool:
    if sys.platform != "win32":
        return True
    import winreg

    try:
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, r"SYSTEM\CurrentControlSet\Control\FileSystem") as key:
            return winreg.QueryValueEx(key, "LongPathsEnabled")[0] == 1
    except OSError:
        return False


def _disk_error(folder: Path, error: OSError) -> PartsError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        message = f"The disk became full while the packages were unpacked to {folder}."
        return PartsError("disk_full", message, "Make room on that disk and try again.")
    message = f"The packages could not be unpacked to {folder}: {error.strerror or error}."
    return PartsError("unwritable", message, "Make that folder writable, or remove what is in its place.")


def _megabytes(count: int) -> str:
    return f"{count / 1e6:.0f} MB"
