"""Files and folders that were chosen by hand."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import bpy

from .source import Source, frames_in_words, is_picture, missing, narrowed


def gather_files(
    scene: bpy.types.Scene, files: Sequence[str], frame_range: tuple[int, int] | None
) -> list[Source]:
    """A source for each absolute path: a picture, a video, or a folder of pictures."""
    sources = [narrowed(_source(scene, file), frame_range) for file in files]
    return [
        source
        if source.end in (None, 0)
        else replace(source, detail=frames_in_words(source.start, source.end))
        for source in sources
    ]


def _source(scene: bpy.types.Scene, file: str) -> Source:
    path = os.path.normpath(file)
    label = Path(path).name or path
    problem = missing(path)
    if problem:
        return Source(label, path=path, problem=problem)
    if os.path.isdir(path):
        return Source(label, "folder of pictures", path, first_frame=scene.frame_start)
    if is_picture(path):
        return still(label, "picture", path, scene)
    return Source(label, "video", path, first_frame=scene.frame_start)


def still(label: str, detail: str, path: str, scene: bpy.types.Scene) -> Source:
    """A picture, which is put on the scene's current frame."""
    return Source(label, detail, path, end=0, first_frame=scene.frame_current)
