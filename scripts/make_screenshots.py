#!/usr/bin/env python3
"""Makes the README's pictures of Blender's window: the example video is recovered in it with the mouse.

    .venv/bin/python scripts/make_screenshots.py

Needs root on Linux and the extra `blender`; see tests/window. Writes docs/window.jpg; docs/tab.jpg: the tab before,
during and after; and docs/retarget.jpg: a robot that does what the person does.
"""

import argparse
import os
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
from examples.robot import write_robot

from human_mesh_recovery.tests.window import footage
from human_mesh_recovery.tests.window.blender_window import BlenderWindow, open_window
from human_mesh_recovery.tests.window.chroot import new_run, unpacked_blender
from human_mesh_recovery.tests.window.installation import build, install, python_version
from human_mesh_recovery.tests.window.recover_tab import RECOVER, TAB

ROOT = Path(__file__).resolve().parent.parent
FRAMES, SHOWN = 90, 64
TAB_HEIGHT = 470
"""Pixels of the sidebar that are not empty."""
RETARGET = "bpy.ops.human_mesh_recovery.retarget("
BESIDE = """
bpy.ops.import_scene.gltf(filepath={path!r})
robot = next(o for o in bpy.context.scene.objects if o.type == 'ARMATURE' and o.name.startswith('Robot'))
person = next(figure.parent for figure in figures() if figure.parent != robot)
hip = lambda bone: person.matrix_world @ person.pose.bones[bone].head
bpy.context.scene.frame_set(1)
across = (hip('left_hip') - hip('right_hip')).normalized()
robot.location.xy = hip('pelvis').xy - 1.3 * across.xy
for o in bpy.context.view_layer.objects:
    o.select_set(o in (robot, person))
bpy.context.view_layer.objects.active = robot
bpy.context.scene.frame_set({frame})
across = (hip('left_hip') - hip('right_hip')).normalized()
from_where = across.cross((0, 0, 1)) + across * 0.5
from_where.z = 0.25
view = area('VIEW_3D').spaces.active
view.region_3d.view_perspective = 'PERSP'
view.region_3d.view_location = hip('pelvis') - 0.4 * across
view.region_3d.view_distance = 6.5
view.region_3d.view_rotation = from_where.to_track_quat('Z', 'Y')
view.overlay.show_bones = False
"""
"""Code that puts a character beside the person, selects both, and looks at them from ahead."""


def main() -> None:
    argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    ).parse_args()
    run = new_run(unpacked_blender(os.environ.get("HMR_BLENDER_SUITE", "trixie")))
    try:
        with tempfile.TemporaryDirectory() as folder:
            install(run, build(python_version(run), Path(folder)))
            write_robot(Path(folder) / "robot.glb")
            robot = run.bring(Path(folder) / "robot.glb")
        video = run.bring(ROOT / "examples" / "walk.mp4")
        with open_window(run) as window:
            window.ask(footage.strips([video], 1, 0, FRAMES))
            _take(window)
            _take_retargeting(window, robot)
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


def _take_retargeting(window: BlenderWindow, robot: str) -> None:
    window.ask(BESIDE.format(path=robot, frame=SHOWN))
    window.click(window.find_button(RETARGET))
    window.wait_for("module('blender_addon.retarget.live').is_shown(bpy.context.scene)", 30)
    window.move(window.middle("VIEW_3D"))
    time.sleep(1)  # until it is drawn
    _save("retarget.jpg", window.screenshot("retarget"))


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
