"""What the user has selected and sees, of any scene, also where no window is at hand."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

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


@contextmanager
def shown(
    scene: bpy.types.Scene, layer: bpy.types.ViewLayer, objects: Sequence[bpy.types.Object]
) -> Iterator[None]:
    """Within, these objects are seen in the scene, so that Blender evaluates and exports them; hidden again after."""
    there = set(layer.objects)
    before = [(made, made.hide_viewport, made.hide_select, made in there and made.hide_get(view_layer=layer))
              for made in objects]  # fmt: skip
    collection = bpy.data.collections.new("Shown")
    scene.collection.children.link(collection)
    try:
        for made in objects:
            collection.objects.link(made)
            made.hide_viewport = made.hide_select = False
        layer.update()
        for made in objects:
            made.hide_set(False, view_layer=layer)
        layer.update()
        yield
    finally:
        for made, _, _, hidden in before:
            made.hide_set(hidden, view_layer=layer)
        bpy.data.collections.remove(collection)
        for made, hide_viewport, hide_select, _ in before:
            made.hide_viewport, made.hide_select = hide_viewport, hide_select


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
