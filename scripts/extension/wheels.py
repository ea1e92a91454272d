"""The wheels of every target: fetched by pip, known by the checksums in wheels.json, kept in build/wheels."""

import hashlib
import json
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from human_mesh_recovery.inference_server.startup import wheels as unpacking
from human_mesh_recovery.inference_server.startup.download import requirement

from .targets import PLATFORMS, ROOT, Target

Wheel = dict[str, Any]
LOCK = Path(__file__).with_name("wheels.json")
CACHE = ROOT / "build" / "wheels"
PIP = "pip==26.3"


class BuildError(Exception):
    """The extension can't be built; the message says why and what to do."""


def locked() -> dict[str, Any]:
    """wheels.json: {"pip": WHEEL, "targets": {NAME: {"macos", "wheels"}}}, in the form of parts.json."""
    return json.loads(LOCK.read_text(encoding="utf-8"))


def of_target(target: Target, converting: bool) -> dict[str, Any]:
    """The entry of parts.json for a target, without what only converting needs if `converting` is false."""
    entry = locked()["targets"][target.name]
    names = {normal_name(pin.partition("==")[0]) for pin in target.requirements(converting)}
    chosen = [wheel for wheel in entry["wheels"] if normal_name(wheel["file"].partition("-")[0]) in names]
    return {**entry, "wheels": chosen}


def fetched(wheels: Sequence[Wheel], target: Target) -> list[Path]:
    """The wheels' files, from build/wheels or by pip. Raises BuildError where pip can't get one."""
    missing = [wheel for wheel in wheels if not _whole(wheel)]
    if missing:
        CACHE.mkdir(parents=True, exist_ok=True)
        _pip([requirement(wheel) for wheel in missing], target, CACHE, "--require-hashes")
    return [CACHE / wheel["file"] for wheel in wheels]


def lock(targets: Sequence[Target]) -> None:
    """Fetches anew what pyproject.toml and targets.py name, and writes its checksums to wheels.json."""
    with tempfile.TemporaryDirectory() as scratch:
        entries = {}
        for target in targets:
            folder = Path(scratch) / target.name
            _pip(target.requirements(converting=True), target, folder)
            paths = sorted(folder.glob("*.whl"), key=lambda path: path.name.lower())
            entries[target.name] = {
                "macos": _oldest_macos(paths),
                "wheels": [describe(path) for path in paths],
            }
        folder = Path(scratch) / "pip"
        _pip([PIP], targets[0], folder)
        table = {"pip": describe(next(folder.glob("pip-*.whl"))), "targets": entries}
    LOCK.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")


def describe(path: Path) -> Wheel:
    """What parts.json says about a wheel."""
    with zipfile.ZipFile(path) as archive:
        members = unpacking.members(archive, path)
    return {
        "file": path.name,
        "size": path.stat().st_size,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "unpacked": sum(info.file_size for info, _ in members),
        "longest": max(len(inside) for _, inside in members),
    }


def normal_name(name: str) -> str:
    """A package's name as all its spellings have it in common."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _whole(wheel: Wheel) -> bool:
    path = CACHE / wheel["file"]
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == wheel["sha256"]


def _pip(requirements: Sequence[str], target: Target, folder: Path, *options: str) -> None:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--only-binary=:all:", "--implementation=cp", f"--python-version={target.python}", *options]
    command += [f"--platform={name}" for name in PLATFORMS[target.platform]]
    print(f"Fetching {len(requirements)} wheels for {target.name}", file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory() as scratch:
        listed = Path(scratch) / "wanted.txt"
        listed.write_text("\n".join(requirements), encoding="utf-8")
        command += ["--requirement", str(listed), "--dest", str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or [done.stderr[-500:]]
        raise BuildError(f"pip could not fetch the wheels for {target.name}: {' '.join(said)}")


def _oldest_macos(paths: Sequence[Path]) -> str | None:
    """The oldest macOS that all of the wheels run on, None where none is for macOS."""
    needed = []
    for path in paths:
        tags = re.findall(r"macosx_(\d+)_(\d+)_(?:arm64|universal2)", path.name)
        if tags:
            needed.append(min((int(major), int(minor)) for major, minor in tags))
    return "{}.{}".format(*max(needed)) if needed else None
