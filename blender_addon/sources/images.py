"""Images of the Image Editor, of image empties and behind a camera's view."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import bpy

from .clips import clip_source
from .files import still
from .numbered import NumberedFile
from .source import Source, block_of, frames_in_words, is_readable_picture, missing, narrowed, scene_rate

FrameRange = tuple[int, int] | None


def gather_image(context: bpy.types.Context, space: Any, frame_range: FrameRange) -> list[Source]:
    """What an Image Editor shows."""
    return [image_source(space.image, space.image_user, context.scene, frame_range)] if space.image else []


def gather_references(context: bpy.types.Context, frame_range: FrameRange) -> list[Source]:
    """The images of the selected image empties, by their objects' names, and behind selected cameras."""
    found = []
    for thing in sorted(context.view_layer.objects.selected, key=lambda thing: thing.name):
        if thing.type == "EMPTY" and thing.empty_display_type == "IMAGE" and thing.data is not None:
            found.append(image_source(thing.data, thing.image_user, context.scene, frame_range))
        elif thing.type == "CAMERA":
            found += _behind(thing.data, context.scene, frame_range)
    return found


def _behind(camera: bpy.types.Camera, scene: bpy.types.Scene, frame_range: FrameRange) -> list[Source]:
    found = []
    for background in camera.background_images if camera.show_background_images else ():
        if background.source == "IMAGE" and background.image is not None:
            found.append(image_source(background.image, background.image_user, scene, frame_range))
        elif background.source == "MOVIE_CLIP":
            clip = scene.active_clip if background.use_camera_clip else background.clip
            if clip is not None:
                found.append(clip_source(clip, scene, frame_range))
    return found


def image_source(image: Any, user: Any, scene: bpy.types.Scene, frame_range: FrameRange) -> Source:
    """An image as `user` (an image user) shows it."""
    name = image.name
    if image.source == "TILED":
        return Source(name, problem="It is made of UDIM tiles: choose an image of a single picture")
    if image.type == "MULTILAYER":
        return Source(name, problem="It has several layers: save the one to use as PNG or JPEG and open that")
    if image.source == "MOVIE":
        return narrowed(_movie(image, user), frame_range)
    if image.source == "SEQUENCE":
        return narrowed(_sequence(image, user, scene), frame_range)
    return _picture(image, scene)


def _picture(image: Any, scene: bpy.types.Scene) -> Source:
    held = block_of("images", image)
    path = bpy.path.abspath(image.filepath, library=image.library)
    if image.type in ("RENDER_RESULT", "COMPOSITING"):
        return replace(still(image.name, "will be saved first", "", scene), block=held)
    if image.source == "GENERATED" or image.is_dirty:
        kind = "generated image" if image.source == "GENERATED" else "painted image"
        return replace(still(image.name, f"{kind}, will be saved first", "", scene), block=held)
    if image.packed_file is not None:
        return replace(still(image.name, "packed image, will be saved first", "", scene), block=held)
    source = replace(still(image.name, "picture", path, scene), problem=missing(path))
    if is_readable_picture(path):
        return source
    return replace(
        source, detail=f"{Path(path).suffix[1:].upper()} picture, will be converted first", block=held
    )


def _movie(image: Any, user: Any) -> Source:
    """A video that shows its next frame at each frame of the scene, whatever their frame rates."""
    path = bpy.path.abspath(image.filepath, library=image.library)
    problem = missing(path)
    if problem:
        return Source(image.name, path=path, problem=problem)
    count = image.frame_duration
    source = _stepping(image.name, user, lambda number: 1 <= number <= count, 1)
    return source if source.problem else replace(source, path=path)


def _sequence(image: Any, user: Any, scene: bpy.types.Scene) -> Source:
    """Numbered pictures, of which the next is shown at each frame of the scene."""
    named = NumberedFile.parse(bpy.path.abspath(image.filepath, library=image.library))
    if named is None:
        return Source(
            image.name, problem="Its file's name has no number to count up: choose it as a single image"
        )
    source = _stepping(image.name, user, lambda number: os.path.exists(named.at(number)), 0)
    if source.problem:
        return source
    if not is_readable_picture(named.at(0)):
        kind = Path(named.at(0)).suffix
        return replace(source, problem=f"A sequence of {kind} pictures can't be read: save it as PNG or JPEG")
    first, last = source.start, source.end if source.end is not None else source.start
    files = tuple(named.at(number) for number in range(first, last + 1))
    positions = tuple(float(step) for step in range(len(files)))
    words = f"{len(files)} pictures" if len(files) > 1 else "1 picture"
    return replace(
        source,
        detail=words,
        files=files,
        fps=scene_rate(scene),
        start=0,
        end=last - first,
        positions=positions,
    )


def _stepping(name: str, user: Any, exists: Callable[[int], bool], origin: int) -> Source:
    """What an image user steps through, once: at its k-th frame of the scene, from 1, the frame k + its offset.

    `exists` tells whether there is a frame of that number, and `origin` is the number of the source's frame 0.
    """
    first, last = 1 + user.frame_offset, user.frame_duration + user.frame_offset
    skipped = max(0, origin - first)
    first += skipped
    if first > last or not exists(first):
        return Source(
            name, problem=f"There is no frame {first}: set Start Frame and Offset of the image, or reload it"
        )
    last = _last_that_exists(first, last, exists)
    start, end = first - origin, last - origin
    return Source(
        name,
        frames_in_words(start, end),
        start=start,
        end=end,
        first_frame=user.frame_start + skipped,
        positions=tuple(float(position) for position in range(start, end + 1)),
    )


def _last_that_exists(first: int, last: int, exists: Callable[[int], bool]) -> int:
    """The last frame of a row without gaps, by halving: the file system is asked a few times only."""
    if exists(last):
        return last
    while last - first > 1:
        middle = (first + last) // 2
        first, last = (middle, last) if exists(middle) else (first, middle)
    return first
