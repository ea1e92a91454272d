"""The camera that saw the person, with the source behind the scene."""

from typing import Any

import bpy
import numpy as np
from mathutils import Matrix

from ...inference_server.motion import Camera
from .. import compat
from .animation import CONSTANT, write_keys
from .footage import Footage
from .timeline import FIRST_SCENE_FRAME, Timeline

SENSOR_WIDTH = 36.0
"""Millimetres; only its ratio to the focal length matters."""
OPENCV_TO_BLENDER = np.diag([1.0, -1.0, -1.0])
"""OpenCV's camera looks along +Z with Y down, Blender's along -Z with Y up."""


def add_camera(scene: bpy.types.Scene, camera: Camera) -> bpy.types.Object:
    """The scene's camera and picture size, so that a point of the world falls on the pixel of the source."""
    data = bpy.data.cameras.new("Source Camera")
    view = bpy.data.objects.new("Source Camera", data)
    data.sensor_fit = "HORIZONTAL"
    data.sensor_width = SENSOR_WIDTH
    data.lens = camera.focal_length * SENSOR_WIDTH / camera.width
    # pixel centres are whole numbers, so the picture reaches from -0.5 to width - 0.5
    data.shift_x = (camera.width / 2 - (camera.principal_point[0] + 0.5)) / camera.width
    data.shift_y = ((camera.principal_point[1] + 0.5) - camera.height / 2) / camera.width
    data.clip_start, data.clip_end = 0.05, 1000.0
    data.passepartout_alpha = 0.9
    data.display_size = 0.3
    rotation = np.asarray(camera.rotation, dtype=np.float64)
    pose = Matrix((rotation.T @ OPENCV_TO_BLENDER).tolist()).to_4x4()
    pose.translation = (-rotation.T @ camera.translation).tolist()
    view.matrix_world = pose
    scene.camera = view
    render = scene.render
    render.resolution_x, render.resolution_y = camera.width, camera.height
    render.resolution_percentage = 100
    render.pixel_aspect_x = render.pixel_aspect_y = 1.0
    return view


def show_behind(view: bpy.types.Object, footage: Footage, timeline: Timeline, last_frame: int) -> None:
    """Shows the source behind the scene in the camera's view, in step with the motion."""
    data = view.data
    data.show_background_images = True
    background = data.background_images.new()
    background.image = footage.image
    background.alpha = 1.0
    background.display_depth = "BACK"
    # the same picture, but for the reduction of very large ones
    background.frame_method = "STRETCH"
    keep_in_step(
        background.image_user, data, "background_images[0].image_user", footage, timeline, last_frame
    )


def composite_over(scene: bpy.types.Scene, footage: Footage, timeline: Timeline, last_frame: int) -> None:
    """Lays what is rendered over the source, in step with the motion."""
    scene.render.film_transparent = True
    tree, written = compat.new_compositor(scene)
    source = tree.nodes.new("CompositorNodeImage")
    source.name = source.label = "Source"
    source.image = footage.image
    fitted = compat.scale_to_render_size(tree)
    rendered = tree.nodes.new("CompositorNodeRLayers")
    under, over, result = compat.alpha_over(tree)
    tree.links.new(source.outputs["Image"], fitted.inputs["Image"])
    tree.links.new(fitted.outputs["Image"], under)
    tree.links.new(rendered.outputs["Image"], over)
    tree.links.new(result, written)
    for place, node in enumerate((source, rendered, fitted, under.node, written.node)):
        node.location = (260 * (place - 1) if place > 1 else 0, 300 if place == 1 else 0)
    keep_in_step(source, tree, 'nodes["Source"]', footage, timeline, last_frame)


def keep_in_step(
    user: Any, owner: Any, path: str, footage: Footage, timeline: Timeline, last_frame: int
) -> None:
    """Makes `user` (an image user, or the compositor's image node) show the frame that the motion is at.

    Blender steps through a video or a sequence by one a scene frame, from `frame_start`, and adds an offset:
    constant at the source's own rate, keyed at any other.
    """
    if footage.frame_count <= 1:
        return
    count = last_frame - FIRST_SCENE_FRAME + 1
    user.frame_start = FIRST_SCENE_FRAME
    # beyond it Blender would stop stepping; it must reach all scene frames, whatever the video's length
    user.frame_duration = max(footage.frame_count, count)
    user.use_auto_refresh = True
    steps = np.arange(count)
    wanted = np.array([timeline.source_frame(FIRST_SCENE_FRAME + int(step)) for step in steps])
    wanted = np.minimum(wanted, footage.frame_count - 1)
    offsets = footage.first - 1 + wanted - steps
    user.frame_offset = int(offsets[0])
    changes = np.flatnonzero(np.diff(offsets, prepend=offsets[0] - 1))
    if len(changes) > 1:
        curve = compat.new_action(owner, "Source").new(f"{path}.frame_offset")
        write_keys(curve, FIRST_SCENE_FRAME + steps[changes], offsets[changes].astype(float), CONSTANT)
