"""What the user has selected and sees, of any scene, also where no window is at hand."""

from collections.abc import Iterable, Iterator, Sequence

import bpy


def layer_of(scene: bpy.types.Scene) -> bpy.types.ViewLayer:
    """The view layer in which the user works in `scene`, or would."""
    layer = next((window.view_layer for window in _windows(scene)), scene.view_layers[0])
    # one that was never shown doesn't know its collections yet
    layer.update()
    return layer


def select(layer: bpy.types.ViewLayer, objects: Sequence[bpy.types.Object]) -> None:
    """Selects these alone and makes the first active, unless the user is in a mode that another object is in."""
    active = layer.objects.active
    if active is not None and active.mode != "OBJECT":
        return
    for selected in list(layer.objects.selected):
        selected.select_set(False, view_layer=layer)
    for made in objects:
        made.select_set(True, view_layer=layer)
    layer.objects.active = objects[0]


def show_in_local_views(scene: bpy.types.Scene, objects: Iterable[bpy.types.Object]) -> None:
    """Shows new objects in the viewports that show a few objects only, as Blender does with those it adds."""
    spaces = [
        area.spaces.active
        for window in _windows(scene)
        for area in window.screen.areas
        if area.type == "VIEW_3D" and area.spaces.active.local_view
    ]
    for made in objects if spaces else ():
        for space in spaces:
            made.local_view_set(space, True)


def _windows(scene: bpy.types.Scene) -> Iterator[bpy.types.Window]:
    return (window for window in bpy.context.window_manager.windows if window.scene == scene)
