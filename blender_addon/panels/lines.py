"""Lines of text in panels, broken where the panel ends."""

import textwrap
from typing import Any

import blf
import bpy

from ..press import Problem

NARROW = 36
"""Letters in a line where there is no region to measure."""
FEWEST = 12
"""Letters in a line, however narrow the region is."""
EDGES, ICON, BOX = 64, 28, 18
"""Pixels at a scale of 1: what a sidebar's edges and tabs take, an icon before the text, a box around it."""
FONT = 0
"""The interface's own."""


def wrapped(text: str, taken: int = EDGES) -> list[str]:
    """The lines of a text that fit into the region that is being drawn, of which `taken` pixels are not for text."""
    region = getattr(bpy.context, "region", None)
    if region is None or region.width <= 1:
        return _wrap(text, NARROW)
    preferences = bpy.context.preferences
    scale = preferences.system.ui_scale
    blf.size(FONT, preferences.ui_styles[0].widget.points * scale)
    room = region.width - taken * scale
    letters = FEWEST + int(len(text) * room / max(1.0, _width(text)))
    while letters > FEWEST and any(_width(line) > room for line in _wrap(text, letters)):
        letters -= 1
    return _wrap(text, letters)


def _wrap(text: str, letters: int) -> list[str]:
    return textwrap.wrap(text, letters, break_on_hyphens=False)


def _width(text: str) -> float:
    return blf.dimensions(FONT, text)[0]


def say(layout: Any, text: str, icon: str = "NONE", quiet: bool = True, boxed: bool = False) -> None:
    """Text in as many lines as it takes; a quiet one is greyed. boxed: `layout` lies in a box."""
    column = layout.column(align=True)
    column.active = not quiet
    column.scale_y = 0.8
    taken = EDGES + (ICON if icon != "NONE" else 0) + (BOX if boxed else 0)
    for number, line in enumerate(wrapped(text, taken) or [""]):
        blank = "BLANK1" if icon != "NONE" else "NONE"
        column.label(text=line, icon=icon if number == 0 else blank)


def problem(layout: Any, problem: Problem, number: int | None = None) -> None:
    """What went wrong and what to do about it, with a cross to dismiss it where it has a number."""
    box = layout.box()
    row = box.row()
    row.label(text=problem.label or "Recover Mesh", icon="ERROR")
    if number is not None:
        row.operator("human_mesh_recovery.dismiss", text="", icon="X", emboss=False).number = number
    say(box, problem.message, quiet=False, boxed=True)
    if problem.hint:
        say(box, problem.hint, boxed=True)
