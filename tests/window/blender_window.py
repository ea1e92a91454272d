"""A real Blender window on a screen of its own, with a mouse, a keyboard, pictures, and answers from inside."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from .chroot import Run

WIDTH, HEIGHT = 1600, 1000
DRIVER = Path(__file__).with_name("driver.py")
ROW = 10
"""Pixels between the places where a button is looked for: half of the lowest button."""


class BlenderEndedError(Exception):
    """Blender has gone; the message ends with what it said."""


@dataclass
class BlenderWindow:
    """Blender with a window, and what a person could do to it. Places are the screen's pixels, y down."""

    run: Run
    process: subprocess.Popen[bytes]
    display: int
    connection: socket.socket
    log: Path
    presses: int = 0
    """How often a mouse button or a key was pressed by `click` and `key`."""

    def ask(self, code: str, limit: float = 60.0) -> Any:
        """The value of an expression, or of `result` after statements, inside Blender. See driver.py.

        limit: seconds. Raises BlenderEndedError, TimeoutError, or RuntimeError with the traceback.
        """
        self.connection.settimeout(limit)
        try:
            self.connection.sendall(json.dumps({"code": code}).encode() + b"\n")
            received = b""
            while not received.endswith(b"\n"):
                part = self.connection.recv(65536)
                if not part:
                    raise ConnectionResetError
                received += part
        except ConnectionError:
            raise BlenderEndedError(f"Blender has ended:\n{self.said()}") from None
        answer = json.loads(received)
        if "error" in answer:
            raise RuntimeError(f"{code}\n{answer['error']}")
        return answer["value"]

    def wait_for(self, code: str, limit: float = 60.0, every: float = 0.05) -> Any:
        """Asks until the value is true, and returns it. Raises AssertionError after `limit` seconds."""
        end = time.monotonic() + limit
        while not (value := self.ask(code)):
            assert time.monotonic() < end, f"still not after {limit} s: {code}\n{self.said()}"
            time.sleep(every)
        return value

    def said(self) -> str:
        """The end of what Blender wrote to its terminal."""
        return self.log.read_text(encoding="utf-8", errors="replace")[-3000:]

    def xdotool(self, *arguments: object) -> None:
        self.run.call(["xdotool", *map(str, arguments)], self.display)

    def move(self, place: tuple[int, int]) -> None:
        self.xdotool("mousemove", *place)

    def click(self, place: tuple[int, int]) -> None:
        """Moves there, waits until Blender has seen it, and presses the left mouse button."""
        self.move((place[0] - 3, place[1]))
        time.sleep(0.15)
        self.move(place)
        time.sleep(0.25)
        self.xdotool("click", 1)
        self.presses += 1

    def key(self, name: str, place: tuple[int, int] | None = None) -> None:
        """Presses a key, named as X names it ("ctrl+z", "Escape"), with the mouse at `place`."""
        if place is not None:
            self.move(place)
            time.sleep(0.3)
        self.xdotool("key", name)
        self.presses += 1

    def middle(self, area: str, region: str = "WINDOW") -> tuple[int, int]:
        box = self.ask(f"region({area!r}, {region!r})")
        return box["left"] + box["width"] // 2, box["top"] + box["height"] // 2

    def find_button(self, what: str, area: str = "VIEW_3D", region: str = "UI") -> tuple[int, int]:
        """Where in a region a button is: `what` begins its operator's call or its property's path, see driver.py.

        The mouse goes over the region's rows, top down, as a reading eye would. Raises AssertionError.
        """
        box = self.ask(f"region({area!r}, {region!r})")
        seen: list[str] = []
        for share in (0.45, 0.84, 0.72, 0.15):
            x = box["left"] + int(box["width"] * share)
            for y in range(box["top"] + ROW, box["top"] + box["height"], ROW):
                self.move((x, y))
                time.sleep(0.03)
                found = self.ask(f"hovered({area!r}, {region!r})")
                if what in found:
                    return x, y + ROW // 2
                if found and found not in seen:
                    seen.append(found)
        self.screenshot("button not found")
        raise AssertionError(f"no button {what} in {area}'s {region}, only {seen}")

    def open_tab(self, tab: str, area: str = "VIEW_3D") -> None:
        """Opens the sidebar with N and chooses its tab with the mouse."""
        place = self.middle(area)
        if not self.ask(f"area({area!r}).spaces.active.show_region_ui"):
            self.key("n", place)
        self.wait_for(f"region({area!r}, 'UI')['tab'] not in ('', 'UNSUPPORTED')", 10)
        if self.ask(f"region({area!r}, 'UI')['tab']") != tab:
            self.click(self._find_tab(tab, area))
        self.wait_for(f"region({area!r}, 'UI')['tab'] == {tab!r}", 10)

    def _find_tab(self, tab: str, area: str) -> tuple[int, int]:
        """Where the tab is. Tries are no presses of a user's: the tab shown before is shown again."""
        box = self.ask(f"region({area!r}, 'UI')")
        presses = self.presses
        x = box["left"] + box["width"] - 10
        show = f"next(r for r in area({area!r}).regions if r.type == 'UI').active_panel_category"
        for y in range(min(box["top"] + box["height"] - 10, box["top"] + 400), box["top"], -20):
            self.move((x, y))
            time.sleep(0.1)
            self.xdotool("click", 1)
            time.sleep(0.1)
            if self.ask(show) == tab:
                self.ask(f"{show} = {box['tab']!r}")
                self.presses = presses
                return x, y
        raise AssertionError(f"no tab {tab} in {area}'s sidebar")

    def screenshot(self, name: str) -> np.ndarray:
        """What the screen shows, (H, W, 3) BGR uint8. Also kept as a PNG in HMR_SCREENSHOTS, if that is set."""
        self.run.call(["import", "-window", "root", self.run.inside("screen.png")], self.display)
        picture = self.run.folder / "screen.png"
        keep = os.environ.get("HMR_SCREENSHOTS")
        if keep:
            Path(keep).mkdir(parents=True, exist_ok=True)
            shutil.copyfile(picture, Path(keep) / f"{name}.png")
        return cv2.imread(str(picture))

    def save(self, name: str) -> None:
        """Saves the file in the run's folder."""
        self.ask(f"bpy.ops.wm.save_as_mainfile(filepath={self.run.inside(name)!r})")

    def open(self, name: str) -> None:
        """Opens a file of the run's folder, its layout of the window too."""
        before = self.ask("module('blender_addon.state').state.file_number")
        self.ask(f"later(lambda: bpy.ops.wm.open_mainfile(filepath={self.run.inside(name)!r}))")
        self.wait_for(f"module('blender_addon.state').state.file_number > {before}")

    def quit(self) -> None:
        """Closes Blender as its menu does, without a question about unsaved changes."""
        with contextlib.suppress(BlenderEndedError):
            self.ask("later(bpy.ops.wm.quit_blender)")
        self.process.wait(timeout=30)


