"""A motion file onto a character's file, without a window: what the command line asks for."""

from dataclasses import dataclass
from pathlib import Path

import bpy

from ...inference_server.errors import RecoveryError
from ...inference_server.motion import load_motion
from ..scene import export, timeline, view_layers
from ..sources.source import scene_rate
from . import bake, motions, onto, presets, rigify, vrm
from .bvh_source import read_bvh_motion
from .humanoid import Mapping
from .read import meshes_of, read_skeleton
from .recognition import recognise
from .retargeted import Settings

CHARACTERS = (".blend", ".glb", ".gltf", ".vrm", ".fbx")


@dataclass(frozen=True)
class Wish:
    """What is to be done."""

    motion: Path
    character: Path
    output: Path
    settings: Settings
    controls: onto.Controls
    fps: float | None = None
    armature: str = ""
    """The armature's name, where the character's file has several."""
    bones: Path | None = None
    """A preset of bones."""


def convert(wish: Wish) -> list[str]:
    """Opens the character in place of all that is open, retargets, and writes; what the user should know.

    Raises RecoveryError.
    """
    _open(wish.character)
    scene = bpy.context.scene
    rig = _armature(wish)
    objects = [rig, *_belongings(rig)]
    with view_layers.shown(scene, bpy.context.view_layer, objects):
        target = _retarget(wish, scene, rig)
        if wish.output.suffix.lower() != ".blend":
            export.export_character(objects, wish.output)
    if wish.output.suffix.lower() == ".blend":
        export.save_blend(wish.output)
    found = sum(map(len, target.shown.bones.values()))
    told = [
        f"{rig.name}: {found} bones, recognised as {target.shown.table}",
        *onto.notes(target, wish.settings),
    ]
    others = [other.name for other in _rigs() if other != rig]
    if others and not wish.armature:
        told.append(f"{wish.character.name} also has {', '.join(others)}: --armature chooses another")
    if wish.controls.arms_ik and not rigify.is_rigify(rig):
        told.append(f"{rig.name} is no Rigify rig: --ik changes nothing")
    return told


def _retarget(wish: Wish, scene: bpy.types.Scene, rig: bpy.types.Object) -> onto.Target:
    """The motion onto the rig, as an action."""
    target = onto.understand(rig, wish.controls, _mapping(wish, rig))
    rate = wish.fps or (
        scene_rate(scene) if wish.character.suffix.lower() == ".blend" else _rate(wish.motion)
    )
    scene.render.fps, scene.render.fps_base = timeline.frame_rate(rate)
    human = motions.of_file(wish.motion, scene_rate(scene), 1)
    channels = onto.solve(target, human, wish.settings)
    bake.bake(rig, channels, f"{wish.motion.stem} on {rig.name}")
    scene.frame_start, scene.frame_end = onto.frames_of(channels)
    scene.frame_set(scene.frame_start)
    return target


def _open(path: Path) -> None:
    """Raises RecoveryError("character_file"). Scripts in the file are not run."""
    suffix = path.suffix.lower()
    if suffix not in CHARACTERS:
        raise RecoveryError(
            "character_file",
            f"{path.name} is no character's file that is known.",
            f"Use one of {', '.join(CHARACTERS)}.",
        )
    if not path.is_file():
        raise RecoveryError("character_file", f"There is no file {path}.", "Check the path.")
    try:
        if suffix == ".blend":
            bpy.ops.wm.open_mainfile(filepath=str(path), load_ui=False, use_scripts=False)
            return
        bpy.ops.wm.read_factory_settings(use_empty=True)
        if suffix == ".fbx":
            bpy.ops.import_scene.fbx(filepath=str(path))
        else:
            bpy.ops.import_scene.gltf(filepath=str(path))
    except RuntimeError as error:
        said = str(error).strip().splitlines()
        raise RecoveryError(
            "character_file",
            f"{path} can't be read: {said[-1] if said else 'Blender gave no reason'}",
            "Open it in Blender, and save it from there.",
        ) from error


def _armature(wish: Wish) -> bpy.types.Object:
    """The named armature; else of those that carry a mesh, if any does, that which is most a human being's."""
    rigs = _rigs()
    if wish.armature:
        named = next((rig for rig in rigs if rig.name == wish.armature), None)
        if named is None:
            raise RecoveryError(
                "no_armature",
                f"{wish.character.name} has no armature {wish.armature}.",
                f"It has {', '.join(rig.name for rig in rigs) or 'none'}.",
            )
        return named
    if not rigs:
        raise RecoveryError(
            "no_armature", f"{wish.character.name} has no armature.", "Use a character with a rig."
        )
    if len(rigs) == 1:
        return rigs[0]
    scores: dict[bpy.types.Object, float] = {}
    problems: list[RecoveryError] = []
    # a metarig, from which Rigify made the rig, carries none
    for rig in [rig for rig in rigs if _belongings(rig)] or rigs:
        try:
            scores[rig] = recognise(read_skeleton(rig)).score
        except RecoveryError as error:
            problems.append(error)
    if not scores:
        raise problems[0]
    return max(scores, key=lambda rig: scores[rig])


def _rigs() -> list[bpy.types.Object]:
    return [made for made in bpy.context.scene.objects if made.type == "ARMATURE"]


def _mapping(wish: Wish, rig: bpy.types.Object) -> Mapping | None:
    """Of the preset, or of the file's own words; None where it is to be recognised."""
    if wish.bones is not None:
        return presets.load_preset(wish.bones)
    if wish.character.suffix.lower() == ".vrm":
        return vrm.mapping_in_file(wish.character, read_skeleton(rig))
    return None


def _rate(motion: Path) -> float:
    """The file's own frame rate."""
    if motion.suffix.lower() == ".bvh":
        return read_bvh_motion(motion)[2]
    return load_motion(motion).fps or 24.0


def _belongings(rig: bpy.types.Object) -> list[bpy.types.Object]:
    """The meshes that a rig deforms or carries."""
    carried = [made for made in rig.children_recursive if made.type == "MESH"]
    return list(dict.fromkeys([*meshes_of(rig), *carried]))
