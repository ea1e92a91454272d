"""Has the viewports' Solid view show colour attributes, and as it was before again.

Each screen keeps what its viewports showed: screens take no part in undo, and are saved with the file.
"""

import bpy

KEPT = "human_mesh_recovery_colours"
"""On a screen: what Solid view coloured by before, a viewport in its areas' order."""
ATTRIBUTE, USUAL = "VERTEX", "MATERIAL"
"""Blender's names for colour attributes, which it calls so in its panels, and for what viewports show at first."""


def show_attributes() -> None:
    """In all viewports of the file; where they are shown already, what was before stays known."""
    for screen in bpy.data.screens:
        shadings = _shadings(screen)
        if shadings and KEPT not in screen:
            screen[KEPT] = [shading.color_type for shading in shadings]
            for shading in shadings:
                shading.color_type = ATTRIBUTE


def restore() -> None:
    """As before; what the user has chosen meanwhile stays."""
    for screen in bpy.data.screens:
        if KEPT not in screen:
            continue
        kept = list(screen.pop(KEPT))
        shadings = _shadings(screen)
        # a viewport that was opened since has no place in the list
        kept += [USUAL] * len(shadings)
        for shading, before in zip(shadings, kept, strict=False):
            if shading.color_type == ATTRIBUTE:
                shading.color_type = before


def _shadings(screen: bpy.types.Screen) -> list[bpy.types.View3DShading]:
    return [space.shading for area in screen.areas for space in area.spaces if space.type == "VIEW_3D"]
