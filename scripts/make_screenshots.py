#!/usr/bin/env python3
"""Makes the README's pictures of Blender's window: the example video is recovered in it with the mouse.

    .venv/bin/python scripts/make_screenshots.py

Needs root on Linux; see tests/window. Writes docs/window.jpg, and docs/tab.jpg: the tab before, during and after.
"""

import argparse
import os
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np

from human_mesh_recovery.tests.window import footage
from human_mesh_recovery.tests.window.blender_window import BlenderWindow, open_window
from human_mesh_recovery.tests.window.chroot import new_run, unpacked_blender
from human_mesh_recovery.tests.window.installation import build, install, python_version
from human_mesh_recovery.tests.window.recover_tab import RECOVER, TAB

ROOT = Path(__file__).resolve().parent.parent
FRAMES, SHOWN = 90, 64
TAB_HEIGHT = 470
"""Pixels of the sidebar that are not empty."""


def main() -> None:
    argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    ).parse_args()
    run = new_run(unpacked_blender(os.environ.get("HMR_BLENDER_SUITE", "trixie")))
    try:
        with tempfile.TemporaryDirectory() as folder:
            install(run, build(python_version(run), Path(folder)))
        video = run.bring(ROOT / "examples" / "walk.mp4")
        with open_window(run) as window:
            window.ask(footage.strips([video], 1, 0, FRAMES))
            _take(window)
    finally:
        run.end()


def _take(window: BlenderWindow) -> None:
    window.open_tab(TAB)
    button = window.find_button(RECOVER)
    aside = window.middle("VIEW_3D")
    window.move(aside)
    tabs = [_tab(window)]
    window.click(button)
    window.move(aside)
    window.wait_for("job()['fraction'] > 0.45 or not job()['running']", 180)
    tabs.append(_tab(window))
    window.wait_for("len(figures()) or job()['problems']", 180)
    window.ask(f"bpy.context.scene.frame_set({SHOWN})")
    window.key("alt+a", aside)
    tabs.append(_tab(window))
    _save("window.jpg", window.screenshot("window"))
    _save("tab.jpg", np.hstack(tabs))


def _tab(window: BlenderWindow) -> np.ndarray:
    """The upper part of the sidebar, (TAB_HEIGHT, W, 3) BGR uint8."""
    time.sleep(0.6)  # until it is drawn
    box = window.ask("region('VIEW_3D', 'UI')")
    picture = window.screenshot("tab")
    return picture[box["top"] : box["top"] + TAB_HEIGHT, box["left"] : box["left"] + box["width"]]


def _save(name: str, picture: np.ndarray) -> None:
    cv2.imwrite(str(ROOT / "docs" / name), picture, [cv2.IMWRITE_JPEG_QUALITY, 85])


if __name__ == "__main__":
    main()
