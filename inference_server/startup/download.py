"""Fetching wheels with the pip that the extension brings. Each is known by its checksum beforehand."""

import os
import re
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from .telling import PartsError, Progress, Tell
from .wheels import check, damaged

OPTIONS = (
    "--no-deps", "--only-binary=:all:", "--require-hashes", "--no-cache-dir", "--no-input", "--progress-bar=raw",
    "--disable-pip-version-check", "--retries=3",
)  # fmt: skip
LOOK = 0.2


def fetch(wheels: list[dict[str, Any]], folder: Path, pip: Path, tell: Tell) -> None:
    """Brings the missing ones of `wheels` into `folder`; those that are there from an earlier try stay.

    Raises PartsError("download") or ClientGone.
    """
    folder.mkdir(exist_ok=True)
    progress = Progress(tell, "download", sum(wheel["size"] for wheel in wheels))
    done = 0
    for wheel in wheels:
        if not _whole(folder / wheel["file"], wheel["sha256"]):
            _fetch_one(wheel, folder, pip, progress)
        done += wheel["size"]
        progress.reach(done)


def requirement(wheel: dict[str, Any]) -> str:
    """The line that makes pip fetch this very file: name==version --hash=..."""
    name, version = wheel["file"].split("-")[:2]
    return f"{name}=={version} --hash=sha256:{wheel['sha256']}"


def _whole(path: Path, sha256: str) -> bool:
    try:
        check(path, sha256)
    except (FileNotFoundError, PartsError):
        return False
    return True


def _fetch_one(wheel: dict[str, Any], folder: Path, pip: Path, progress: Progress) -> None:
    wanted = folder / "wanted.txt"
    wanted.write_text(requirement(wheel), encoding="utf-8")
    command = [
        sys.executable,
        "-I",
        str(pip / "pip"),
        "download",
        *OPTIONS,
        "-r",
        str(wanted),
        "-d",
        str(folder),
    ]
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        # whoever makes pip refuse to work outside of virtual environments does not mean this
        env={**os.environ, "PIP_REQUIRE_VIRTUALENV": "0", "PIP_USER": "0"},
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )
    lines: list[str] = []
    reader = threading.Thread(target=_read, args=(process, lines), daemon=True)
    reader.start()
    before = progress.done
    try:
        while reader.is_alive():
            reader.join(LOOK)
            counts = [re.match(r"Progress (\d+) of ", line) for line in lines[-2:]]
            progress.reach(before + max((int(found[1]) for found in counts if found), default=0))
    finally:
        process.kill()
        code = process.wait()
    sys.stderr.writelines(f"{line}\n" for line in lines if not line.startswith("Progress "))
    if code:
        raise _failure(wheel, lines)
    if not _whole(folder / wheel["file"], wheel["sha256"]):
        raise damaged(folder / wheel["file"], "pip fetched something else")


def _read(process: subprocess.Popen[bytes], lines: list[str]) -> None:
    assert process.stdout is not None
    with process.stdout:
        lines.extend(line.decode("utf-8", "replace").rstrip() for line in process.stdout)
    process.wait()


def _failure(wheel: dict[str, Any], lines: list[str]) -> PartsError:
    said = [line for line in lines if line.startswith("ERROR:")] or lines[-1:] or ["pip did not say why"]
    why = said[0].removeprefix("ERROR: ")[:300].rstrip(".")
    if any("after connection broken by" in line for line in lines):
        why = "there is no connection to the package index"
    return PartsError(
        "download",
        f"{wheel['file']} could not be downloaded: {why}.",
        "Check the network connection and try again; what has been downloaded is kept. The extension's large zip "
        "needs no download.",
    )
