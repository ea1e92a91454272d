"""Runs inside the Blender that a test drives: evaluates what the test asks for, between Blender's own steps.

    blender --python driver.py -- SOCKET

One JSON object a line: {"code"} -> {"value"} or {"error"}. Code is an expression, or statements that set `result`.
"""

import ast
import ctypes
import json
import os
import socket
import sys
import time
import traceback

import bpy
from bpy_extras import view3d_utils

TICK = 0.02
PACKAGE = "bl_ext.user_default.human_mesh_recovery"


class Driver:
    """Listens at a socket's path; `tick` is Blender's timer."""

    def __init__(self, path: str) -> None:
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen(1)
        self.listener.setblocking(False)
        self.client: socket.socket | None = None
        self.received = b""
        self.last_tick = time.monotonic()
        self.longest_gap = 0.0
        self.names = {
            "bpy": bpy,
            "os": os,
            "sys": sys,
            "time": time,
            "driver": self,
            "module": module,
            "area": area,
            "region": region,
            "hovered": hovered,
            "undo_steps": undo_steps,
            "figures": figures,
            "camera_frame": camera_frame,
            "job": job,
            "later": later,
        }

    def tick(self) -> float:
        now = time.monotonic()
        self.longest_gap = max(self.longest_gap, now - self.last_tick)
        try:
            self._serve()
        except ConnectionError:
            self.client = None
        self.last_tick = time.monotonic()
        return TICK

    def _serve(self) -> None:
        try:
            if self.client is None:
                self.client, _ = self.listener.accept()
                self.client.setblocking(False)
            self.received += self.client.recv(65536)
        except BlockingIOError:
            return
        while b"\n" in self.received:
            line, self.received = self.received.split(b"\n", 1)
            answer = self._answer(json.loads(line)["code"])
            self.client.setblocking(True)
            self.client.sendall(answer.encode() + b"\n")
            self.client.setblocking(False)

    def _answer(self, code: str) -> str:
        try:
            tree = ast.parse(code)
            with bpy.context.temp_override(window=bpy.context.window_manager.windows[0]):
                if len(tree.body) == 1 and isinstance(tree.body[0], ast.Expr):
                    value = eval(code, self.names)
                else:
                    self.names["result"] = None
                    exec(code, self.names)
                    value = self.names["result"]
            return json.dumps({"value": value}, default=list)
        except Exception:
            return json.dumps({"error": traceback.format_exc()})


def module(name: str):
    """A module of the installed extension, such as "blender_addon.running"."""
    return sys.modules[f"{PACKAGE}.{name}"]


def area(kind: str):
    """The first window's largest area of that type."""
    screen = bpy.context.window_manager.windows[0].screen
    return max((a for a in screen.areas if a.type == kind), key=lambda a: a.width * a.height)


def region(area_kind: str, kind: str) -> dict:
    """Where a region is, in pixels of the screen from its top left corner, and the tab that it shows."""
    window = bpy.context.window_manager.windows[0]
    found = next(r for r in area(area_kind).regions if r.type == kind)
    return {
        "left": window.x + found.x,
        "top": window.height - found.y - found.height,
        "width": found.width,
        "height": found.height,
        "tab": getattr(found, "active_panel_category", ""),
    }


def hovered(area_kind: str, kind: str) -> str:
    """What the button under the mouse does: "bpy.ops.mesh.select_all()", or a property's "bpy.data.x.y"; or ""."""
    manager = bpy.context.window_manager
    manager.clipboard = ""
    place = area(area_kind)
    part = next(r for r in place.regions if r.type == kind)
    with bpy.context.temp_override(window=manager.windows[0], area=place, region=part):
        if bpy.ops.ui.copy_python_command_button.poll():
            bpy.ops.ui.copy_python_command_button()
        elif bpy.ops.ui.copy_data_path_button.poll():
            bpy.ops.ui.copy_data_path_button(full_path=True)
    return manager.clipboard


def job() -> dict:
    """What the add-on is doing, and what came of it."""
    state = module("blender_addon.state").state
    told = {
        "running": state.press is not None,
        "server": state.server.process_id if state.server is not None and state.server.alive else None,
        "problems": [[problem.label, problem.message, problem.hint] for problem in state.problems],
        "seen": [seen.frames for seen in state.seen],
        "fraction": 0.0,
        "stage": "",
        "text": "",
        "tasks": [],
    }
    if state.press is not None:
        progress = state.press.work.progress
        told |= {"fraction": progress.fraction, "stage": progress.stage, "text": progress.text}
        told["tasks"] = [task.state for task in state.press.work.tasks]
    return told


def later(call) -> None:
    """Calls something that must not run within an answer, such as opening another file."""
    bpy.app.timers.register(lambda: call() and None, first_interval=0.01)


def figures() -> list:
    """The bodies: the meshes that an armature carries."""
    return [
        o for o in bpy.context.scene.objects if o.type == "MESH" and o.parent and o.parent.type == "ARMATURE"
    ]


def camera_frame() -> tuple[float, float, float, float]:
    """Left, top, width and height on the screen of what the active camera sees, where the viewport shows that."""
    window, scene, place = bpy.context.window_manager.windows[0], bpy.context.scene, area("VIEW_3D")
    part = next(r for r in place.regions if r.type == "WINDOW")
    view = place.spaces.active.region_3d
    assert view.view_perspective == "CAMERA"
    corners = [scene.camera.matrix_world @ corner for corner in scene.camera.data.view_frame(scene=scene)]
    places = [view3d_utils.location_3d_to_region_2d(part, view, corner) for corner in corners]
    x, y = [window.x + part.x + p.x for p in places], [window.height - part.y - p.y for p in places]
    return min(x), min(y), max(x) - min(x), max(y) - min(y)


def undo_steps() -> list[str]:
    """The names in the undo stack, oldest first. Blender has no call for it but one that prints them."""
    library = ctypes.CDLL(None)
    sys.stdout.flush()
    library.fflush(None)
    kept, (reading, writing) = os.dup(1), os.pipe()
    os.dup2(writing, 1)
    try:
        bpy.context.window_manager.print_undo_steps()
        sys.stdout.flush()
        library.fflush(None)
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(writing)
    with os.fdopen(reading) as said:
        return [line.strip() for line in said if line.strip()]


def main() -> None:
    driver = Driver(sys.argv[sys.argv.index("--") + 1])
    bpy.app.timers.register(driver.tick, first_interval=0.5, persistent=True)


main()
