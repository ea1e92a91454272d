#!/usr/bin/env python3
"""Makes the README's screenshots of Blender's window: a video is recovered in it with the mouse.

    .venv/bin/python scripts/make_screenshots.py VIDEO [--skip 75] [--frames 60]

Needs root on Linux; see tests/window. Writes docs/job.jpg (while it works) and docs/panel.jpg (afterwards).
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
from human_mesh_recovery.tests.window.recover_tab import press_recover

DOCS = Path(__file__).resolve().parent.parent / "docs"
FIRST = 1


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("video", type=Path)
    parser.add_argument(
        "--skip", type=int, default=75, help="frames of the video to leave out before the strip"
    )
    parser.add_argument("--frames", type=int, default=60, help="how many frames the strip shows")
    options = parser.parse_args()
    run = new_run(unpacked_blender(os.environ.get("HMR_BLENDER_SUITE", "trixie")))
    try:
        with tempfile.TemporaryDirectory() as folder:
            install(run, build(python_version(run), Path(folder)))
        video = run.bring(options.video)
        with open_window(run) as window:
            window.ask(footage.strips([video], FIRST, options.skip, options.frames))
            window.ask("bpy.data.objects.remove(bpy.data.objects['Cube'])")
            _while_it_works(window)
            _afterwards(window, FIRST + options.frames // 2)
    finally:
        run.end()


def _while_it_works(window: BlenderWindow) -> None:
    press_recover(window)
    window.move(window.middle("VIEW_3D"))
    window.wait_for("job()['fraction'] > 0.4 or not job()['running']", 180)
    time.sleep(0.5)
    save("job.jpg", viewport(window))


def _afterwards(window: BlenderWindow, frame: int) -> None:
    window.wait_for("len(figures()) or job()['problems']", 180)
    window.click(window.find_button("bpy.ops.human_mesh_recovery.view_through_camera("))
    window.wait_for("area('VIEW_3D').spaces.active.region_3d.view_perspective == 'CAMERA'")
    time.sleep(1)  # the view glides there
    place = window.middle("VIEW_3D")
    window.key("Home", place)
    window.key("alt+a", place)
    window.ask(f"bpy.context.scene.frame_set({frame})")
    time.sleep(1)
    save("panel.jpg", viewport(window))


def viewport(window: BlenderWindow) -> np.ndarray:
    """The 3D viewport with its sidebar, (H, W, 3) BGR uint8."""
    picture = window.screenshot("viewport")
    left, top, width, height = window.ask(
        "(lambda a, h: (a.x, h - a.y - a.height, a.width, a.height))"
        "(area('VIEW_3D'), bpy.context.window_manager.windows[0].height)"
    )
    return picture[top : top + height, left : left + width]


def save(name: str, picture: np.ndarray) -> None:
    cv2.imwrite(str(DOCS / name), picture, [cv2.IMWRITE_JPEG_QUALITY, 85])


if __name__ == "__main__":
    main()
