"""From HMR's weak-perspective camera (Kanazawa 2018, section 3.1) to one with a focal length.

It sees a point X of the body at s (X + t), from -1 to 1 over the crop.
"""

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...hmr_layout import CROP, ORIGINAL, SPIN

FOCAL_LENGTHS: Final = {ORIGINAL: 500.0, SPIN: 5000.0}
"""Pixels of the crop: what each form's authors take where the lens is not known."""
SMALLEST_SCALE, LARGEST_SCALE = 0.2, 5.0
"""A standing person has 0.8 to 1; beyond these the network has lost whom it was shown."""
FARTHEST: Final = 1.0
"""How far from the crop's middle the root may be, in halves of its side."""


def translation_in_crop(camera: ArrayLike, focal_length: float) -> NDArray[np.float64]:
    """s, tx, ty (..., 3) -> the root's place (..., 3) in metres before a camera that looks at the crop's middle.

    focal_length: pixels of the crop. Where the person is of no depth both cameras see the same.
    """
    camera = np.asarray(camera, dtype=np.float64)
    depth = 2 * focal_length / (CROP * camera[..., :1] + 1e-9)
    return np.concatenate([camera[..., 1:], depth], axis=-1)


def is_lost(camera: ArrayLike) -> NDArray[np.bool_]:
    """(..., 3) -> (...): whether the network sees nobody in the middle of the crop, of a person's size."""
    camera = np.asarray(camera, dtype=np.float64)
    scale, off = camera[..., 0], np.abs(camera[..., :1] * camera[..., 1:]).max(axis=-1)
    return (scale < SMALLEST_SCALE) | (scale > LARGEST_SCALE) | (off > FARTHEST)
