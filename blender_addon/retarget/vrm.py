"""The bones that a VRM character names itself: in its file, or where the VRM add-on has imported it."""

import json
import struct
from collections.abc import Iterator
from collections.abc import Mapping as Named
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from ...inference_server.errors import RecoveryError
from . import humanoid
from .humanoid import Mapping
from .recognition import find_root, recognise
from .skeleton import Skeleton

OLD_THUMBS: Final = {"Proximal": "Metacarpal", "Intermediate": "Proximal", "Distal": "Distal"}
"""VRM 0's names of a thumb's bones -> VRM 1's."""
JSON_CHUNK: Final = 0x4E4F534A
LARGEST_JSON: Final = 1 << 28


def mapping_in_file(path: Path, skeleton: Skeleton) -> Mapping | None:
    """The bones that a .vrm file names (VRM 0's "VRM", VRM 1's "VRMC_vrm"); None where it names none that are there."""
    told = _read_json(path)
    try:
        names = {bone: name for bone, name in _named(told) if isinstance(name, str)}
    except (KeyError, IndexError, TypeError, AttributeError):
        return None
    return _mapping(names, skeleton)


def mapping_of_armature(rig: Any, skeleton: Skeleton) -> Mapping | None:
    """What the VRM add-on keeps on an armature that it imported; None where there is none."""
    extension = getattr(rig.data, "vrm_addon_extension", None)
    if extension is None:
        return None
    names: dict[str, str] = {}
    try:
        for bone in extension.vrm0.humanoid.human_bones:
            names[_today(bone.bone)] = bone.node.bone_name
        if str(extension.spec_version).startswith("1"):
            human_bones = extension.vrm1.humanoid.human_bones
            for bone in humanoid.BONES:
                names[bone] = getattr(human_bones, _snake(bone)).node.bone_name
    except AttributeError:  # a version of the add-on that keeps it otherwise
        return None
    return _mapping(names, skeleton)


def _read_json(path: Path) -> Any:
    """The first chunk of a binary glTF (glTF 2.0, section 4.4); None where it is none."""
    try:
        with open(path, "rb") as file:
            head = file.read(20)
            if len(head) < 20 or head[:4] != b"glTF":
                return None
            length, kind = struct.unpack_from("<II", head, 12)
            if kind != JSON_CHUNK or length > LARGEST_JSON:
                return None
            return json.loads(file.read(length).decode("utf-8", "replace"))
    except (OSError, ValueError, RecursionError):
        return None


def _named(told: Any) -> Iterator[tuple[str, str]]:
    """The hub's bones and the names of the file's nodes."""
    extensions = (told or {}).get("extensions", {})
    if "VRMC_vrm" in extensions:
        human_bones = extensions["VRMC_vrm"]["humanoid"]["humanBones"]
        found = [(bone, entry["node"]) for bone, entry in human_bones.items()]
    else:
        human_bones = extensions.get("VRM", {}).get("humanoid", {}).get("humanBones", [])
        found = [(_today(entry["bone"]), entry["node"]) for entry in human_bones]
    for bone, node in found:
        yield bone, told["nodes"][node]["name"]


def _today(bone: str) -> str:
    """VRM 1's name of a bone of VRM 0."""
    side, thumb, part = bone.partition("Thumb")
    return f"{side}Thumb{OLD_THUMBS.get(part, part)}" if thumb else bone


def _snake(bone: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in bone)


def _mapping(names: Named[str, str], skeleton: Skeleton) -> Mapping | None:
    """The named bones, and those of the others that can be recognised, such as fingers that were left out."""
    bones: dict[str, tuple[str, ...]] = {
        bone: (name,) for bone in humanoid.BONES if (name := names.get(bone, "")) in skeleton.index
    }
    if not bones.keys() >= humanoid.NEEDED:
        return None
    taken = set(names.values())
    with suppress(RecoveryError):
        for bone, others in recognise(skeleton).bones.items():
            if not taken & set(others):
                bones.setdefault(bone, others)
    return Mapping("VRM", bones, find_root(skeleton, bones))
