"""What the panel is about to use, from the scene's choices."""

from typing import Any

import bpy

from . import preferences, settings
from .sources.gather import gather
from .sources.source import Source


def sources(context: bpy.types.Context) -> list[Source]:
    """What a press would recover now, and what could not be used; quick enough for every redraw."""
    return _gathered(context, settings.of(context.scene).source)


def _gathered(context: bpy.types.Context, choice: str) -> list[Source]:
    chosen = settings.of(context.scene)
    files = [bpy.path.abspath(item.path) for item in chosen.files]
    frame_range = (chosen.first, max(chosen.first, chosen.last)) if chosen.use_frame_range else None
    return gather(context, choice, files, frame_range)


def are_files(context: bpy.types.Context, found: list[Source]) -> bool:
    """Whether what was found is the list of files, in its order."""
    return bool(found) and found == _gathered(context, "FILES")


def request_settings(chosen: settings.RecoverySettings) -> dict[str, Any]:
    """The settings of a "recover" message."""
    return {
        "method": chosen.method,
        "body": "free" if chosen.body == "FREE" else bpy.path.abspath(chosen.body_file),
        "people": chosen.people or None,
        "focal_length": None,
        "smoothing": chosen.smoothing,
        "foot_contact": chosen.foot_contact,
        "fingers": chosen.fingers,
        "device": preferences.get().device,
    }


def missing_choice(chosen: settings.RecoverySettings) -> str:
    """What has to be chosen before a press, in words; "" where nothing is missing."""
    if chosen.body == "FILE" and not chosen.body_file:
        return "Choose a body file, or the free body"
    return ""
