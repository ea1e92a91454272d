"""Lines of text in panels, broken where the panel ends."""

import textwrap
from typing import Any

import bpy

from ..press import Problem

NARROW = 36
LETTER = 7.0
"""Pixels that a letter takes, on the average, at a scale of 1."""


def letters(margin: int = 60) -> int:
    """How many letters fit side by side in the region that is being drawn, less `margin` pixels."""
    region = getattr(bpy.context, "region", None)
    if region is None or region.width <= 1:
        return NARROW
    scale = bpy.context.preferences.system.ui_scale
    return max(16, int((region.width / scale - margin) / LETTER))


def say(layout: Any, text: str, icon: str = "NONE", quiet: bool = True) -> None:
    """Text in as many lines as it takes; a quiet one is greyed."""
    column = layout.column(align=True)
    column.active = not quiet
    column.scale_y = 0.8
    for number, line in enumerate(textwrap.wrap(text, letters()) or [""]):
        blank = "BLANK1" if icon != "NONE" else "NONE"
        column.label(text=line, icon=icon if number == 0 else blank)


def problem(layout: Any, problem: Problem, number: int | None = None) -> None:
    """What went wrong and what to do about it, with a cross to dismiss it where it has a number."""
    box = layout.box()
    row = box.row()
    row.label(text=problem.label or "Recover Mesh", icon="ERROR")
    if number is not None:
        row.operator("human_mesh_recovery.dismiss", text="", icon="X", emboss=False).number = number
    say(box, problem.message, quiet=False)
    if problem.hint:
        say(box, problem.hint)
