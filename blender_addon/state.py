"""What this Blender knows of its recoveries; nothing of it is saved with a file."""

from dataclasses import dataclass, field
from typing import Any

import bpy

from .client.server_process import ServerProcess
from .press import Place, Press, Problem, Seen


@dataclass
class State:
    """The server that is kept warm, the press that runs, and what is left of the latest ones."""

    server: ServerProcess | None = None
    press: Press | None = None
    ready: list[Press] = field(default_factory=list)
    """Done, but not yet in a scene."""
    problems: list[Problem] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    report: list[dict[str, Any]] = field(default_factory=list)
    """The lines of the latest check: ok, text, hint."""
    found: str = ""
    """What the latest press gave, in words."""
    was_playing: bool = False
    """Whether an animation played a moment ago."""
    file_number: int = 0
    """How many files have been opened."""

    def here(self, scene: bpy.types.Scene) -> Place:
        """The file that is open, and a scene of it."""
        return Place(bpy.data.filepath, self.file_number, scene.name)

    def is_open(self, place: Place) -> bool:
        """Whether that file is open now."""
        return place.is_in(Place(bpy.data.filepath, self.file_number, ""))

    def strangers(self) -> list[Press]:
        """What was recovered for a file that is not open now."""
        return [press for press in self.ready if not self.is_open(press.place)]


def is_playing(context: bpy.types.Context) -> bool:
    """Whether an animation plays in a window."""
    return any(window.screen.is_animation_playing for window in context.window_manager.windows)


state = State()
