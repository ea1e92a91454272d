"""Where to look: how sure the recovery is of whom, and when."""

from typing import Any

import bpy

from .. import settings, shown_confidence, unsure
from ..unsure_stretches import least_sure
from . import lines

LEGEND = "Blue-grey was seen well, orange to dark red is guessed"


def draw(layout: Any, context: bpy.types.Context, result: settings.Result) -> None:
    """Nothing where nobody's confidence is known, as of motions from elsewhere."""
    chosen = settings.of(context.scene)
    if not chosen.show_confidence and not shown_confidence.is_known(context.scene):
        return
    column = layout.column(align=True)
    column.prop(chosen, "show_confidence", toggle=True, icon="COLOR")
    if chosen.show_confidence:
        lines.say(column, LEGEND)
    looked = unsure.look(context)
    if looked is None:
        return
    whose = f" of {looked.person.name}" if len(result.people) > 1 else ""
    worst = least_sure(looked.stretches)
    if worst is None:
        lines.say(layout, f"All{whose} was seen well", icon="CHECKMARK")
        return
    said = unsure.sentence(worst, looked.is_still)
    lines.say(layout, f"Least sure{whose}: {said[0].lower()}{said[1:]}", icon="VIEWZOOM", quiet=False)
    if looked.is_still:
        return
    row = layout.row(align=True)
    row.operator("human_mesh_recovery.previous_unsure", icon="PREV_KEYFRAME")
    row.operator("human_mesh_recovery.next_unsure", icon="NEXT_KEYFRAME")
    frame = context.scene.frame_current
    for stretch in looked.stretches:
        if stretch is not worst and stretch.first <= frame <= stretch.last:
            lines.say(layout, f"Now: {unsure.sentence(stretch)}", icon="BLANK1")
