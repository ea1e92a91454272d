"""What a network that looks at the pictures themselves says of one person."""

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np

SHAPES: dict[str, tuple[str, tuple[int, ...]]] = {
    "frames": ("iu", ()),
    "rotations": ("f", (24, 3, 3)),
    "betas": ("f", (10,)),
    "sigma": ("f", (24,)),
    "centres": ("f", (2,)),
    "knows_free": ("b", ()),
}
"""Kinds of numbers and shapes of a prediction's arrays, the first axis left out."""


@dataclass(frozen=True)
class Prediction:
    """One person over the G frames in which the network looked."""

    frames: np.ndarray
    """(G,) of the source, rising."""
    rotations: np.ndarray
    """(G, 24, 3, 3) relative to the parent; the root's to a camera that looks at the crop's centre."""
    betas: np.ndarray
    """(G, 10)."""
    sigma: np.ndarray
    """(G, 24) radians: how far each joint's true rotation usually is from the predicted one, about each axis."""
    centres: np.ndarray
    """(G, 2) pixels: the middle of what the network was shown."""
    knows_free: np.ndarray
    """(G,) whether the betas are the free body's; else they are SMPL's."""


def read_prediction(arrays: Mapping[str, np.ndarray]) -> Prediction:
    """Files of before `knows_free` was kept lack it: their networks knew SMPL alone.

    Raises ValueError or KeyError where something else is missing or is not what it should be.
    """
    arrays = {"knows_free": np.zeros(len(arrays["frames"]), dtype=bool), **arrays}
    check_frames(arrays, SHAPES, "a prediction")
    return Prediction(**{field.name: arrays[field.name] for field in fields(Prediction)})


def check_frames(
    arrays: Mapping[str, np.ndarray], shapes: dict[str, tuple[str, tuple[int, ...]]], what: str
) -> None:
    """Raises ValueError or KeyError where the arrays, the first of which are the frames, can't be `what`."""
    frames = arrays["frames"]
    for name, (kind, shape) in shapes.items():
        values = arrays[name]
        if values.shape != (len(frames), *shape) or values.dtype.kind not in kind:
            raise ValueError(f"{name} of {what} has the shape {values.shape}")
        if values.dtype.kind == "f" and not np.isfinite(values).all():
            raise ValueError(f"{name} of {what} holds numbers that are not finite")
    if (np.diff(frames) <= 0).any():
        raise ValueError(f"the frames of {what} do not ascend")
