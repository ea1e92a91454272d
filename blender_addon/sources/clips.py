"""Movie clips of the Clip Editor."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import bpy

from .numbered import NumberedFile
from .solved_camera import has_lens, is_solved
from .source import Source, block_of, frames_in_words, is_readable_picture, missing, narrowed, scene_rate


def clip_source(clip: Any, scene: bpy.types.Scene, frame_range: tuple[int, int] | None) -> Source:
    """A clip, which shows its next frame at each frame of the scene, whatever their frame rates."""
    path = bpy.path.abspath(clip.filepath, library=clip.library)
    problem = missing(path)
    if problem:
        return Source(clip.name, path=path, problem=problem)
    first = max(0, clip.frame_offset)
    last = clip.frame_duration - 1
    if first > last:
        return Source(clip.name, problem="Its frame offset leaves nothing to show: lower it")
    source = Source(
        clip.name,
        start=first,
        end=last,
        first_frame=clip.frame_start + first - clip.frame_offset,
        positions=tuple(float(position) for position in range(first, last + 1)),
        block=block_of("movieclips", clip),
    )
    located = _of_files(source, path, scene) if clip.source == "SEQUENCE" else replace(source, path=path)
    source = narrowed(located, frame_range)
    words = frames_in_words(source.start, source.end)
    known = "solved camera" if is_solved(clip) else "the clip's focal length" if has_lens(clip) else ""
    return replace(source, detail=f"{words}, {known}" if known else words)


def _of_files(source: Source, path: str, scene: bpy.types.Scene) -> Source:
    named = NumberedFile.parse(path)
    if named is None or source.end is None:
        return replace(source, files=(path,), fps=scene_rate(scene))
    if not is_readable_picture(path):
        kind = Path(path).suffix
        return replace(source, problem=f"A sequence of {kind} pictures can't be read: save it as PNG or JPEG")
    files = tuple(named.at(named.number + step) for step in range(source.end + 1))
    return replace(source, files=files, fps=scene_rate(scene), problem=missing(files[-1]))
