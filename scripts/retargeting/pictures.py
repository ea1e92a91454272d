"""A character at some frames, drawn by Workbench, in one picture."""

from pathlib import Path

import bpy
import numpy as np
from mathutils import Vector

from human_mesh_recovery.blender_addon.retarget.read import meshes_of

SHOWN = (0, 47, 76, 120, 145, 180, 225, 250, 299)
"""Rows of the contact motion: a T-pose, squats, reaches, a turn, steps, the end."""
SIZE = 300


def take(rig: bpy.types.Object, frames: np.ndarray, folder: Path, name: str) -> Path:
    """Writes `folder/name.png`: the character from its front and left, at SHOWN."""
    folder.mkdir(parents=True, exist_ok=True)
    scene = bpy.context.scene
    scene.render.engine = "BLENDER_WORKBENCH"
    scene.render.resolution_x = scene.render.resolution_y = SIZE
    scene.render.resolution_percentage = 100
    scene.display.shading.light = "STUDIO"
    scene.display.shading.show_cavity = True
    scene.render.film_transparent = False
    view = bpy.data.objects.new("View", bpy.data.cameras.new("View"))
    scene.collection.objects.link(view)
    scene.camera = view
    view.data.type = "ORTHO"
    _show_only(rig)
    pictures = []
    for row in (row for row in SHOWN if row < len(frames)):
        scene.frame_set(int(frames[row]))
        _look_at(rig, view)
        path = folder / f"{name}-{row}.png"
        scene.render.filepath = str(path)
        scene.render.image_settings.file_format = "PNG"
        bpy.ops.render.render(write_still=True)
        image = bpy.data.images.load(str(path))
        pictures.append(np.array(image.pixels[:], dtype=np.float32).reshape(SIZE, SIZE, 4))
        bpy.data.images.remove(image)
        path.unlink()
    return _save(np.hstack(pictures), folder / f"{name}.png")


def _show_only(rig: bpy.types.Object) -> None:
    shown = meshes_of(rig)
    for made in bpy.data.objects:
        made.hide_render = made.type == "MESH" and made not in shown and made.parent != rig


def _look_at(rig: bpy.types.Object, view: bpy.types.Object) -> None:
    """From the front of the rest pose, a little from its left and above; as large as the body."""
    graph = bpy.context.evaluated_depsgraph_get()
    posed = rig.evaluated_get(graph)
    heads = np.array([posed.matrix_world @ bone.head for bone in posed.pose.bones])
    rest = np.array([rig.matrix_world @ bone.head_local for bone in rig.data.bones])
    height = float(np.ptp(rest[:, 2]))
    middle = Vector(np.append(np.median(heads[:, :2], axis=0), rest[:, 2].min() + 0.5 * height).tolist())
    direction = Vector((0.45, -1.0, 0.25)).normalized()
    view.location = middle + direction * height * 4
    view.rotation_euler = (-direction).to_track_quat("-Z", "Y").to_euler()
    view.data.ortho_scale = height * 1.75
    view.data.clip_end = height * 20


def _save(pixels: np.ndarray, path: Path) -> Path:
    height, width = pixels.shape[:2]
    image = bpy.data.images.new("Frames", width, height)
    image.pixels.foreach_set(np.ascontiguousarray(pixels).ravel())
    image.filepath_raw, image.file_format = str(path), "PNG"
    image.save()
    bpy.data.images.remove(image)
    return path
