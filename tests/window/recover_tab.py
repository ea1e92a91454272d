"""What a user does in the Recover tab, and what the add-on does then."""

import os
import time
from pathlib import Path
from typing import Any

from .blender_window import BlenderWindow

TAB = "Recover"
RECOVER, CANCEL = "bpy.ops.human_mesh_recovery.recover(", "bpy.ops.human_mesh_recovery.cancel("
NOTHING_RUNS = "not job()['running']"
PATIENCE = 180.0
"""Seconds that a short recovery may take on a slow machine."""


def press_recover(window: BlenderWindow, area: str = "VIEW_3D") -> None:
    """Opens the tab, and presses Recover Mesh with the mouse."""
    window.open_tab(TAB, area)
    window.click(window.find_button(RECOVER, area))
    window.wait_for("job()['running'] or job()['problems']", 10)


def begun(window: BlenderWindow) -> dict[str, Any]:
    """What the add-on says once the server looks at frames."""
    window.wait_for("job()['fraction'] > 0 or not job()['running']", PATIENCE)
    job = window.ask("job()")
    assert job["running"], f"it is over already: {job}"
    return job


def bodies(window: BlenderWindow, count: int) -> list[str]:
    """The names of the bodies, once the work is over and there are that many."""
    window.wait_for(NOTHING_RUNS, PATIENCE)
    window.wait_for(f"len(figures()) == {count} or job()['problems']", 20)
    job = window.ask("job()")
    assert not job["problems"], job
    return window.ask("[figure.name for figure in figures()]")


def work_done_by(process: int, seconds: float = 1.0) -> float:
    """The seconds of a processor that a process uses in that time; 0 if it has ended."""

    def used() -> int:
        try:
            words = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return 0
        return int(words[11]) + int(words[12])

    before = used()
    time.sleep(seconds)
    return max(0, used() - before) / os.sysconf("SC_CLK_TCK")
