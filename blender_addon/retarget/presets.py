"""Which bones are which, as files that users keep and share."""

import json
from pathlib import Path

import bpy

from ...inference_server.errors import RecoveryError
from . import humanoid
from .humanoid import Mapping
from .skeleton import Skeleton

FOLDER = "presets/human_mesh_recovery/bones"
KIND = "human_mesh_recovery bones"
LARGEST = 1_000_000
"""Bytes of a preset, which has some thousands."""


def folder(create: bool = False) -> Path:
    """Where the user's presets lie, beside those of Blender itself; made where it is missing if that is asked for."""
    return Path(bpy.utils.user_resource("SCRIPTS", path=FOLDER, create=create))


def save_preset(mapping: Mapping, path: Path) -> None:
    """Raises RecoveryError("unwritable")."""
    told = {
        "kind": KIND,
        "bones": {bone: list(names) for bone, names in mapping.bones.items()},
        "root": mapping.root,
    }
    try:
        path.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise RecoveryError(
            "unwritable",
            f"{path} can't be written: {error.strerror or error}.",
            "Choose a folder that can be written to.",
        ) from error


def load_preset(path: Path) -> Mapping:
    """Raises RecoveryError("bad_preset") where the file is not what `save_preset` writes."""
    try:
        if path.stat().st_size > LARGEST:
            raise ValueError("it is too large for one")
        told = json.loads(path.read_text(encoding="utf-8"))
        if told["kind"] != KIND:
            raise ValueError("it is no such preset")
        bones = {bone: tuple(names) for bone in humanoid.BONES if (names := told["bones"].get(bone))}
        root = told.get("root")
        if not all(isinstance(names, list) for names in told["bones"].values()):
            raise ValueError("a bone is no list of names")
        names = [*(name for names in bones.values() for name in names), *([] if root is None else [root])]
        if not all(isinstance(name, str) for name in names):
            raise ValueError("a name is no text")
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise RecoveryError(
            "bad_preset",
            f"{path} can't be read as a preset of bones ({error}).",
            "Choose a .json file that Save Preset wrote.",
        ) from error
    return Mapping(path.stem, bones, root)


def fits(mapping: Mapping, skeleton: Skeleton) -> bool:
    """Whether a rig has all bones of a preset, and those are enough to tell a pose."""
    names = [name for names in mapping.bones.values() for name in names]
    whole = all(mapping.bones.get(bone) for bone in humanoid.POSED)
    return whole and all(name in skeleton.index for name in names)


def preset_for(skeleton: Skeleton) -> Mapping | None:
    """The user's own preset that fits a rig best; None where none fits."""
    fitting = []
    for path in sorted(folder().glob("*.json")):
        try:
            mapping = load_preset(path)
        except RecoveryError:
            continue
        if fits(mapping, skeleton):
            fitting.append(mapping)
    return max(fitting, key=lambda mapping: len(mapping.bones), default=None)
