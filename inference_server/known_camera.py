"""A camera that is known before the solve, such as one that Blender's tracker has solved, and its `.npz` file."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .errors import RecoveryError
from .motion import UNREADABLE
from .whole_file import whole_file


@dataclass(frozen=True, eq=False)
class KnownCamera:
    """A pinhole camera over N frames. A world point X is seen at R X + t (OpenCV: x right, y down, z forward).

    The world is the user's own: metres, Z up. With N = 0 only the lens is known.
    """

    focal_length: float
    """Pixels of a picture of `width` x `height`."""
    principal_point: np.ndarray
    """(2,) pixels; pixel centres lie at whole numbers."""
    width: int
    height: int
    frames: np.ndarray
    """(N,) numbers of the source's frames, ascending."""
    rotations: np.ndarray
    """(N, 3, 3) world to camera."""
    translations: np.ndarray
    """(N, 3) metres, world to camera."""


def save_camera(camera: KnownCamera, path: str | Path) -> None:
    """Writes `camera`, whole or not at all. Raises RecoveryError("unwritable")."""
    with whole_file(Path(path), "The camera") as temporary, open(temporary, "wb") as file:
        np.savez_compressed(
            file,
            focal_length=np.array(camera.focal_length, dtype=np.float64),
            principal_point=np.asarray(camera.principal_point, dtype=np.float64),
            size=np.array([camera.width, camera.height]),
            frames=np.asarray(camera.frames, dtype=np.int64),
            rotations=np.asarray(camera.rotations, dtype=np.float64),
            translations=np.asarray(camera.translations, dtype=np.float64),
        )


def load_camera(path: str | Path) -> KnownCamera:
    """Reads a file of `save_camera`. Raises RecoveryError("camera_file")."""
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as arrays:
            width, height = (int(value) for value in arrays["size"])
            camera = KnownCamera(
                float(arrays["focal_length"]),
                arrays["principal_point"],
                width,
                height,
                arrays["frames"],
                arrays["rotations"],
                arrays["translations"],
            )
        _check(camera)
    except (*UNREADABLE, KeyError, IndexError) as error:
        raise RecoveryError(
            "camera_file",
            f"{path} can't be read as a camera ({error}).",
            "Start the recovery again from Blender, which writes this file.",
        ) from error
    return camera


def _check(camera: KnownCamera) -> None:
    """Raises ValueError where a member's shape or numbers can't be."""
    count = len(camera.frames)
    shapes = {"principal_point": (2,), "frames": (count,)}
    shapes |= {"rotations": (count, 3, 3), "translations": (count, 3)}
    for name, shape in shapes.items():
        value = getattr(camera, name)
        if value.shape != shape or value.dtype.kind not in "iuf" or not np.isfinite(value).all():
            raise ValueError(f"{name} is not of the shape {shape}, or holds what is no finite number")
    if (np.diff(camera.frames) <= 0).any():
        raise ValueError("frames do not ascend")
    if not (0 < camera.focal_length < np.inf and camera.width > 0 and camera.height > 0):
        raise ValueError("it has no lens or no picture")
