"""What a source is: pictures or a video to read, and where in the scene's time they lie."""

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import bpy

from ...inference_server.known_camera import KnownCamera
from ...inference_server.picture_names import PICTURE_SUFFIXES

READABLE_PICTURES: Final = frozenset(PICTURE_SUFFIXES)
"""What the inference server reads itself; pictures of another kind are saved as PNG first."""


@dataclass(frozen=True)
class Block:
    """A data-block by its name: the panel is drawn and a press is made long before the block is needed."""

    collection: str
    """"images" or "movieclips"."""
    name: str
    library: str | None
    """The path of the .blend that the block is linked from, as Blender keeps it."""

    def find(self) -> Any:
        """The data-block, or None where it is gone."""
        return getattr(bpy.data, self.collection).get((self.name, self.library))


def block_of(collection: str, data: Any) -> Block:
    return Block(collection, data.name, data.library.filepath if data.library else None)


@dataclass(frozen=True)
class Source:
    """One picture, video or row of pictures. Frames of the source are numbered from 0."""

    label: str
    detail: str = ""
    """What will be used of it, in words: "frames 12 to 140, 25 fps"."""
    path: str = ""
    """Absolute; empty where `files` are the frames, or where only `prepare` gives it a file."""
    files: tuple[str, ...] = ()
    """The frames of an image sequence, absolute, in order."""
    fps: float | None = None
    """Frames a second of `files`; None: the video's own."""
    start: int = 0
    end: int | None = None
    """The last frame that is needed, included; None: to the end."""
    first_frame: int = 1
    """The scene's frame that shows positions[0] or, without positions, the first frame that shows somebody."""
    positions: tuple[float, ...] | None = None
    """The source's frame, fractional in slow motion, that the scene shows at first_frame + i; None: at its own rate."""
    camera: KnownCamera | None = None
    """Only after `prepare`."""
    problem: str = ""
    """Why it can't be used and what to do, or nothing."""
    block: Block | None = None
    """The image that `prepare` saves, or the clip whose camera it reads."""


def narrowed(source: Source, frame_range: tuple[int, int] | None) -> Source:
    """The part of a moving source between two of its frames, both included; stills stay as they are."""
    if frame_range is None or source.problem or source.end == 0:
        return source
    first, last = frame_range
    start = max(source.start, first)
    end = last if source.end is None else min(source.end, last)
    if start > end:
        own = frames_in_words(source.start, source.end)
        problem = f"It has {own}, and none from {first} to {last}: change the frame range"
        return replace(source, problem=problem)
    if source.positions is None:
        return replace(source, start=start, end=end)
    inside = [step for step, position in enumerate(source.positions) if start <= position <= end]
    return replace(
        source,
        start=start,
        end=end,
        first_frame=source.first_frame + inside[0],
        positions=source.positions[inside[0] : inside[-1] + 1],
    )


def scene_rate(scene: bpy.types.Scene) -> float:
    """Frames a second."""
    return scene.render.fps / scene.render.fps_base


def frames_in_words(start: int, end: int | None, fps: float | None = None) -> str:
    """Such as "frames 12 to 140, 25 fps"."""
    if end is None:
        words = f"from frame {start}" if start else "all frames"
    else:
        words = f"frame {start}" if start == end else f"frames {start} to {end}"
    return f"{words}, {fps:.5g} fps" if fps else words


def missing(path: str) -> str:
    """The problem of a file that is not there, or nothing."""
    if os.path.exists(path):
        return ""
    return f"{path} is missing: was it moved, or is its drive not connected?"


def is_picture(path: str) -> bool:
    """Whether Blender or the inference server takes the file for a picture, by its name."""
    suffix = Path(path).suffix.lower()
    return suffix in READABLE_PICTURES or suffix in bpy.path.extensions_image


def is_readable_picture(path: str) -> bool:
    """Whether the inference server reads this kind of picture itself, by the file's name."""
    return Path(path).suffix.lower() in READABLE_PICTURES
