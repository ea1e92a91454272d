"""The people of the active result, one by one."""

# pyright: reportInvalidTypeForm=false

from typing import Any

import bpy
from bpy.props import IntProperty

from ...inference_server.errors import RecoveryError
from .. import building, people, settings, shown_confidence
from ..scene import recovered

UNDO = {"REGISTER", "UNDO"}


class _OnPerson:
    """What the operators on one person share."""

    number: IntProperty(name="Person", description="Which of the result's people, from 0", options={"HIDDEN"})

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        result = settings.active(context.scene)
        return result is not None and len(result.people) > 0

    def person(self, context: bpy.types.Context) -> tuple[settings.Result, Any] | None:
        result = settings.active(context.scene)
        if result is None or not 0 <= self.number < len(result.people):
            return None
        return result, result.people[self.number]


class ShowPerson(_OnPerson, bpy.types.Operator):
    """Show or hide this person in viewports and renders"""

    bl_idname = "human_mesh_recovery.show_person"
    bl_label = "Show Person"
    bl_options = UNDO

    def execute(self, context: bpy.types.Context) -> set[str]:
        chosen = self.person(context)
        if chosen is None or not people.is_there(chosen[1]):
            return {"CANCELLED"}
        person = chosen[1]
        recovered.show_person(person.rig.name, not people.is_shown(person))
        return {"FINISHED"}


class RebuildPerson(_OnPerson, bpy.types.Operator):
    """Give this person the recovered motion and shape again, also where they were deleted"""

    bl_idname = "human_mesh_recovery.rebuild_person"
    bl_label = "Rebuild Person"
    bl_options = UNDO

    def execute(self, context: bpy.types.Context) -> set[str]:
        chosen = self.person(context)
        if chosen is None:
            return {"CANCELLED"}
        try:
            building.rebuild(context.scene, chosen[0], self.number)
        except RecoveryError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}


class RemovePerson(_OnPerson, bpy.types.Operator):
    """Remove this person from the scene; the recovered motion stays in its file"""

    bl_idname = "human_mesh_recovery.remove_person"
    bl_label = "Remove Person"
    bl_options = UNDO

    def execute(self, context: bpy.types.Context) -> set[str]:
        chosen = self.person(context)
        if chosen is None:
            return {"CANCELLED"}
        result, person = chosen
        people.remove(result, person)
        result.people.remove(self.number)
        shown_confidence.fit_viewports()
        return {"FINISHED"}


CLASSES = (ShowPerson, RebuildPerson, RemovePerson)
