"""Camera and renderer: what a Motion's Camera sees, rendered by Cycles on the CPU."""

from collections.abc import Sequence
from pathlib import Path

import bpy
import numpy as np
from mathutils import Matrix

from human_mesh_recovery.inference_server.motion import Camera

JPEG_QUALITY = 94


def look_at(
    eye: Sequence[float], target: Sequence[float], field_of_view: float, width: int, height: int
) -> Camera:
    """A camera at `eye` that looks at `target` (world, Z up); field of view across the picture in degrees."""
    place = np.array(eye, dtype=np.float64)
    forward = np.array(target) - place
    forward /= np.linalg.norm(forward)
    right = np.cross(forward, [0, 0, 1.0])
    right /= np.linalg.norm(right)
    to_camera = np.stack([right, np.cross(forward, right), forward])
    return Camera(
        focal_length=width / 2 / np.tan(np.radians(field_of_view) / 2),
        # pixel centres are at integers
        principal_point=np.array([(width - 1) / 2, (height - 1) / 2]),
        width=width,
        height=height,
        rotation=to_camera,
        translation=-to_camera @ place,
    )


def empty_scene(samples: int) -> None:
    """A new file with nothing in it, and Cycles set up to be frugal: few samples a pixel, denoised."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    cycles = scene.cycles
    cycles.device, cycles.samples, cycles.use_adaptive_sampling = "CPU", samples, False
    cycles.use_denoising, cycles.denoiser, cycles.denoising_prefilter = True, "OPENIMAGEDENOISE", "FAST"
    cycles.max_bounces, cycles.diffuse_bounces, cycles.glossy_bounces = 4, 2, 2
    cycles.use_light_tree = False  # slower than plain sampling where there are three lights
    cycles.caustics_reflective = cycles.caustics_refractive = False
    cycles.seed = 1
    scene.render.use_persistent_data = True
    scene.view_settings.view_transform = "AgX"
    scene.view_settings.look = "AgX - Medium High Contrast"
    scene.view_settings.exposure = 0.8


def set_camera(camera: Camera) -> None:
    """Makes the scene's camera see what `camera` says."""
    scene = bpy.context.scene
    data = bpy.data.cameras.new("camera")
    item = bpy.data.objects.new("camera", data)
    scene.collection.objects.link(item)
    scene.camera = item
    data.sensor_fit, data.sensor_width = "HORIZONTAL", 36.0
    data.lens = camera.focal_length * data.sensor_width / camera.width
    matrix = np.eye(4)
    # Blender's camera looks along -Z with +Y up
    matrix[:3, :3] = camera.rotation.T * [1, -1, -1]
    matrix[:3, 3] = -camera.rotation.T @ camera.translation
    item.matrix_world = Matrix(matrix)
    scene.render.resolution_x, scene.render.resolution_y = camera.width, camera.height
    scene.render.resolution_percentage = 100


def render(path: Path) -> None:
    """Renders what the camera sees to `path`, a .png or .jpg."""
    scene = bpy.context.scene
    settings = scene.render.image_settings
    settings.file_format = "JPEG" if path.suffix == ".jpg" else "PNG"
    settings.quality = JPEG_QUALITY
    scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True)


def encode(pictures: list[Path], path: Path, fps: int, width: int, height: int) -> None:
    """Writes pictures of one size, in order, as an H.264 .mp4."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    strips = scene.sequence_editor_create().strips
    strip = strips.new_image("pictures", str(pictures[0]), channel=1, frame_start=1)
    for picture in pictures[1:]:
        strip.elements.append(picture.name)
    scene.frame_start, scene.frame_end = 1, len(pictures)
    # the pictures already hold display colours
    scene.view_settings.view_transform = "Standard"
    render = scene.render
    render.fps, render.fps_base = fps, 1.0
    render.resolution_x, render.resolution_y, render.resolution_percentage = width, height, 100
    render.image_settings.file_format = "FFMPEG"
    render.ffmpeg.format, render.ffmpeg.codec = "MPEG4", "H264"
    render.ffmpeg.constant_rate_factor, render.ffmpeg.ffmpeg_preset = "HIGH", "BEST"
    render.ffmpeg.gopsize = fps
    render.filepath = str(path)
    bpy.ops.render.render(animation=True)
