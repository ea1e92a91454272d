"""The add-on switched on in a Blender without a window, with a made-up server; what its timer does is done by hand."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import addon_utils  # Blender's own
import bpy

PACKAGE = "human_mesh_recovery"
FAKE_SERVER = Path(__file__).with_name("fake_server.py")
LONGEST = 20.0
"""Seconds that a test waits for something that takes a fraction of one."""


def switch_on() -> None:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    assert addon_utils.enable(PACKAGE, default_set=True) is not None


def switch_off() -> None:
    addon_utils.disable(PACKAGE, default_set=True)


@contextmanager
def session(results: Path, monkeypatch: Any) -> Iterator[None]:
    """Everything is recovered by the made-up server into `results`; nothing runs on afterwards."""
    from human_mesh_recovery.blender_addon import preferences, running, state
    from human_mesh_recovery.blender_addon.client.server_process import ServerChoice
    from human_mesh_recovery.blender_addon.operators import press

    def choose(_wishes: object) -> ServerChoice:
        return ServerChoice(
            (sys.executable, str(FAKE_SERVER)), dict(os.environ), False, results.parent / "server.log"
        )

    monkeypatch.setattr(running, "choose_server", choose)
    monkeypatch.setattr(press, "prepare", lambda source, _folder: source)
    switch_on()
    preferences.get().results = str(results)
    bpy.ops.ed.undo_push(message="Start")
    state.state.problems.clear()
    state.state.seen.clear()
    try:
        yield
    finally:
        server = state.state.server
        running.stop()
        if server is not None:
            server.kill()
        switch_off()


def use_sources(monkeypatch: Any, *sources: Any) -> None:
    """Takes the place of what is selected."""
    from human_mesh_recovery.blender_addon import choices

    monkeypatch.setattr(choices, "gather", lambda *_choices: list(sources))


def poll_until(reached: Callable[[], object]) -> None:
    from human_mesh_recovery.blender_addon import running

    end = time.monotonic() + LONGEST
    while not reached():
        assert time.monotonic() < end, "it was not reached"
        running.poll()
        time.sleep(0.01)


def press_and_wait() -> None:
    from human_mesh_recovery.blender_addon.state import state

    assert bpy.ops.human_mesh_recovery.recover() == {"FINISHED"}
    poll_until(lambda: state.press is None)
