"""The camera that saw the person, with the source behind the scene."""

from collections.abc import Sequence
from typing import Any

import bpy
import numpy as np
from mathutils import Matrix

from ...inference_server.body import rotation
from ...inference_server.motion import Camera, Motion
from ...inference_server.resampling import resample_camera
from .. import compat
from . import marks
from .animation import CONSTANT, write_keys
from .footage import Footage, open_footage
from .timeline import Timeline

NAME = "Source Camera"
SENSOR_WIDTH = 36.0
"""Millimetres; only its ratio to the focal length matters."""
OPENCV_TO_BLENDER = np.diag([1.0, -1.0, -1.0])
"""OpenCV's camera looks along +Z with Y down, Blender's along -Z with Y up."""


def add_view(
    scene: bpy.types.Scene, motions: Sequence[Motion], timeline: Timeline, frames: Sequence[str] = ()
) -> tuple[bpy.types.Object | None, Footage | None]:
    """The camera that the motions were seen by, in no collection yet, and the source, which is shown behind.

    Body and picture are in line for the scene's picture size of now, whatever its shape is. frames: as in
    open_footage. None where the motions have no camera, or where the source can't be shown.
    """
    seen = next((motion for motion in motions if motion.camera is not None), None)
    if seen is None or seen.camera is None:
        return None, None
    view = add_camera(scene, seen.camera)
    if seen.camera.moves:
        key_camera(view, motions, timeline)
    source = open_footage(seen.source, frames) if seen.source or frames else None
    if source is not None:
        show_behind(view, source, timeline)
    for action in (*marks.actions_of(view), *marks.actions_of(view.data)):
        marks.mark(action, NAME)
    return view, source


def set_picture_size(scene: bpy.types.Scene, camera: Camera) -> None:
    """Makes what the scene renders as large as the source's pictures."""
    render = scene.render
    render.resolution_x, render.resolution_y = camera.width, camera.height
    render.pixel_aspect_x = render.pixel_aspect_y = 1.0


def add_camera(scene: bpy.types.Scene, camera: Camera) -> bpy.types.Object:
    """A camera so that a point of the world falls on the pixel of the source, where it is at the start."""
    data = bpy.data.cameras.new(NAME)
    view = bpy.data.objects.new(NAME, data)
    for made in (view, data):
        marks.mark(made, NAME)
    data.clip_start, data.clip_end = 0.05, 1000.0
    data.passepartout_alpha = 0.9
    data.display_size = 0.3
    fit_camera(view, scene, camera)
    return view


def fit_camera(view: bpy.types.Object, scene: bpy.types.Scene, camera: Camera) -> None:
    """Gives a camera of add_camera this lens and place, for the scene's picture size of now.

    In a picture of another shape than the source's the source is all seen, in the middle.
    """
    data = view.data
    is_wider = _is_wider(scene, camera)
    data.sensor_fit = "HORIZONTAL" if is_wider else "VERTICAL"
    data.sensor_width = SENSOR_WIDTH
    data.sensor_height = SENSOR_WIDTH * camera.height / camera.width
    data.lens = camera.focal_length * SENSOR_WIDTH / camera.width
    # what Blender counts shifts in
    side = camera.width if is_wider else camera.height
    # pixel centres are whole numbers, so the picture reaches from -0.5 to width - 0.5
    data.shift_x = (camera.width / 2 - (camera.principal_point[0] + 0.5)) / side
    data.shift_y = ((camera.principal_point[1] + 0.5) - camera.height / 2) / side
    first = camera.at(0)
    to_world = np.asarray(first.rotation, dtype=np.float64).T
    pose = Matrix((to_world @ OPENCV_TO_BLENDER).tolist()).to_4x4()
    pose.translation = (-to_world @ first.translation).tolist()
    view.matrix_world = pose


def key_camera(view: bpy.types.Object, motions: Sequence[Motion], timeline: Timeline) -> None:
    """Keys where the moving camera is and how it is turned, a key a frame."""
    samples = resample_camera(motions, timeline.positions)
    frames = timeline.scene_frames(samples)
    turned = rotation.quaternion_to_matrix(samples.quaternions) @ OPENCV_TO_BLENDER
    quaternions = rotation.continuous_quaternions(rotation.matrix_to_quaternion(turned))
    view.rotation_mode = "QUATERNION"
    curves = compat.own_action(view, view.name)
    for axis in range(3):
        write_keys(curves.curve("location", axis, "Place"), frames, samples.trans[:, axis])
    for part in range(4):
        write_keys(curves.curve("rotation_quaternion", part, "Place"), frames, quaternions[:, part])


def _is_wider(scene: bpy.types.Scene, camera: Camera) -> bool:
    """Whether the source's pictures are as wide, for their height, as what the scene renders, or wider."""
    render = scene.render
    wide = camera.width * render.resolution_y * render.pixel_aspect_y
    return wide >= camera.height * render.resolution_x * render.pixel_aspect_x


def show_behind(view: bpy.types.Object, footage: Footage, timeline: Timeline) -> None:
    """Shows the source behind the scene in the camera's view, in step with the motion."""
    data = view.data
    data.show_background_images = True
    background = data.background_images.new()
    background.image = footage.image
    background.alpha = 1.0
    background.display_depth = "BACK"
    background.frame_method = "FIT"
    keep_in_step(background.image_user, data, "background_images[0].image_user", footage, timeline)


def composite_over(scene: bpy.types.Scene, footage: Footage, timeline: Timeline) -> None:
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
    keep_in_step(source, tree, 'nodes["Source"]', footage, timeline)


def keep_in_step(user: Any, owner: Any, path: str, footage: Footage, timeline: Timeline) -> None:
    """Makes `user` (an image user, or the compositor's image node) show the frame that the motion is at.

    Blender steps through a video or a sequence by one a scene frame, from `frame_start`, and adds an offset:
    constant at the source's own rate, keyed at any other.
    """
    if footage.frame_count <= 1:
        return
    count = len(timeline.positions)
    user.frame_start = timeline.first_frame
    # beyond it Blender would stop stepping; it must reach all scene frames, whatever the video's length
    user.frame_duration = max(footage.frame_count, count)
    user.use_auto_refresh = True
    steps = np.arange(count)
    wanted = np.clip(timeline.source_frames, 0, footage.frame_count - 1)
    offsets = footage.first - 1 + wanted - steps
    user.frame_offset = int(offsets[0])
    changes = np.flatnonzero(np.diff(offsets, prepend=offsets[0] - 1))
    if len(changes) > 1:
        curve = compat.own_action(owner, "Source").curve(f"{path}.frame_offset")
        write_keys(curve, timeline.first_frame + steps[changes], offsets[changes].astype(float), CONSTANT)
