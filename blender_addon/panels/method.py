"""How people are recovered."""

from typing import Any

import bpy

from ...inference_server.methods.catalogue import CATALOGUE
from .. import settings
from . import lines

BODY_NEEDS = {
    "FREE": "Free for every use, included",
    "FILE": "Bring the body file from its authors; their licence holds",
}


def draw(layout: Any, context: bpy.types.Context) -> None:
    layout.use_property_split = True
    layout.use_property_decorate = False
    chosen = settings.of(context.scene)
    column = layout.column()
    column.prop(chosen, "method")
    lines.say(column, CATALOGUE[chosen.method].needs)
    column = layout.column()
    column.prop(chosen, "body")
    if chosen.body == "FILE":
        column.prop(chosen, "body_file", text="File")
    lines.say(column, BODY_NEEDS[chosen.body])
    column = layout.column()
    column.prop(chosen, "people")
    if not chosen.people:
        lines.say(column, "Keeps everybody")
    column.prop(chosen, "smoothing")
    column.prop(chosen, "foot_contact")
    column.prop(chosen, "fingers")
    column.prop(chosen, "set_up")
