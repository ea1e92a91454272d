"""Figures drawn flat in a few milliseconds each, as no picture is: every limb has its own colour, whoever it is, and
what is behind it is grey.

A network finds out from a few thousand of them how bodies stand, so that a training can be tried out without a GPU
and without pictures of people. They are written as rendered figures are.
"""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ...body.model import Body, pose_body
from ...body.rotation import matrix_to_axis_angle
from ...body.skeleton import JOINT_NAMES
from ...motion import Camera, Motion, save_motion
from ...triangles import seen_triangles
from ..motions import Motions
from ..pose2mesh.bodies import Bodies, draw, into_camera
from ..poses import sample_poses
from .person import Array

SIDE, FILLED = 136, 0.6
"""Pixels of a picture's side, and the share of it that the figure takes: no crop reaches beyond the picture."""
TOGETHER = 16
SHAPE_LIMIT = 2.5
WORLD_TO_CAMERA = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])
"""A level camera that looks along the world's Y; the world has Z up."""
COLOURS = {
    "": (60, 45, 40), "head": (235, 190, 160),
    "left_shoulder": (230, 60, 50), "left_elbow": (250, 140, 40), "left_wrist": (250, 220, 60),
    "right_shoulder": (40, 70, 220), "right_elbow": (50, 160, 240), "right_wrist": (90, 230, 230),
    "left_hip": (200, 40, 160), "left_knee": (240, 120, 200), "left_ankle": (250, 190, 230),
    "right_hip": (20, 120, 50), "right_knee": (70, 190, 70), "right_ankle": (160, 240, 120),
}  # fmt: skip
"""Red, green, blue of the skin that a joint carries, or one that hangs from it and has none; "" of the trunk's."""
CARRIED_ON = {"hand": "wrist", "foot": "ankle"}
AMBIENT, NOISE = 0.45, 4.0
DARKEST, BRIGHTEST = 105, 135
"""Of the grey wall, which no limb resembles."""


def write_drawn(
    body: Body,
    motions: Motions,
    folder: Path,
    count: int,
    seed: int,
    on_figure: Callable[[], object] = lambda: None,
) -> None:
    """Writes 0000.png, 0000.npz, 0001.png, ... Poses are the motion's own, seen from all around, shapes are drawn.

    Raises RecoveryError("unwritable").
    """
    folder.mkdir(parents=True, exist_ok=True)
    random, colours = np.random.default_rng(seed), face_colours(body)
    for first in range(0, count, TOGETHER):
        size = min(TOGETHER, count - first)
        poses = matrix_to_axis_angle(sample_poses(motions, random, size, change=False)[:, 0])
        poses, betas, trans = draw(Bodies(poses.astype(np.float32), None, None), random, size)
        betas = betas.clip(-SHAPE_LIMIT, SHAPE_LIMIT)
        vertices, joints = pose_body(body, poses, betas, trans)
        turned, moved = into_camera(body, poses, betas, trans, WORLD_TO_CAMERA.T, np.zeros(3))
        for row in range(size):
            camera = _camera(vertices[row])
            path = folder / f"{first + row:04d}.png"
            picture = draw_figure(vertices[row], body, colours, camera, random)
            path.write_bytes(cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))[1].tobytes())
            motion = Motion(
                turned[row : row + 1].astype(np.float32), betas[row].astype(np.float32),
                moved[row : row + 1].astype(np.float32), 1.0, np.arange(1), camera,
                joints=joints[row : row + 1].astype(np.float32), source=path.name,
            )  # fmt: skip
            save_motion(motion, path.with_suffix(".npz"))
            on_figure()


def draw_figure(
    vertices: Array, body: Body, colours: Array, camera: Camera, random: np.random.Generator
) -> NDArray[np.uint8]:
    """(H, W, 3) RGB: a body, vertices (V, 3) in camera space, colours (T, 3), under a light from anywhere before it,
    on a grey wall.
    """
    corners = vertices[body.faces]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals /= np.linalg.norm(normals, axis=1, keepdims=True) + 1e-12
    light = random.normal(size=3) * [1, 1, 0.3] + [0, -0.5, -1.5]
    shade = AMBIENT + (1 - AMBIENT) * np.clip(normals @ light / np.linalg.norm(light), 0, 1)
    seen = seen_triangles(vertices, body.faces, camera)
    wall = np.full(3, random.uniform(DARKEST, BRIGHTEST))
    picture = np.where((seen >= 0)[..., None], (colours * shade[:, None])[seen], wall)
    return np.clip(picture + random.normal(0, NOISE, picture.shape), 0, 255).astype(np.uint8)


def face_colours(body: Body) -> Array:
    """(T, 3) of each triangle, by the joint that carries most of its first corner."""
    table = []
    for name in JOINT_NAMES:
        side, _, joint = name.partition("_")
        table.append(COLOURS.get(f"{side}_{CARRIED_ON.get(joint, joint)}" if joint else name, COLOURS[""]))
    return np.array(table, dtype=np.float64)[body.weights[body.faces[:, 0]].argmax(axis=1)]


def _camera(vertices: Array) -> Camera:
    """Whose picture the body fills."""
    flat = vertices[:, :2] / vertices[:, 2:]
    low, high = flat.min(axis=0), flat.max(axis=0)
    focal_length = FILLED * SIDE / (high - low).max()
    return Camera(
        float(focal_length), (SIDE - 1) / 2 - focal_length * (low + high) / 2, SIDE, SIDE, WORLD_TO_CAMERA
    )
