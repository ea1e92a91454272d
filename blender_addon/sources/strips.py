"""Movie and image strips of the Video Sequencer."""

import math
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import bpy
import numpy as np

from .. import compat
from .source import READABLE_PICTURES, Source, frames_in_words, missing, scene_rate
from .strip_memory import Content, movie_content, speed_keys
from .strip_time import Playing, shown

FOLLOWERS = ("SOUND",)
"""Kinds of strips that are selected together with a movie; effects, which have inputs, are too."""
OTHER_KINDS = {
    "META": "A meta strip can't be used as a whole: open it with Tab and select the strips inside",
    "SCENE": "A scene strip can't be used: render it to a video and add that",
    "MOVIECLIP": "A clip strip can't be used: open its clip in the Clip Editor and choose it there",
}
UNREADABLE_EFFECT = (
    "Its speed effect is animated or shows single frames: retime the strip instead, or render it to a video"
)
UNREADABLE_SPEED = (
    "The changes of its speed can't be read in this Blender: reset them, or render it to a video"
)


def gather_strips(context: bpy.types.Context) -> list[Source]:
    """The selected strips on show in the sequencer, by time and then by channel."""
    scene = compat.sequencer_scene(context)
    editor = scene.sequence_editor if scene else None
    if editor is None:
        return []
    strips = compat.strips_of(editor.meta_stack[-1] if editor.meta_stack else editor)
    selected = [strip for strip in strips if strip.select]
    selected.sort(key=lambda strip: (compat.strip_span(strip).first, strip.channel))
    effects = {strip.input_1: strip for strip in strips if strip.type == "SPEED" and not strip.mute}
    usable = [_source(scene, s, effects.get(s)) for s in selected if s.type in ("MOVIE", "IMAGE")]
    others = [strip for strip in selected if strip.type not in ("MOVIE", "IMAGE")]
    if usable:
        others = [s for s in others if s.type not in FOLLOWERS and not getattr(s, "input_count", 0)]
    return usable + [Source(strip.name, problem=_other_kind(strip)) for strip in others]


def _other_kind(strip: Any) -> str:
    kind = strip.type.replace("_", " ").lower()
    return OTHER_KINDS.get(strip.type, f"This is a {kind} strip: select a movie or image strip")


def _source(scene: bpy.types.Scene, strip: Any, effect: Any) -> Source:
    """The strip as the speed effect on top of it, if any, shows it."""
    if strip.type == "MOVIE":
        return _movie(scene, strip, effect)
    folder = os.path.join(bpy.path.abspath(strip.directory, library=scene.library), "")
    names = [element.filename for element in strip.elements]
    files = tuple([folder + name for name in names])
    span = compat.strip_span(strip)
    if not files:
        return Source(strip.name, problem="The strip has no pictures: delete it and add it again")
    if len(files) == 1:
        first_frame, problem = math.ceil(span.first), missing(files[0])
        return Source(strip.name, "picture", files[0], end=0, first_frame=first_frame, problem=problem)
    content = Content(len(files) - span.skipped_first - span.skipped_last, False)
    source = _playing(strip, effect, content, 1.0)
    if source.problem:
        return source
    used = files[source.start : source.end + 1 if source.end is not None else None]
    problem = missing(used[0]) or missing(used[-1])
    if effect is None and not _agrees(strip, names, source):
        problem = UNREADABLE_SPEED
    if not {os.path.splitext(file)[1].lower() for file in used} <= READABLE_PICTURES:
        problem = (
            f"Pictures such as {Path(used[0]).name} can't be read one after another: save them as PNG or JPEG"
        )
    fps = scene_rate(scene)
    return replace(source, files=files, fps=fps, detail=f"{len(used)} pictures", problem=problem)


def _movie(scene: bpy.types.Scene, strip: Any, effect: Any) -> Source:
    path = bpy.path.abspath(strip.filepath, library=scene.library)
    if not Path(path).is_file():
        return Source(strip.name, path=path, problem=missing(path) or f"{path} is no file")
    span = compat.strip_span(strip)
    # the second opens the file, for strips of old .blends
    fps = (strip.elements[0].orig_fps if len(strip.elements) else 0) or strip.fps or scene_rate(scene)
    rate = fps / scene_rate(scene)
    # as Blender adds movies, should a later version keep them in another way
    as_added = Content(max(1, round((span.end - span.start) * rate)), True)
    content = movie_content(strip, span.start, span.offsets) or as_added
    rate = rate if content.own_rate else 1.0
    source = _playing(strip, effect, content, rate)
    return replace(source, path=path, detail=frames_in_words(source.start, source.end, fps))


def _playing(strip: Any, effect: Any, content: Content, rate: float) -> Source:
    """The part of a strip that shows frames of its own: before and after, Blender holds the first and the last."""
    span = compat.strip_span(strip)
    first = math.ceil(max(span.first, span.start))
    last = math.ceil(min(span.last, span.end)) - 1
    if first > last:
        return Source(strip.name, problem="Nothing of its content is on show: move its handles")
    keys = speed_keys(strip, span.start, rate)
    if keys is None:
        return Source(strip.name, problem=UNREADABLE_SPEED)
    playing = Playing(
        span.start, span.end, content.frames, rate, keys, strip.use_reverse_frames, strip.strobe
    )
    scene_frames = np.arange(first, last + 1, dtype=np.float64)
    if effect is not None:
        speed = _speed(effect, span)
        if speed is None:
            return Source(strip.name, problem=UNREADABLE_EFFECT)
        scene_frames = span.first + (scene_frames - span.first) * speed
        scene_frames = scene_frames[scene_frames <= span.end - 1]
    positions = span.skipped_first + shown(playing, scene_frames)
    return Source(
        strip.name,
        start=math.floor(positions.min()),
        end=math.ceil(positions.max()),
        first_frame=first,
        positions=tuple(positions.tolist()),
    )


def _speed(effect: Any, span: compat.StripSpan) -> float | None:
    """Frames of its strip that a speed effect takes for one of the scene's; None where that changes."""
    if effect.speed_control == "STRETCH":
        return (span.end - span.first) / (span.last - span.first)
    animated = f'_all["{bpy.utils.escape_identifier(effect.name)}"].speed_factor'
    if effect.speed_control != "MULTIPLY" or any(
        curve.data_path.endswith(animated) for curve in compat.curves_of(effect.id_data)
    ):
        return None
    return effect.speed_factor if effect.speed_factor > 0 else None


def _agrees(strip: Any, names: list[str], source: Source) -> bool:
    """Whether Blender, which tells it of pictures, finds the same ones at a few of the scene's frames."""
    positions = source.positions or ()
    for step in range(0, len(positions), max(1, len(positions) // 5)):
        element = strip.strip_elem_from_frame(source.first_frame + step)
        near = names[max(0, math.floor(positions[step] - 0.5)) : math.ceil(positions[step] + 0.5) + 1]
        if element is None or element.filename not in near:
            return False
    return True
