"""ESC, anywhere in Blender's window, while a recovery runs.

A key of the add-on's own rather than a modal operator: that would keep Blender from saving by itself, and opening
another file would end it.
"""

import bpy

_entries: list[tuple[bpy.types.KeyMap, bpy.types.KeyMapItem]] = []


def register() -> None:
    configuration = bpy.context.window_manager.keyconfigs.addon
    if configuration is None:  # without a window
        return
    keymap = configuration.keymaps.new("Screen", space_type="EMPTY")
    _entries.append((keymap, keymap.keymap_items.new("human_mesh_recovery.escape", "ESC", "PRESS")))


def unregister() -> None:
    for keymap, item in _entries:
        keymap.keymap_items.remove(item)
    _entries.clear()
