"""Rough bodies in the 3D viewports while footage is still being read; nothing of it is in the file."""

from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np

from ..inference_server.body.files import load_body
from ..inference_server.body.model import BETA_COUNT, pose_body
from ..inference_server.colours import srgb

LINGER = 15
"""Frames of the footage after which somebody who is not seen vanishes."""
LIGHT = np.array([-0.46, -0.58, 0.67], dtype=np.float32)
"""Unit vector towards the light, in the world."""
SHADE = 0.45
"""How bright the side away from the light is."""


@dataclass
class LiveBody:
    """One person as last seen: corners (V, 3) in the world, their colours (V, 4) in sRGB."""

    frame: int
    place: int
    """The number of the colour, from 0 in the order of appearance."""
    points: np.ndarray
    colours: np.ndarray
    batch: Any = None
    """What the graphics card draws, made at the first drawing."""


bodies: dict[int, LiveBody] = {}
"""Who is shown, by the server's number."""
_places: dict[int, int] = {}
_job: str | None = None
_handler: Any = None


def show(message: dict) -> None:
    """Shows the people of a "live" message, and for a while those of the ones before, in every 3D viewport."""
    global _job, _handler
    if message["job"] != _job:
        _forget()
        _job = message["job"]
    frame, people = message["frame"], message["people"]
    for who in [who for who, body in bodies.items() if abs(frame - body.frame) > LINGER]:
        del bodies[who]
    if people:
        poses = np.array([person["pose"] for person in people])
        trans = np.array([person["trans"] for person in people])
        points, _ = pose_body(load_body("free"), poses, np.zeros(BETA_COUNT), trans)
        for person, surface in zip(people, points.astype(np.float32), strict=True):
            place = _places.setdefault(person["id"], len(_places))
            bodies[person["id"]] = LiveBody(frame, place, surface, shaded(surface, place))
    if _handler is None and not bpy.app.background:
        _handler = bpy.types.SpaceView3D.draw_handler_add(_draw, (), "WINDOW", "POST_VIEW")
    _redraw()


def hide() -> None:
    """Takes everybody out of the viewports."""
    global _job, _handler
    _forget()
    _job = None
    if _handler is not None:
        bpy.types.SpaceView3D.draw_handler_remove(_handler, "WINDOW")
        _handler = None
        _redraw()


def shaded(points: np.ndarray, place: int) -> np.ndarray:
    """The free body's corners (V, 3) in the world -> colours (V, 4): the person's own in a soft fixed light."""
    faces = load_body("free").faces
    first, second, third = points[faces[:, 0]], points[faces[:, 1]], points[faces[:, 2]]
    across = np.cross(second - first, third - first)
    corners = faces.ravel()
    normals = np.stack(
        [np.bincount(corners, np.repeat(part, 3), minlength=len(points)) for part in across.T], axis=1
    )
    lit = normals @ LIGHT / np.maximum(np.linalg.norm(normals, axis=1), 1e-12)
    colours = np.ones((len(points), 4), dtype=np.float32)
    brightness = SHADE + (1 - SHADE) * (0.5 + 0.5 * lit)
    colours[:, :3] = brightness[:, None] * (np.array(srgb(place)) / 255)
    return colours


def _forget() -> None:
    bodies.clear()
    _places.clear()


def _redraw() -> None:
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "VIEW_3D":
                area.tag_redraw()


def _draw() -> None:
    """Blender calls this for each viewport, in the world's space, with what it has drawn in the depth buffer."""
    import gpu
    from gpu_extras.batch import batch_for_shader

    shader = gpu.shader.from_builtin("SMOOTH_COLOR")
    test, writes = gpu.state.depth_test_get(), gpu.state.depth_mask_get()
    gpu.state.depth_test_set("LESS_EQUAL")
    gpu.state.depth_mask_set(True)
    try:
        shader.bind()
        for body in bodies.values():
            if body.batch is None:
                arrays = {"pos": body.points, "color": body.colours}
                faces = load_body("free").faces.astype(np.int32)
                body.batch = batch_for_shader(shader, "TRIS", arrays, indices=faces)
            body.batch.draw(shader)
    finally:
        gpu.state.depth_test_set(test)
        gpu.state.depth_mask_set(writes)
