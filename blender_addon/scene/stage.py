"""What surrounds the people: light, floor, how the viewports and renders look."""

from math import radians

import bpy
from mathutils import Euler, Vector

from .. import compat

FLOOR_SIZE = 40.0
CAMERA_HEIGHT, CAMERA_DISTANCE = 1.4, 4.5
CAMERA_VIEW_ZOOM = 22.0
"""Lets a wide picture nearly fill a viewport."""


def set_stage(
    scene: bpy.types.Scene,
    collection: bpy.types.Collection,
    rig: bpy.types.Object,
    view: bpy.types.Object | None,
) -> None:
    """A sun from the camera's upper left, a soft sky, and a floor that shows nothing but shadows.

    `view` is the source's camera, or None for a motion without one: then a camera is put before `rig`.
    """
    if view is None:
        view = _camera_before(scene, rig)
        collection.objects.link(view)
    bpy.context.view_layer.update()  # the camera's matrix
    collection.objects.link(_sun(view))
    collection.objects.link(_floor())
    if scene.world is None:
        scene.world = _sky()
    scene.render.engine = "CYCLES"
    scene.cycles.samples = 64
    scene.cycles.use_denoising = compat.can_denoise()
    # footage is to look as it was filmed: a film-like curve would grey it
    scene.view_settings.view_transform = "Standard"
    # playing drops frames rather than fall behind the video
    scene.sync_mode = "FRAME_DROP"
    look_through_camera()


def look_through_camera() -> None:
    """Every 3D viewport of the file: the camera's view, in the materials' colours."""
    for screen in bpy.data.screens:
        for area in screen.areas:
            if area.type != "VIEW_3D":
                continue
            space = area.spaces.active
            space.region_3d.view_perspective = "CAMERA"
            space.region_3d.view_camera_zoom = CAMERA_VIEW_ZOOM
            space.shading.type = "SOLID"
            space.shading.color_type = "MATERIAL"
            space.shading.show_cavity = True
            space.overlay.show_relationship_lines = False


def _camera_before(scene: bpy.types.Scene, rig: bpy.types.Object) -> bpy.types.Object:
    view = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    scene.frame_set(scene.frame_start)
    pelvis = rig.matrix_world @ rig.pose.bones[0].head
    view.data.lens = 32.0  # a grown-up with some room around
    view.location = (pelvis.x, pelvis.y - CAMERA_DISTANCE, CAMERA_HEIGHT)
    view.rotation_euler = (pelvis - view.location).to_track_quat("-Z", "Y").to_euler()
    scene.camera = view
    return view


def _sun(view: bpy.types.Object) -> bpy.types.Object:
    light = bpy.data.lights.new("Sun", "SUN")
    light.energy = 2.2
    light.angle = radians(8)
    light.color = (1.0, 0.96, 0.9)
    sun = bpy.data.objects.new("Sun", light)
    heading = view.matrix_world.to_euler().z
    sun.rotation_euler = Euler((radians(50), 0.0, heading - radians(35)))
    # behind the camera, where the line that viewports draw from it crosses no picture
    sun.location = view.matrix_world @ Vector((-1.0, 1.0, 3.0))
    return sun


def _floor() -> bpy.types.Object:
    """Cycles' shadow catcher at z = 0; not drawn in viewports, where it would cover the source."""
    half = FLOOR_SIZE / 2
    mesh = bpy.data.meshes.new("Floor")
    corners = [(-half, -half, 0.0), (half, -half, 0.0), (half, half, 0.0), (-half, half, 0.0)]
    mesh.from_pydata(corners, [], [(0, 1, 2, 3)])
    floor = bpy.data.objects.new("Floor", mesh)
    floor.is_shadow_catcher = True
    floor.hide_viewport = True
    return floor


def _sky() -> bpy.types.World:
    world = bpy.data.worlds.new("Sky")
    compat.use_nodes(world)
    background = world.node_tree.nodes["Background"].inputs
    background["Color"].default_value = (0.85, 0.92, 1.0, 1.0)
    background["Strength"].default_value = 0.45
    return world
