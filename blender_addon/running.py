"""The press that is running: started here, polled by a timer, and handed over when it is done."""

import atexit
from collections.abc import Sequence
from pathlib import Path

import bpy

from ..inference_server.errors import RecoveryError
from . import delivery, live_preview, preferences, press, redraw, refining
from .client.jobs import Task, Work
from .client.server_choice import choose_server
from .client.server_process import ServerProcess
from .press import Place, Press, Problem
from .state import is_playing, state

INTERVAL = 0.1


def begin(
    tasks: Sequence[Task],
    place: Place,
    *,
    set_up: bool = True,
    area: int = 0,
    key: str = "",
    problems: Sequence[Problem] = (),
    may_download: bool = False,
) -> None:
    """Starts the tasks in the server, and the timer that looks after them.

    area: the editor that shows the result in the end, as Blender points to it; key: the result that is fitted
    again, if that is what they do; problems: of sources without a task.
    """
    assert state.press is None, "one press at a time"
    if not key:
        state.problems.clear()
        state.seen.clear()
        state.found = ""
    work = Work(lambda: _server(may_download), tasks)
    state.press = Press(work, place, set_up, area, key, list(problems))
    work.start()
    wake()
    redraw.everything(status_text())


def cancel() -> None:
    """Ends the press that is running; what was seen by then is kept."""
    if state.press is not None:
        state.press.work.cancel()
        wake()
        redraw.everything(status_text())


def poll() -> None:
    """Takes in what the server said; called ten times a second, and never waits."""
    state.was_playing = is_playing(bpy.context)
    running = state.press
    if running is not None:
        before = running.work.live
        running.work.poll()
        live = running.work.live
        if live is not None and live is not before and state.is_open(running.place):
            live_preview.show(live)
        if running.work.finished:
            _finish(running)
        redraw.everything(status_text())
    if state.press is None and (rested := refining.rested()):
        _refine(*rested)
    if delivery.deliver():
        redraw.everything(status_text())


def wake() -> None:
    """Sees to it that the timer runs."""
    if not bpy.app.timers.is_registered(_tick):
        bpy.app.timers.register(_tick, first_interval=INTERVAL, persistent=True)


def stop() -> None:
    """Ends the server and the press: the add-on is switched off, or Blender closes."""
    if bpy.app.timers.is_registered(_tick):
        bpy.app.timers.unregister(_tick)
    live_preview.hide()
    if state.server is not None:
        state.server.stop()
    if state.press is not None:
        redraw.everything(None)
    state.server, state.press = None, None
    state.ready.clear()
    refining.forget()


def loaded_file() -> None:
    """Another file was opened. A press goes on, but its people don't belong in here."""
    state.file_number += 1
    state.found = ""
    refining.forget()
    live_preview.hide()
    if state.press is not None or state.ready:
        wake()


def status_text() -> str | None:
    """One line for the status bar while a press runs."""
    if state.press is None:
        return None
    progress = state.press.work.progress
    words = [progress.place, progress.stage, progress.text]
    return f"Recover Mesh: {' - '.join(word for word in words if word)}     ESC to cancel"


def _tick() -> float | None:
    poll()
    return INTERVAL if state.press is not None or refining.waiting() or delivery.due() else None


def _finish(done: Press) -> None:
    """The server has ended all tasks of the press: what came of it goes where the panel shows it."""
    state.press = None
    live_preview.hide()
    problems, seen = press.outcome(done)
    for task in done.recovered:
        try:
            press.note_outcome(task)
        except RecoveryError as error:
            problems.append(Problem(task.name, error.message, error.hint))
    state.problems += problems
    state.seen += seen
    state.report = next((task.report for task in done.work.tasks if task.report), state.report)
    if done.recovered:
        state.ready.append(done)


def _refine(scene: bpy.types.Scene, result: bpy.types.PropertyGroup) -> None:
    changed = {"smoothing": result.smoothing, "foot_contact": result.foot_contact}
    try:
        task = press.solve_task(result.name, Path(result.folder), changed)
    except RecoveryError as error:
        state.problems.append(Problem(result.name, error.message, error.hint))
        return
    begin([task], state.here(scene), key=result.key)


def _server(may_download: bool) -> ServerProcess:
    """The server that runs, or a new one where none does or another is wanted. Raises RecoveryError."""
    choice = choose_server(preferences.wishes(may_download))
    if state.server is not None and not (state.server.usable and state.server.choice == choice):
        state.server.stop()
        state.server = None
    if state.server is None:
        state.server = ServerProcess(choice)
    return state.server


def _at_exit() -> None:
    if state.server is not None:
        state.server.kill()


atexit.register(_at_exit)
