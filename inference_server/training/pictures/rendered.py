"""Rendered figures, as `scripts/render_examples.py varied` writes them: 0000.jpg, 0000.npz, 0001.jpg, ...

Beside every picture lies a motion of one frame: the free body, and the camera that saw it.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np

from ...body.files import load_body
from ...body.model import Body, pose_body
from ...body.skeleton import JOINT_NAMES
from ...errors import RecoveryError
from ...motion import load_motion
from ..pose2mesh.bodies import into_camera
from .person import Fit, People, Person, View, box_around

HINT = "`scripts/render_examples.py varied` writes such folders."


def read_rendered(folder: Path) -> People:
    """All of a folder. Figures out of whose picture nothing is in sight are left out. Raises RecoveryError."""
    body = load_body("free")
    people = [person for path in sorted(folder.glob("*.npz")) if (person := _read(path, body))]
    if not people:
        message = f"{folder} holds no rendered figure that can be seen."
        raise RecoveryError("bad_data", message, HINT)
    return People(f"rendered figures in {folder}", people, flat=False, free=True)


def read_drawn(folder: Path) -> People:
    """Drawn figures, which `scripts/draw_figures.py` writes in the same way. Raises RecoveryError."""
    found = read_rendered(folder)
    people = [replace(person, mirrors=False) for person in found.people]
    return replace(found, name=f"drawn figures in {folder}", people=people)


def _read(path: Path, body: Body) -> Person | None:
    motion = load_motion(path)
    picture, camera = path.parent / motion.source, motion.camera
    if camera is None or motion.body != "free" or not motion.source or not picture.is_file():
        lacks = "a camera" if camera is None else "the free body" if motion.body != "free" else "its picture"
        raise RecoveryError("bad_data", f"{path} is no rendered figure: it has not {lacks}.", HINT)
    camera, betas = camera.at(0), motion.betas.astype(np.float64)
    turned, moved = into_camera(
        body,
        motion.poses[:1].astype(np.float64),
        betas[None],
        motion.trans[:1].astype(np.float64),
        camera.rotation,
        camera.translation,
    )
    vertices, joints = pose_body(body, turned, betas, moved)
    if vertices[..., 2].min() <= 0:
        return None
    view = View(np.full(2, camera.focal_length), np.asarray(camera.principal_point, dtype=np.float64))
    box = box_around(view.project(vertices[0]), camera.width, camera.height)
    if box is None:
        return None
    known = np.concatenate([view.project(joints[0]), np.ones((len(JOINT_NAMES), 1))], axis=1)
    person = Person(picture, box, JOINT_NAMES, known, joints[0], view)
    return replace(person, fit=Fit(turned[0], betas, moved[0]))
