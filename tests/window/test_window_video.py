"""A real Blender window: a strip of a real video, the button pressed with the mouse, bodies over the people."""

import json
import time
from pathlib import Path

import numpy as np

from human_mesh_recovery.inference_server.motion import Motion, load_motion

from . import seen, two_people
from .blender_window import BlenderWindow
from .recover_tab import CANCEL, NOTHING_RUNS, begun, bodies, press_recover, work_done_by
from .two_people import FIRST, FRAMES, SKIP

MOST_PRESSES = 4
VIEW = "bpy.ops.human_mesh_recovery.view_through_camera("


def test_a_selected_strip_becomes_bodies_that_cover_the_people(window: BlenderWindow, jumps: str):
    two_people.show_strip(window, jumps)
    window.ask("bpy.data.objects['Cube'].hide_set(True)")
    window.ask("bpy.ops.ed.undo_push(message='Footage')")
    before = window.ask("len(bpy.data.objects)")
    steps = len(window.ask("undo_steps()"))
    window.presses = 0
    press_recover(window)
    _watch_the_bar(window)
    bodies(window, 2)
    print(f"presses from an open Blender to bodies in the scene: {window.presses}")
    assert window.presses <= MOST_PRESSES
    assert len(window.ask("undo_steps()")) == steps + 1
    made = window.ask("len(bpy.data.objects)")

    viewport = window.middle("VIEW_3D")
    window.key("ctrl+z", viewport)
    window.wait_for(f"len(bpy.data.objects) == {before} and not figures()", 10)
    window.key("ctrl+shift+z", viewport)
    window.wait_for(f"len(bpy.data.objects) == {made} and len(figures()) == 2", 10)

    two_people.keep(window)

    _look_through_the_camera(window)
    window.screenshot("video")
    motions = _motions(window)
    frame = seen.camera_frame(window)
    for index in (0, FRAMES // 2, FRAMES - 1):
        window.ask(f"bpy.context.scene.frame_set({FIRST + index})")
        without = seen.show_only(window, [], f"nobody, frame {index}")
        for name, motion in motions.items():
            assert motion.frames[index] == SKIP + index
            shown = seen.show_only(window, [name], f"{name}, frame {index}")
            _check_cover(frame, seen.body_mask(window, shown, without), motion, index)


def test_the_mouse_and_escape_end_the_work(window: BlenderWindow, jumps: str):
    two_people.show_strip(window, jumps)
    press_recover(window)
    server = begun(window)["server"]
    window.click(window.find_button(CANCEL))
    window.wait_for(NOTHING_RUNS, 10)
    assert work_done_by(server) < 0.5
    assert window.ask("len(figures())") == 0
    assert window.ask("job()['problems']") == []

    press_recover(window)
    server = begun(window)["server"]
    window.key("Escape", window.middle("VIEW_3D"))
    window.wait_for(NOTHING_RUNS, 10)
    assert work_done_by(server) < 0.5
    assert window.ask("len(figures())") == 0


def _watch_the_bar(window: BlenderWindow) -> None:
    """The bar moves, in what the add-on says and on the screen."""
    begun(window)
    box = window.ask("region('VIEW_3D', 'UI')")
    part = (slice(box["top"], box["top"] + box["height"]), slice(box["left"], box["left"] + box["width"]))
    first = window.ask("job()")
    before = window.screenshot("job, early")[part]
    window.wait_for(f"job()['fraction'] > {first['fraction']} + 0.15 or not job()['running']")
    later = window.ask("job()")
    assert later["running"], later
    assert later["fraction"] > first["fraction"]
    assert (window.screenshot("job, later")[part] != before).any()


def _look_through_the_camera(window: BlenderWindow) -> None:
    window.click(window.find_button(VIEW))
    window.wait_for("area('VIEW_3D').spaces.active.region_3d.view_perspective == 'CAMERA'", 10)
    time.sleep(1)  # the view glides there


def _motions(window: BlenderWindow) -> dict[str, Motion]:
    """The motion of each body, by the body's name."""
    code = """
result = {}
for found in bpy.context.scene.human_mesh_recovery.results:
    for person in found.people:
        figure = next(figure for figure in figures() if figure.parent == person.rig)
        result[figure.name] = person.path
"""
    paths = window.ask(code)
    return {name: load_motion(Path(f"{window.run.root}{path}")) for name, path in paths.items()}


def _check_cover(frame: seen.Frame, mask: np.ndarray, motion: Motion, index: int) -> None:
    """The body's pixels (H, W) on the screen lie where the networks saw the person in that frame of the video."""
    assert motion.camera is not None
    assert motion.keypoints_2d is not None
    keypoints = motion.keypoints_2d[index]
    places = frame.on_screen(keypoints[:, :2], motion.camera.width, motion.camera.height)
    limbs = np.arange(len(keypoints))[seen.LIMBS]
    limbs = limbs[keypoints[limbs, 2] > seen.CONFIDENT]
    covered, inside = seen.covered_share(mask, places[limbs], 2), seen.share_in_box(mask, places, 0.15)
    print(
        json.dumps(
            {"person": motion.person, "frame": index, "limbs covered": covered, "inside the box": inside}
        )
    )
    assert len(limbs) >= 4
    assert covered >= 0.8
    assert inside >= 0.95
