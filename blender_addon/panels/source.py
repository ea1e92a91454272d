"""Where the pictures come from."""

from typing import Any

import bpy

from .. import settings


class FileList(bpy.types.UIList):
    """The files that are chosen by hand."""

    bl_idname = "HUMAN_MESH_RECOVERY_UL_files"

    def draw_item(
        self, _context: Any, layout: Any, _data: Any, item: Any, _icon: int, _owner: Any, _property: str
    ) -> None:
        layout.label(text=item.name, icon="FILE")


def draw(layout: Any, context: bpy.types.Context) -> None:
    layout.use_property_decorate = False
    chosen = settings.of(context.scene)
    layout.prop(chosen, "source", text="")
    if chosen.source in ("AUTO", "FILES"):
        row = layout.row()
        row.template_list(
            FileList.bl_idname, "", chosen, "files", chosen, "active_file", rows=2 if not chosen.files else 4
        )
        buttons = row.column(align=True)
        buttons.operator("human_mesh_recovery.add_files", text="", icon="ADD")
        buttons.operator("human_mesh_recovery.remove_file", text="", icon="REMOVE")
        if chosen.files:
            buttons.separator()
            buttons.operator("human_mesh_recovery.clear_files", text="", icon="TRASH")
    column = layout.column(align=True)
    column.prop(chosen, "use_frame_range")
    if chosen.use_frame_range:
        row = column.row(align=True)
        row.prop(chosen, "first")
        row.prop(chosen, "last")
