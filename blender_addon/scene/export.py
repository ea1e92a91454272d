"""Scenes into files: .blend, .glb, .fbx."""

import errno
import os
import re
import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

import bpy

from ...inference_server.errors import RecoveryError
from .. import compat
from .build import Person
from .footage import name_relative_to

PREVIEW_SAMPLES = 16
SEEK_TABLE_MAGIC = (0x8F92EAB1).to_bytes(4, "little")


def save_blend(path: Path) -> None:
    """Saves the whole file; a source that lies near it is named relative to it."""
    name_relative_to(path.parent)

    def write(name: str) -> None:
        bpy.ops.wm.save_as_mainfile(filepath=name, copy=True, compress=True)
        if not is_whole_blend(Path(name)):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    _write(path, write)


def is_whole_blend(path: Path) -> bool:
    """Whether a compressed .blend is as long as the table at its end says.

    On a full disk Blender may cut a compressed file short and report success. The file is made of Zstandard
    frames, the last of which lists the others' lengths (Zstandard seekable format, 0.1.0): a header of 8 bytes,
    8 bytes a frame, and a footer of 9.
    """
    data = path.read_bytes()
    if len(data) < 17 or data[-4:] != SEEK_TABLE_MAGIC:
        return False
    (count,) = struct.unpack_from("<I", data, len(data) - 9)
    start = len(data) - 9 - 8 * count
    if start < 8:
        return False
    lengths = struct.unpack_from(f"<{2 * count}I", data, start)[::2]
    return sum(lengths) == start - 8


def export_glb(people: Sequence[Person], path: Path) -> None:
    """The people's meshes, skins and motion as binary glTF 2.0: one animation, in which all move."""
    _write(path, _write_glb, _selected_people(people))


def export_fbx(people: Sequence[Person], path: Path) -> None:
    """The people's meshes, skins and motion as binary FBX, a key a bone a frame."""
    _write(path, _write_fbx, _selected_people(people))


def export_character(objects: Sequence[bpy.types.Object], path: Path) -> None:
    """An armature with all that belongs to it, and its action, as the format that the path's ending names."""
    write = {".glb": _write_glb, ".fbx": _write_fbx}[path.suffix.lower()]
    _write(path, write, _selected(objects))


def _write_glb(name: str) -> None:
    """What is selected."""
    bpy.ops.export_scene.gltf(
        filepath=name,
        export_format="GLB",
        use_selection=True,
        export_animations=True,
        export_animation_mode="ACTIVE_ACTIONS",
        export_frame_range=False,
        export_anim_slide_to_zero=True,
        export_cameras=False,
        export_lights=False,
        export_morph_normal=False,
        export_yup=True,
    )


def _write_fbx(name: str) -> None:
    """What is selected."""
    bpy.ops.export_scene.fbx(
        filepath=name,
        use_selection=True,
        object_types={"ARMATURE", "MESH"},
        path_mode="COPY",
        embed_textures=True,
        add_leaf_bones=False,
        bake_anim=True,
        bake_anim_use_all_bones=True,
        bake_anim_use_nla_strips=False,
        bake_anim_use_all_actions=False,
        bake_anim_force_startend_keying=True,
        bake_anim_simplify_factor=0.0,
    )


def render_frame(path: Path, frame: int) -> None:
    """Renders the camera's view of one scene frame, quickly, over the source where there is one, as PNG."""
    scene = bpy.context.scene
    scene.frame_set(frame)
    samples, scene.cycles.samples = scene.cycles.samples, PREVIEW_SAMPLES
    scene.render.image_settings.file_format = "PNG"

    try:
        bpy.ops.render.render()
    except RuntimeError as error:
        raise RecoveryError(
            "render_failed",
            f"Blender could not render frame {frame}: {_one_line(error)}.",
            "Open the scene in Blender and render it there.",
        ) from error
    finally:
        scene.cycles.samples = samples
        scene.frame_set(scene.frame_start)
    result = bpy.data.images["Render Result"]
    _write(path.with_suffix(".png"), lambda name: result.save_render(name))


WRITERS = {".glb": export_glb, ".fbx": export_fbx}


def _write(
    path: Path, write: Callable[[str], object], selected: AbstractContextManager[None] | None = None
) -> None:
    """Calls `write` with a temporary name of the same ending beside `path`, and puts the file in place whole.

    selected: within which the objects to write are selected.
    """
    temporary = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    try:
        # the exporters' own errors don't say why; removed again, or Blender would keep it as a backup
        temporary.touch()
        temporary.unlink()
        with selected or nullcontext():
            write(str(temporary))
        os.replace(temporary, path)
    except (OSError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or _one_line(error)
        raise RecoveryError(
            "unwritable",
            f"The scene could not be written to {path}: {reason}.",
            "Choose a folder that can be written to and has free space.",
        ) from error
    finally:
        temporary.unlink(missing_ok=True)


def _one_line(error: Exception) -> str:
    """What an operator's error says: of an exporter's traceback, its last line."""
    lines = [line.strip() for line in str(error).partition("\nLocation:")[0].splitlines() if line.strip()]
    said = lines[-1] if lines else "Blender gave no reason"
    return re.sub(r"^\w*Error: (\[Errno \d+\] )?", "", said).rstrip(".")


@contextmanager
def _selected_people(people: Sequence[Person]) -> Iterator[None]:
    """Selects the people alone, and shows those that are hidden at times: these formats know no such keys."""
    curves = [curve for person in people for curve in compat.curves_of(person.figure)]
    for curve in curves:
        curve.mute = True
    for person in people:
        person.figure.hide_viewport = person.figure.hide_render = False
    try:
        with _selected([made for person in people for made in (person.rig, person.figure)]):
            yield
    finally:
        for curve in curves:
            curve.mute = False


@contextmanager
def _selected(objects: Sequence[bpy.types.Object]) -> Iterator[None]:
    """Selects these objects alone. Raises RecoveryError("hidden") where one can't be, which would be left out."""
    for made in bpy.context.view_layer.objects:
        made.select_set(False)
    for made in objects:
        made.select_set(True)
        if not made.select_get():
            raise RecoveryError(
                "hidden",
                f"{made.name} is hidden, so that it can't be exported.",
                "Show it in Blender, and in all collections that it is in, and save the file.",
            )
    yield
