"""Puts what was recovered into the scene that it belongs in, as soon as that does not disturb the user."""

import traceback

import bpy

from .press import Press, Problem
from .state import state

AGAIN = "Undo what was added of them, then add them with Open Result, Recent. Blender's console says more."
UNDOABLE_MODES = ("OBJECT", "POSE")
"""In the other modes undo steps hold what is edited alone: the people could not be undone."""


def due() -> list[Press]:
    """What is ready for the file that is open."""
    strangers = state.strangers()
    return [press for press in state.ready if press not in strangers]


def reason_to_wait() -> str:
    """Why the people can't be added just now, for the panel; "" where they can."""
    if bpy.app.is_job_running("RENDER"):
        return "The people are added when the render is done"
    if bpy.context.mode not in UNDOABLE_MODES:
        return "The people are added when you are back in Object Mode"
    for window in bpy.context.window_manager.windows:
        # those in Python may be there for hours; Blender's own are somebody's drag
        if any(not _is_python(operator.bl_idname) for operator in window.modal_operators):
            return "The people are added when you let go"
    return ""


def deliver() -> bool:
    """Adds what is due, each press in one undo step; what can't be added is told. Whether there was anything."""
    waiting = due()
    if not waiting:
        return False
    manager = bpy.context.window_manager
    window = bpy.context.window or next(iter(manager.windows), None)
    with bpy.context.temp_override(window=window):  # a timer may have none, and then no mode either
        if reason_to_wait():
            return False
    for press in waiting:
        try:
            with bpy.context.temp_override(window=window):
                # True: with an undo step, which operators called from Python otherwise leave out
                bpy.ops.human_mesh_recovery.add_people("EXEC_DEFAULT", True)
        except RuntimeError:  # whatever an operator raises; it would end the timer that calls this
            traceback.print_exc()
            if press in state.ready:
                state.ready.remove(press)
            names = ", ".join(task.name for task in press.recovered)
            state.problems.append(Problem(names, "The people could not be added to the scene.", AGAIN))
    return True


def _is_python(name: str) -> bool:
    return bpy.types.Operator.bl_rna_get_subclass_py(name) is not None
