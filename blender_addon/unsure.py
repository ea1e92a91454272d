"""Where the active person is unsure, as the panel says it and its buttons go there."""

from dataclasses import dataclass

import bpy

from . import people, settings
from .scene.confidence import read_confidence
from .sources.source import scene_rate
from .unsure_stretches import Stretch, find_stretches


@dataclass(frozen=True)
class Look:
    """What there is to look at of one person."""

    person: settings.FoundPerson
    stretches: list[Stretch]
    """In the scene's frames, in their order."""
    is_still: bool
    """There are no frames to go to."""


def look(context: bpy.types.Context) -> Look | None:
    """At the person who is active, or the first of the active result; None where no confidence is known."""
    person = people.active(context)
    known = person and read_confidence(person.rig)
    if person is None or known is None:
        return None
    first_frame, confidence = known
    found = find_stretches(confidence, scene_rate(context.scene), first_frame)
    return Look(person, found, len(confidence) == 1)


def stretches(context: bpy.types.Context) -> list[Stretch]:
    """Those that one can go to."""
    looked = look(context)
    return looked.stretches if looked is not None and not looked.is_still else []


def sentence(stretch: Stretch, is_still: bool = False) -> str:
    """Such as "Left elbow and hand, frames 41-58"."""
    words = stretch.words[0].upper() + stretch.words[1:]
    return words if is_still else f"{words}, frames {stretch.first}-{stretch.last}"
