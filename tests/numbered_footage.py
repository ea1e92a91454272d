"""Pictures and videos whose frames tell their number, and what the sequencer shows of them. Needs bpy."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import bpy
import numpy as np

BITS = 6
"""A frame's number is written in black and white bars, the lowest bit at the left."""
BAR, HEIGHT = 16, 16
WIDTH = BITS * BAR


def write_numbered(path: Path, number: int) -> None:
    pixels = np.zeros((HEIGHT, WIDTH, 4), dtype=np.float32)
    pixels[..., 3] = 1
    for bit in range(BITS):
        pixels[:, bit * BAR : (bit + 1) * BAR, :3] = number >> bit & 1
    image = bpy.data.images.new("numbered", WIDTH, HEIGHT)
    image.pixels.foreach_set(pixels.ravel())
    image.filepath_raw = str(path)
    image.file_format = "PNG"
    image.save()
    bpy.data.images.remove(image)


def write_folder(folder: Path, count: int, first: int = 1) -> list[Path]:
    """Pictures frame_0001.png and on, or from another number; they show the numbers from 0."""
    folder.mkdir()
    files = [folder / f"frame_{first + number:04d}.png" for number in range(count)]
    for number, file in enumerate(files):
        write_numbered(file, number)
    return files


def read_number(path: Path) -> int:
    image = bpy.data.images.load(str(path), check_existing=False)
    row = np.array(image.pixels[:]).reshape(HEIGHT, WIDTH, 4)[HEIGHT // 2, BAR // 2 :: BAR, 0]
    bpy.data.images.remove(image)
    return sum(int(value > 0.5) << bit for bit, value in enumerate(row))


def empty_scene(fps: int = 25, base: float = 1.0) -> bpy.types.Scene:
    """A new file, whose scene renders its sequencer at the size of the footage."""
    bpy.ops.wm.read_factory_settings()
    scene = bpy.context.scene
    scene.sequence_editor_create()
    render = scene.render
    render.engine = "BLENDER_WORKBENCH"
    render.resolution_x, render.resolution_y, render.resolution_percentage = WIDTH, HEIGHT, 100
    render.fps, render.fps_base = fps, base
    scene.view_settings.view_transform = "Standard"
    return scene


def strips(scene: bpy.types.Scene) -> Any:
    editor = scene.sequence_editor
    return editor.strips if hasattr(editor, "strips") else editor.sequences


def write_video(path: Path, folder: Path, fps: int) -> None:
    """The pictures of a folder as H.264 in .mp4."""
    scene = empty_scene(fps)
    row = add_pictures(scene, sorted(folder.iterdir()))
    settings = scene.render.image_settings
    if hasattr(settings, "media_type"):
        settings.media_type = "VIDEO"
    settings.file_format = "FFMPEG"
    encoding = scene.render.ffmpeg
    encoding.format, encoding.codec, encoding.constant_rate_factor = "MPEG4", "H264", "HIGH"
    scene.frame_start, scene.frame_end = 1, len(row.elements)
    scene.render.use_file_extension = False
    scene.render.filepath = str(path)
    bpy.ops.render.render(animation=True)


def add_pictures(scene: bpy.types.Scene, files: Sequence[Path], channel: int = 1, frame: int = 1) -> Any:
    strip = strips(scene).new_image("pictures", str(files[0]), channel, frame)
    for file in files[1:]:
        strip.elements.append(file.name)
    return strip


def shown_numbers(scene: bpy.types.Scene, folder: Path, first: int, count: int) -> np.ndarray:
    """(count,) the numbers that the rendered sequencer shows from the scene's frame `first` on."""
    settings = scene.render.image_settings
    if hasattr(settings, "media_type"):
        settings.media_type = "IMAGE"
    settings.file_format = "PNG"
    scene.frame_start, scene.frame_end = first, first + count - 1
    scene.render.filepath = f"{folder}/"
    bpy.ops.render.render(animation=True)
    return np.array([read_number(folder / f"{frame:04d}.png") for frame in range(first, first + count)])
