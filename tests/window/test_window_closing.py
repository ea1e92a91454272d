"""Closing a real Blender, or its crash, while it works: no process is left over."""

import time

from . import footage
from .blender_window import open_window
from .chroot import Run
from .recover_tab import begun, press_recover

FIRST, FRAMES = 1, 60


def test_closing_blender_ends_the_work(installed: Run, walk: str):
    with open_window(installed) as window:
        window.ask(footage.strips([walk], FIRST, 0, FRAMES))
        press_recover(window)
        begun(window)
        window.quit()
        _alone(installed)


def test_a_blender_that_crashes_leaves_no_process(installed: Run, walk: str):
    with open_window(installed) as window:
        window.ask(footage.strips([walk], FIRST, 0, FRAMES))
        press_recover(window)
        begun(window)
        window.process.kill()
        window.process.wait()
        _alone(installed)


def _alone(run: Run) -> None:
    """Waits until nothing of the run is left but its screen."""
    end = time.monotonic() + 20
    while left := [command for command in run.processes().values() if not command.startswith("Xvfb")]:
        assert time.monotonic() < end, left
        time.sleep(0.1)
