"""The cube of a new file: it stands where recovered people do, and nobody made it."""

import bpy
from mathutils import Matrix

CUBE = "Cube"


def hide_default_cube(layer: bpy.types.ViewLayer) -> bool:
    """Hides it in viewports and renders, unless the user has changed it. Whether there was one to hide."""
    cube = layer.objects.get(CUBE)
    if cube is None or cube.hide_get(view_layer=layer) or not _is_untouched(cube):
        return False
    cube.hide_set(True, view_layer=layer)
    cube.hide_render = True
    return True


def _is_untouched(cube: bpy.types.Object) -> bool:
    if cube.type != "MESH" or cube.mode != "OBJECT" or cube.matrix_world != Matrix.Identity(4):
        return False
    if cube.parent or cube.children or cube.animation_data or cube.modifiers or cube.constraints:
        return False
    corners = [vertex.co for vertex in cube.data.vertices]
    return len(corners) == 8 and all(abs(value) == 1.0 for corner in corners for value in corner)
