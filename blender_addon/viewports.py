"""Has a viewport look through the scene's camera, so that people are seen over their footage."""

import bpy

LAYOUT = "Layout"
"""Blender's own workspace that is preferred, where the one that is shown has no 3D viewport."""
STARTUP = "<startup.blend>"
"""By which Blender calls the file that it was built with, and that its workspaces come from."""


def area_of(context: bpy.types.Context) -> int:
    """The editor that is being used, as Blender points to it; 0 for none."""
    return context.area.as_pointer() if context.area else 0


def show_result(scene: bpy.types.Scene, pressed_in: int) -> None:
    """Looks through the camera in the viewport of the press, unless another one beside it does already.

    pressed_in: the area in which the button was pressed, as Blender points to it; 0 where that is not known.
    """
    for window in _windows_of(scene, pressed_in)[:1]:
        viewports = _viewports(window.screen)
        if not any(_view(area).view_perspective == "CAMERA" for area in viewports):
            _look_through_camera(window, viewports, pressed_in)


def look_through_camera(scene: bpy.types.Scene, pressed_in: int) -> None:
    """Looks through the camera in the viewport of the press, else in the largest; as in show_result.

    A window without a viewport shows a workspace that has one; where none has, as in a file that was begun for
    video editing, Blender's own Layout is added.
    """
    for window in _windows_of(scene, pressed_in)[:1]:
        if not _viewports(window.screen):
            workspace = _workspace_with_viewport() or _added_layout(window)
            window.workspace = workspace
            _look_through_camera(window, _viewports(workspace.screens[0]), pressed_in)
        else:
            _look_through_camera(window, _viewports(window.screen), pressed_in)


def are_in(screen: bpy.types.Screen | None) -> bool:
    """Whether the screen shows a viewport."""
    return screen is not None and bool(_viewports(screen))


def _workspace_with_viewport() -> bpy.types.WorkSpace | None:
    named = sorted(bpy.data.workspaces, key=lambda workspace: workspace.name != LAYOUT)
    return next((each for each in named if _viewports(each.screens[0])), None)


def _added_layout(window: bpy.types.Window) -> bpy.types.WorkSpace:
    """Added as the + beside the workspaces does it; the window's own where that fails."""
    with bpy.context.temp_override(window=window):
        bpy.ops.workspace.append_activate(idname=LAYOUT, filepath=STARTUP)
    return _workspace_with_viewport() or window.workspace


def _look_through_camera(window: bpy.types.Window, viewports: list[bpy.types.Area], pressed_in: int) -> None:
    """In one of them, which the camera's picture then fills."""
    if not viewports:
        return
    area = max(viewports, key=lambda area: (area.as_pointer() == pressed_in, area.width * area.height))
    _view(area).view_perspective = "CAMERA"
    region = next(region for region in area.regions if region.type == "WINDOW")
    with bpy.context.temp_override(window=window, area=area, region=region):
        if bpy.ops.view3d.view_center_camera.poll():
            bpy.ops.view3d.view_center_camera()


def _view(area: bpy.types.Area) -> bpy.types.RegionView3D:
    return area.spaces.active.region_3d


def _viewports(screen: bpy.types.Screen) -> list[bpy.types.Area]:
    return [area for area in screen.areas if area.type == "VIEW_3D"]


def _windows_of(scene: bpy.types.Scene, pressed_in: int) -> list[bpy.types.Window]:
    """Those that show the scene, first the one of the press."""

    def was_pressed(window: bpy.types.Window) -> bool:
        return any(area.as_pointer() == pressed_in for area in window.screen.areas)

    windows = [window for window in bpy.context.window_manager.windows if window.scene == scene]
    return sorted(windows, key=lambda window: not was_pressed(window))
