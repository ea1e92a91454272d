"""Has the panels drawn again, and says in the status bar what is going on."""

import bpy

SPACES = {"VIEW_3D", "IMAGE_EDITOR", "SEQUENCE_EDITOR", "CLIP_EDITOR", "PREFERENCES"}


def everything(text: str | None) -> None:
    """Marks the sidebars and the preferences for drawing; `text` goes to the status bar, None clears it."""
    manager = bpy.context.window_manager
    for window in manager.windows if manager else ():
        window.workspace.status_text_set(text)
        for area in window.screen.areas:
            if area.type in SPACES:
                for region in area.regions:
                    if region.type == "UI" or area.type == "PREFERENCES":
                        region.tag_redraw()
