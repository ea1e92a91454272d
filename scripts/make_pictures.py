#!/usr/bin/env python3
"""Makes the README's pictures from the examples: recovers them, renders the scenes, sets views side by side.

    .venv/bin/python scripts/make_pictures.py

Needs the extra `blender`. Writes docs/still.jpg and docs/walk.jpg.
"""

import tempfile
from pathlib import Path

import bpy
import cv2
import numpy as np
from mathutils import Vector

from human_mesh_recovery.inference_server.cli import main as recover_mesh

ROOT = Path(__file__).resolve().parent.parent
HEIGHT = 400
SAMPLES = 24
SIDE_CAMERA = (3.4, -2.2, 1.5)
"""Metres from the person's place on the floor."""


def main() -> None:
    (ROOT / "docs").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        still = recover("still.jpg", scratch)
        open_scene(still)
        source = cv2.imread(str(ROOT / "examples" / "still.jpg"))
        save("still.jpg", [source, render(1), render_from_the_side(1)])
        walk = recover("walk.mp4", scratch)
        open_scene(walk)
        save("walk.jpg", [render(frame) for frame in (8, 45, 100)])


def recover(name: str, folder: Path) -> Path:
    """Recovers an example and returns its .blend."""
    scene = folder / Path(name).with_suffix(".blend").name
    code = recover_mesh(["recover", str(ROOT / "examples" / name), "--output", str(scene)])
    if code:
        raise SystemExit(code)
    return scene


def open_scene(path: Path) -> None:
    bpy.ops.wm.open_mainfile(filepath=str(path))
    scene = bpy.context.scene
    scene.cycles.samples = SAMPLES
    scene.render.image_settings.file_format = "PNG"


def render(frame: int) -> np.ndarray:
    """What the scene's camera sees, as (H, W, 3) BGR uint8."""
    scene = bpy.context.scene
    scene.frame_set(frame)
    with tempfile.TemporaryDirectory() as folder:
        scene.render.filepath = str(Path(folder) / "picture.png")
        bpy.ops.render.render(write_still=True)
        return cv2.imread(scene.render.filepath)


def render_from_the_side(frame: int) -> np.ndarray:
    """The first person alone, from another side."""
    scene = bpy.context.scene
    scene.frame_set(frame)
    rig = next(made for made in scene.objects if made.type == "ARMATURE")
    pelvis = rig.matrix_world @ rig.pose.bones[0].head
    data = bpy.data.cameras.new("Side")
    view = bpy.data.objects.new("Side", data)
    scene.collection.objects.link(view)
    view.location = Vector((pelvis.x, pelvis.y, 0.0)) + Vector(SIDE_CAMERA)
    view.rotation_euler = (
        (Vector((pelvis.x, pelvis.y, 0.85)) - view.location).to_track_quat("-Z", "Y").to_euler()
    )
    data.lens = 50
    scene.camera = view
    scene.render.engine = "BLENDER_WORKBENCH"
    scene.render.film_transparent = False
    if hasattr(scene, "use_nodes"):
        scene.use_nodes = False
    return render(frame)


def save(name: str, pictures: list[np.ndarray]) -> None:
    """Sets the pictures side by side at one height."""
    resized = [
        cv2.resize(p, (round(p.shape[1] * HEIGHT / p.shape[0]), HEIGHT), interpolation=cv2.INTER_AREA)
        for p in pictures
    ]
    gap = np.full((HEIGHT, 6, 3), 255, np.uint8)
    row = [part for picture in resized for part in (picture, gap)][:-1]
    cv2.imwrite(str(ROOT / "docs" / name), np.hstack(row), [cv2.IMWRITE_JPEG_QUALITY, 88])


if __name__ == "__main__":
    main()
