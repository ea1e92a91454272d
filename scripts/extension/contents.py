"""What goes into a zip: the project's files, the manifest, the wheels or their list, and the networks."""

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path

from human_mesh_recovery.inference_server.people.networks import NAMES
from human_mesh_recovery.inference_server.weights import store
from human_mesh_recovery.inference_server.weights.catalogue import NETWORKS

from . import wheels
from .targets import ROOT, TARGETS, Target
from .wheels import BuildError

FOLDERS = ("blender_addon/", "inference_server/")
FILES = ("__init__.py", "LICENSE", "README.md")
LEFT_OUT = ("inference_server/networks/", "inference_server/training/")
"""They need torch, which no zip brings."""
LICENCE = Path(__file__).with_name("APACHE_LICENSE.txt")

Contents = dict[str, Path | str]
"""Names in the zip, and the file or the text that each holds."""


def large(target: Target) -> Contents:
    """All that is needed to recover without a network, for one platform and Python."""
    entry = wheels.of_target(target, converting=False)
    contents = _project([target.platform])
    contents["parts/parts.json"] = _table(None, {target.name: entry})
    for path in wheels.fetched(entry["wheels"], target):
        contents[f"parts/{path.name}"] = path
    for name in NAMES:
        contents[f"models/{name}.onnx"] = store.ensure(name)
    contents["models/NOTICE.txt"] = _notice()
    contents["models/APACHE_LICENSE.txt"] = LICENCE
    return contents


def small() -> Contents:
    """The add-on for all platforms, with a pip that fetches the rest on first use."""
    pip = wheels.locked()["pip"]
    contents = _project(sorted({target.platform for target in TARGETS}))
    entries = {target.name: wheels.of_target(target, converting=True) for target in TARGETS}
    contents["parts/parts.json"] = _table(pip, entries)
    contents[f"parts/{pip['file']}"] = wheels.fetched([pip], TARGETS[0])[0]
    return contents


def _project(platforms: Sequence[str]) -> Contents:
    """The add-on and the server, as git knows them, and the manifest for these platforms."""
    command = ["git", "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        message = f"git could not list the files of {ROOT}; build from a checkout of the repository: {error}"
        raise BuildError(message) from error
    names = [name for name in listed.splitlines() if name in FILES or name.startswith(FOLDERS)]
    contents: Contents = {
        name: ROOT / name for name in names if not name.startswith(LEFT_OUT) and (ROOT / name).is_file()
    }
    contents["blender_manifest.toml"] = manifest(platforms)
    return contents


def manifest(platforms: Sequence[str]) -> str:
    """The repository's manifest, narrowed to `platforms`.

    It names no newest Blender: which Python a Blender has depends on who built it, so that the Python's match is
    found when the server starts (startup/target.py).
    """
    text = (ROOT / "blender_manifest.toml").read_text(encoding="utf-8")
    head, mark, rest = text.partition("\n[permissions]")
    return f"{head}platforms = {json.dumps(platforms)}\n{mark}{rest}"


def _table(pip: wheels.Wheel | None, targets: dict) -> str:
    return json.dumps({"pip": pip, "targets": targets}, indent=1) + "\n"


def _notice() -> str:
    entries = [NETWORKS[name] for name in NAMES]
    lines = [f"{entry.name}.onnx ({entry.licence})\n  {entry.description}\n" for entry in entries]
    return "The networks in this folder and whose they are.\n\n" + "\n".join(lines)
