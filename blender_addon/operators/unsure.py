"""From one stretch that is worth a look to the next."""

import bpy

from .. import compat, people, unsure
from ..unsure_stretches import Stretch


class _OnUnsure:
    """What going back and going on share."""

    bl_options = {"UNDO_GROUPED"}  # noqa: RUF012 Blender's own form

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        person = people.active(context)
        return person is not None and people.has_confidence(person)


class PreviousUnsure(_OnUnsure, bpy.types.Operator):
    """Go back to where joints were guessed rather than seen; in Pose Mode their bones are selected"""

    bl_idname = "human_mesh_recovery.previous_unsure"
    bl_label = "Previous"

    def execute(self, context: bpy.types.Context) -> set[str]:
        frame = context.scene.frame_current
        before = [stretch for stretch in unsure.stretches(context) if stretch.middle < frame]
        return _go(self, context, before[-1] if before else None)


class NextUnsure(_OnUnsure, bpy.types.Operator):
    """Go on to where joints were guessed rather than seen; in Pose Mode their bones are selected"""

    bl_idname = "human_mesh_recovery.next_unsure"
    bl_label = "Next"

    def execute(self, context: bpy.types.Context) -> set[str]:
        frame = context.scene.frame_current
        after = [stretch for stretch in unsure.stretches(context) if stretch.middle > frame]
        return _go(self, context, after[0] if after else None)


def _go(operator: bpy.types.Operator, context: bpy.types.Context, stretch: Stretch | None) -> set[str]:
    """To the stretch's middle, and says what is there."""
    person = people.active(context)
    if stretch is None or person is None:
        operator.report({"INFO"}, "No more unsure frames in this direction")
        return {"CANCELLED"}
    context.scene.frame_set(stretch.middle)
    if person.rig.mode == "POSE":
        compat.select_bones(person.rig, stretch.joints)
    operator.report({"INFO"}, unsure.sentence(stretch))
    return {"FINISHED"}


CLASSES = (PreviousUnsure, NextUnsure)
