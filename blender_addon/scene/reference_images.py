"""Image empties: once people are recovered from one, it stands among them and hides the footage behind them."""

import os
from collections.abc import Collection

import bpy
from bpy_extras.object_utils import world_to_camera_view


def hide_reference_images(
    scene: bpy.types.Scene, layer: bpy.types.ViewLayer, pictures: Collection[str]
) -> bool:
    """Hides those that show one of these files and stand in the camera's view. Whether there was one to hide."""
    wanted = {os.path.normpath(picture) for picture in pictures}
    hidden = [each for each in layer.objects if _file(each) in wanted and _is_in_view(scene, each)]
    for empty in hidden:
        empty.hide_set(True, view_layer=layer)
    return bool(hidden)


def _file(thing: bpy.types.Object) -> str:
    """The file that an image empty shows, "" for anything else."""
    if thing.type != "EMPTY" or thing.empty_display_type != "IMAGE" or thing.data is None:
        return ""
    path = bpy.path.abspath(thing.data.filepath, library=thing.data.library)
    return os.path.normpath(path) if path else ""


def _is_in_view(scene: bpy.types.Scene, thing: bpy.types.Object) -> bool:
    if scene.camera is None or not thing.visible_get():
        return False
    x, y, depth = world_to_camera_view(scene, scene.camera, thing.matrix_world.translation)
    return 0 <= x <= 1 and 0 <= y <= 1 and depth > 0
