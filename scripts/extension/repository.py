"""Blender's own `extension` command: checks zips and makes the index of a repository of them."""

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from .wheels import BuildError


def extension_command(blender: Path | None) -> list[str] | None:
    """How to run it: by that Blender, else by the files of Blender's Python module, which needs no window.

    None where neither is there.
    """
    if blender is not None:
        return [str(blender), "--background", "--factory-startup", "--command", "extension"]
    module = importlib.util.find_spec("bpy")
    folders = (module and module.submodule_search_locations) or []
    found = [
        path
        for folder in folders
        for path in Path(folder).glob("*/scripts/addons_core/bl_pkg/cli/blender_ext.py")
    ]
    return [sys.executable, "-B", str(found[0])] if found else None


def validate(command: list[str], archive: Path) -> None:
    """Raises BuildError with what Blender finds wrong with the zip."""
    _run([*command, "validate", str(archive)])


def make_index(command: list[str], folder: Path) -> Path:
    """Writes index.json for the zips in `folder`, so that Blender finds the one for its platform and Python."""
    _run([*command, "server-generate", f"--repo-dir={folder}"])
    path = folder / "index.json"
    index = json.loads(path.read_text(encoding="utf-8"))
    for entry in index["data"]:
        # Blender would know this only of wheels that it installs itself
        entry["python_versions"] = _pythons(folder / Path(entry["archive_url"]).name)
    index["data"].sort(key=lambda entry: entry["archive_url"])
    path.write_text(json.dumps(index, indent=2) + "\n", encoding="utf-8")
    return path


def _pythons(archive: Path) -> list[str]:
    with zipfile.ZipFile(archive) as opened:
        targets = json.loads(opened.read("parts/parts.json"))["targets"]
    return list(dict.fromkeys(f"3.{name.rpartition('-cp3')[2]}" for name in targets))


def _run(command: list[str]) -> None:
    with tempfile.TemporaryDirectory() as settings:  # a Blender's own settings play no part
        environment = {**os.environ, "BLENDER_USER_RESOURCES": settings}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BuildError(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
