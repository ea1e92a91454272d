"""What can go wrong while a real Blender works: a clear message, no process left over, and the next press works."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import pytest

from . import footage
from .blender_window import BlenderWindow
from .recover_tab import NOTHING_RUNS, RECOVER, TAB, begun, bodies, press_recover

FIRST, FRAMES = 1, 60
RESULTS = "home/.local/share/human-mesh-recovery/results"
"""Where the add-on keeps its results, in the run's folder."""


def problem(window: BlenderWindow) -> str:
    """What the panel says, once the work is over."""
    window.wait_for(NOTHING_RUNS, 60)
    problems = window.ask("job()['problems']")
    assert len(problems) == 1, problems
    return " ".join(problems[0])


def next_press_works(window: BlenderWindow, path: str) -> None:
    window.ask("bpy.context.scene.sequence_editor_clear()")
    window.ask(footage.strips([path], FIRST, 50, 6))
    window.move(window.middle("VIEW_3D"))  # the panel is drawn anew when the mouse comes to it
    time.sleep(0.3)
    press_recover(window)
    bodies(window, 1)


def test_a_killed_server_is_told_and_the_next_press_works(window: BlenderWindow, walk: str):
    window.ask(footage.strips([walk], FIRST, 0, FRAMES))
    press_recover(window)
    server = begun(window)["server"]
    assert server in window.run.processes()
    os.kill(server, signal.SIGKILL)
    assert "ended unexpectedly" in problem(window)
    window.screenshot("server killed")
    assert window.ask("len(figures())") == 0
    next_press_works(window, walk)


def test_a_file_that_is_gone_is_named(window: BlenderWindow, walk: str):
    copy = window.run.folder / "gone.mp4"
    copy.write_bytes((window.run.folder / "walk.mp4").read_bytes())
    window.ask(footage.strips([window.run.inside("gone.mp4")], FIRST, 0, FRAMES))
    copy.unlink()
    window.open_tab(TAB)
    window.click(window.find_button(RECOVER))
    time.sleep(1)
    said = window.ask("[source.problem for source in module('blender_addon.choices').sources(bpy.context)]")
    assert "gone.mp4 is missing" in said[0]
    assert not window.ask("job()['running']")
    window.screenshot("file gone")
    next_press_works(window, walk)


def test_frames_that_vanish_on_the_way_are_told(window: BlenderWindow, walk: str):
    folder = window.run.folder / "frames"
    names = _as_pictures(window.run.folder / "walk.mp4", folder, FRAMES)
    window.ask(footage.picture_strip(window.run.inside("frames"), names, FIRST))
    press_recover(window)
    begun(window)
    for name in names[FRAMES // 2 :]:
        (folder / name).unlink()
    said = problem(window)
    assert "frames" in said
    assert window.ask("len(figures())") == 0
    next_press_works(window, walk)


def test_a_full_disk_is_told_and_the_next_press_works(window: BlenderWindow, walk: str):
    window.ask(footage.strips([walk], FIRST, 50, 12))
    with _small_disk(window.run.folder / RESULTS):
        press_recover(window)
        assert "is full" in problem(window)
    assert window.ask("len(figures())") == 0
    next_press_works(window, walk)


def _as_pictures(video: Path, folder: Path, count: int) -> list[str]:
    """Writes a video's first frames as JPEGs; their names."""
    folder.mkdir(exist_ok=True)
    reader, names = cv2.VideoCapture(str(video)), []
    for number in range(count):
        _, image = reader.read()
        names.append(f"frame{number:03}.jpg")
        cv2.imwrite(str(folder / names[-1]), image)
    return names


@contextlib.contextmanager
def _small_disk(folder: Path) -> Iterator[None]:
    """A disk of 24 kB in place of the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", "size=24k", "none", str(folder)]
    mounted = subprocess.run(command, capture_output=True, text=True, check=False)
    if mounted.returncode:
        pytest.skip(f"no small disk can be mounted here: {mounted.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
