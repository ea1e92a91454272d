"""What either form of HMR says of a person."""

from typing import NamedTuple

from torch import Tensor


class Estimate(NamedTuple):
    rotations: Tensor
    """(B, 24, 3, 3), each relative to its parent, the first to the camera."""
    betas: Tensor
    """(B, 10)."""
    camera: Tensor
    """(B, 3) s, tx, ty of the weak-perspective camera, see `hmr_layout`."""
