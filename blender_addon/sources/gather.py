"""What is selected, open or chosen."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import bpy

from .clips import clip_source
from .files import gather_files
from .images import gather_image, gather_references
from .source import Source
from .strips import gather_strips

FrameRange = tuple[int, int] | None
EDITORS = {
    "VIEW_3D": "REFERENCES",
    "IMAGE_EDITOR": "IMAGE",
    "SEQUENCE_EDITOR": "STRIPS",
    "CLIP_EDITOR": "CLIP",
}
"""What a panel in each editor is about."""
IN_ORDER = ("STRIPS", "REFERENCES", "IMAGE", "CLIP", "FILES")
NOTHING = {
    "IMAGE": ("No image", "Open an image in the Image Editor"),
    "REFERENCES": ("No reference image", "Select image empties in the 3D viewport"),
    "STRIPS": ("No strip", "Select movie or image strips in the Video Sequencer"),
    "CLIP": ("No clip", "Open a clip in the Movie Clip Editor"),
    "FILES": ("No file", "Add files to the list"),
}


def gather(
    context: bpy.types.Context, choice: str, files: Sequence[str], frame_range: FrameRange
) -> list[Source]:
    """What a press would use now, in the order of the timeline where there is one; nothing is read or changed.

    `choice` is a key of NOTHING or "AUTO": the editor that is being drawn, then selected strips and images, then
    what is open, then `files`, absolute paths. `frame_range`, the first and the last of a source's frames from
    0, cuts videos and rows of pictures but no strips, which have handles.
    """
    gathered = _gatherers(context, files, frame_range)
    if choice != "AUTO":
        return gathered[choice]() or [Source(NOTHING[choice][0], problem=NOTHING[choice][1])]
    editor = EDITORS.get(context.area.type) if context.area else None
    unusable: list[Source] = []
    for kind in dict.fromkeys((editor, *IN_ORDER) if editor else IN_ORDER):
        found = gathered[kind]()
        if any(not source.problem for source in found):
            return found
        unusable = unusable or found
    return unusable


def _gatherers(
    context: bpy.types.Context, files: Sequence[str], frame_range: FrameRange
) -> dict[str, Callable[[], list[Source]]]:
    return {
        "IMAGE": lambda: _first(
            gather_image(context, space, frame_range) for space in _open(context, "IMAGE_EDITOR")
        ),
        "REFERENCES": lambda: gather_references(context, frame_range),
        "STRIPS": lambda: gather_strips(context),
        "CLIP": lambda: _clip(context, frame_range),
        "FILES": lambda: gather_files(context.scene, files, frame_range),
    }


def _first(found: Iterator[list[Source]]) -> list[Source]:
    return next((sources for sources in found if sources), [])


def _clip(context: bpy.types.Context, frame_range: FrameRange) -> list[Source]:
    shown = (space.clip for space in _open(context, "CLIP_EDITOR"))
    clip = next((clip for clip in shown if clip is not None), context.scene.active_clip)
    return [] if clip is None else [clip_source(clip, context.scene, frame_range)]


def _open(context: bpy.types.Context, editor: str) -> Iterator[Any]:
    """The editors of a kind: the one that is being drawn, then the others of its window, then of other windows."""
    if context.area is not None and context.area.type == editor:
        yield context.area.spaces.active
    windows = list(context.window_manager.windows)
    windows.sort(key=lambda window: window != context.window)
    for window in windows:
        yield from (area.spaces.active for area in window.screen.areas if area.type == editor)
