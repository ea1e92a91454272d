"""Has the panels drawn again, and says in the status bar what is going on."""

import bpy

SPACES = {"VIEW_3D", "IMAGE_EDITOR", "SEQUENCE_EDITOR", "CLIP_EDITOR", "PREFERENCES"}


def everything(text: str | None) -> None:
    """Marks the sidebars and the preferences for drawing; `text` goes to the status bar, None clears it."""
    manager = bpy.context.window_manager
    windows = list(manager.windows) if manager else []
    # a workspace that is not shown any more keeps its text
    for workspace in bpy.data.workspaces if text is None else {window.workspace for window in windows}:
        workspace.status_text_set(text)
    for window in windows:
        for area in window.screen.areas:
            if area.type in SPACES:
                for region in area.regions:
                    if region.type == "UI" or area.type == "PREFERENCES":
                        region.tag_redraw()
