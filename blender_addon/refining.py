"""A result whose smoothing or contact was changed is fitted again, once the user has let go."""

import time

import bpy

from . import settings

REST = 0.6
"""Seconds without a change."""
_wishes: dict[str, float] = {}
"""When each result was changed last, by its key."""


def is_changed(result: settings.Result) -> bool:
    """Whether the bodies are not those that the result's sliders say."""
    return (result.smoothing, result.foot_contact) != (result.solved_smoothing, result.solved_contact)


def wish(result: settings.Result) -> None:
    """Notes a change."""
    if is_changed(result):
        _wishes[result.key] = time.monotonic()


def waiting() -> bool:
    return bool(_wishes)


def forget() -> None:
    _wishes.clear()


def rested() -> tuple[bpy.types.Scene, settings.Result] | None:
    """The next result to be fitted again, with its scene; it is forgotten here."""
    now = time.monotonic()
    for key, changed in list(_wishes.items()):
        if now - changed >= REST:
            del _wishes[key]
            for scene in bpy.data.scenes:
                result = settings.find(scene, key)
                if result is not None and is_changed(result):
                    return scene, result
    return None
