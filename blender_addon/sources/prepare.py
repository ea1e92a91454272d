"""The last step before a source is read: all of it becomes files that are there."""

import os
from dataclasses import replace
from pathlib import Path

import bpy

from ...inference_server.errors import RecoveryError
from .save_picture import save_picture
from .solved_camera import camera_of
from .source import Source, is_picture, is_readable_picture


def prepare(source: Source, folder: Path) -> Source:
    """Saves what is no readable file into the job's folder, and finds out the camera of a clip.

    Raises RecoveryError (unusable_source, missing_file, no_picture, unwritable).
    """
    if source.problem:
        raise RecoveryError("unusable_source", f"{source.label}: {source.problem}.")
    scene = bpy.context.scene
    if source.block is not None:
        data = source.block.find()
        if data is None:
            raise RecoveryError("unusable_source", f"{source.label} is gone.", "Choose the source again.")
        if source.block.collection == "movieclips":
            source = replace(source, camera=camera_of(data, scene))
        else:
            source = replace(source, path=str(save_picture(data, folder, scene)))
    elif source.path and is_picture(source.path) and not is_readable_picture(source.path):
        source = replace(source, path=str(_converted(source.path, folder, scene)))
    for file in (source.path,) if source.path else source.files:
        if not os.path.exists(file):
            raise RecoveryError(
                "missing_file", f"There is no file {file}.", "Was it moved, or is its drive not connected?"
            )
    return replace(source, block=None)


def _converted(path: str, folder: Path, scene: bpy.types.Scene) -> Path:
    """A picture that Blender alone can read, as one that everybody can."""
    try:
        image = bpy.data.images.load(path, check_existing=False)
    except RuntimeError as error:
        raise RecoveryError(
            "no_picture", f"{path} can't be opened.", "Save it again as PNG or JPEG."
        ) from error
    try:
        return save_picture(image, folder, scene)
    finally:
        bpy.data.images.remove(image)