@contextlib.contextmanager
def open_window(run: Run, arguments: tuple[str, ...] = ()) -> Iterator[BlenderWindow]:
    """Blender's window, open with the extension that the run's home holds. Whatever happens, all of it ends."""
    log = run.folder / "blender.log"
    with _screen(run) as display, open(log, "wb") as output:
        path = run.inside("driver.sock")
        (run.folder / "driver.sock").unlink(missing_ok=True)
        shutil.copyfile(DRIVER, run.folder / "driver.py")
        command = ["blender", "--window-geometry", "0", "0", str(WIDTH), str(HEIGHT), *arguments]
        command += ["--python", run.inside("driver.py"), "--", path]
        process = run.start(command, output, display)
        try:
            connection = _connect(run, process, log)
            with connection:
                yield BlenderWindow(run, process, display, connection, log)
        finally:
            process.kill()
            process.wait()


@contextlib.contextmanager
def _screen(run: Run) -> Iterator[int]:
    """A screen without a monitor; its display number, which is the first that is free."""
    reading, writing = os.pipe()
    with open(run.folder / "screen.log", "wb") as log:
        geometry = f"{WIDTH}x{HEIGHT}x24"
        command = [
            "Xvfb",
            "-displayfd",
            str(writing),
            "-screen",
            "0",
            geometry,
            "-nolisten",
            "tcp",
            "-noreset",
        ]
        server = run.start(command, log, keep=(writing,))
        os.close(writing)
        try:
            with os.fdopen(reading) as told:
                yield int(told.readline())
        finally:
            server.terminate()
            server.wait()


def _connect(run: Run, process: subprocess.Popen[bytes], log: Path) -> socket.socket:
    end = time.monotonic() + 90
    while time.monotonic() < end:
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.connect(str(run.folder / "driver.sock"))
            return connection
        except OSError:
            connection.close()
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise BlenderEndedError(f"Blender did not start:\n{log.read_text(errors='replace')[-3000:]}")
