"""A real Blender window: where bodies are guessed is seen in the viewport, and a button goes there."""

import numpy as np

from . import seen, two_people
from .blender_window import BlenderWindow

SHOW, NEXT = ".show_confidence", "bpy.ops.human_mesh_recovery.next_unsure("
WARMER = 20
"""Levels of 255 by which a guessed body is redder than it is blue, more than a body that was seen well."""

CONFIDENCES = """
result = {}
for figure in figures():
    first, values = module('blender_addon.scene.confidence').read_confidence(figure.parent)
    result[figure.name] = [first, values.mean(axis=1).tolist()]
"""
"""Of each body: the first frame, and its mean confidence frame by frame."""


def test_guessed_bodies_are_warm_and_next_goes_to_them(window: BlenderWindow, jumps: str):
    two_people.open_recovered(window, jumps)
    known = window.ask(CONFIDENCES)
    least = min(known, key=lambda name: min(known[name][1]))
    first, confidence = known[least]
    guessed, sure = first + int(np.argmin(confidence)), first + int(np.argmax(confidence))

    plain = _warmth(window, least, guessed)
    window.click(window.find_button(SHOW))
    window.wait_for("bpy.context.scene.human_mesh_recovery.show_confidence", 10)
    shown = _warmth(window, least, guessed)
    seen_well = _warmth(window, least, sure)
    print(
        f"confidence {min(confidence):.2f}, {max(confidence):.2f}; red over blue {shown:.0f}, {seen_well:.0f}"
    )
    assert shown > seen_well + WARMER

    window.ask(f"bpy.context.view_layer.objects.active = bpy.data.objects[{least!r}].parent")
    window.ask("bpy.data.objects['Cube'].hide_set(True)")
    stretches = "[[s.first, s.middle, s.last] for s in module('blender_addon.unsure').stretches(bpy.context)]"
    places = window.ask(stretches)
    assert places, known
    window.ask(f"bpy.context.scene.frame_set({places[0][1] - 1})")
    window.click(window.find_button(NEXT))
    window.wait_for(f"bpy.context.scene.frame_current == {places[0][1]}", 10)
    window.ask("[figure.hide_set(False) for figure in figures()]")
    window.screenshot("confidence")

    window.click(window.find_button(SHOW))
    window.wait_for("not bpy.context.scene.human_mesh_recovery.show_confidence", 10)
    assert abs(_warmth(window, least, guessed) - plain) < WARMER / 2


def _warmth(window: BlenderWindow, figure: str, frame: int) -> float:
    """By how much the figure's pixels are redder than they are blue, in levels of 255."""
    window.ask(f"bpy.context.scene.frame_set({frame})")
    without = seen.show_only(window, [], f"nobody, frame {frame}")
    shown = seen.show_only(window, [figure], f"{figure}, frame {frame}")
    pixels = shown[seen.body_mask(window, shown, without)].astype(float)
    assert len(pixels) > 500
    return float((pixels[:, 2] - pixels[:, 0]).mean())
