#!/usr/bin/env python3
"""Measures the add-on in a real Blender window: presses, steps in Blender's main thread, cancelling.

    HMR_BLENDER_SUITE=sid .venv/bin/python scripts/measure_window.py VIDEO [--frames 100]

Needs root on Linux; see tests/window. Prints one JSON object: times in milliseconds but where a name says seconds.
"""

import argparse
import json
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from human_mesh_recovery.tests.window import footage
from human_mesh_recovery.tests.window.blender_window import BlenderWindow, open_window
from human_mesh_recovery.tests.window.chroot import new_run, unpacked_blender
from human_mesh_recovery.tests.window.installation import build, install, python_version
from human_mesh_recovery.tests.window.recover_tab import CANCEL, NOTHING_RUNS, begun, press_recover

WATCH = """
def timed(owner, name, times):
    inner = getattr(owner, name)
    def outer(*arguments, **options):
        begin = time.perf_counter()
        try:
            return inner(*arguments, **options)
        finally:
            times.append(1000 * (time.perf_counter() - begin))
    setattr(owner, name, outer)

driver.polls, driver.draws, driver.keys = [], [], []
timed(module('blender_addon.running'), 'poll', driver.polls)
timed(module('blender_addon.scene.animation'), 'key_rig', driver.keys)
for panel in bpy.types.Panel.__subclasses__():
    if '.human_mesh_recovery.' in panel.__module__ and 'draw' in vars(panel):
        timed(panel, 'draw', driver.draws)
        # Blender hands over as many arguments as the function names
        panel.draw = (lambda draw: lambda self, context: draw(self, context))(panel.draw)
driver.longest_gap = 0.0
"""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("video", type=Path)
    parser.add_argument("--frames", type=int, default=100, help="how many frames of the video")
    parser.add_argument("--skip", type=int, default=0, help="frames to leave out before that")
    options = parser.parse_args()
    run = new_run(unpacked_blender(os.environ.get("HMR_BLENDER_SUITE", "trixie")))
    try:
        with tempfile.TemporaryDirectory() as folder:
            install(run, build(python_version(run), Path(folder)))
        video = run.bring(options.video)
        with open_window(run) as window:
            window.ask(footage.strips([video], 1, options.skip, options.frames))
            window.ask(WATCH)
            print(json.dumps(_measure(window) | {"blender": window.ask("bpy.app.version_string")}, indent=1))
    finally:
        run.end()


def _measure(window: BlenderWindow) -> dict[str, Any]:
    window.presses = 0
    begin = time.monotonic()
    press_recover(window)
    presses = window.presses
    begun(window)
    while (job := window.ask("job()"))["running"]:
        before = window.ask("(max(driver.polls), max(driver.draws), driver.longest_gap, len(driver.polls))")
        time.sleep(0.05)
    window.wait_for("len(figures()) or job()['problems']")
    polls = window.ask("driver.polls")
    steps = sorted(window.ask("driver.draws"))
    measured = {
        "presses": presses,
        "seconds from the press to bodies": round(time.monotonic() - begin, 1),
        "problems": job["problems"],
        "bodies": window.ask("len(figures())"),
        "longest poll before the build": round(before[0], 1),
        "median poll": round(statistics.median(polls), 2),
        "longest panel drawing": round(steps[-1], 1),
        "longest gap between two steps of Blender's own before the build": round(1000 * before[2]),
        "build": round(max(polls[before[3] :], default=0.0), 1),
        "keys": round(sum(window.ask("driver.keys")), 1),
    }
    press_recover(window)
    begun(window)
    place = window.find_button(CANCEL)
    window.click(place)
    begin = time.monotonic()
    window.wait_for(NOTHING_RUNS, every=0.01)
    return measured | {"from Cancel to its end": round(1000 * (time.monotonic() - begin))}


if __name__ == "__main__":
    main()
