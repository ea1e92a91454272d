"""Rotations from the forms in which networks give them, in torch; `body.rotation` has the same in numpy."""

import torch
from torch import Tensor
from torch.nn import functional


def rotation_matrices(rotation_6d: Tensor) -> Tensor:
    """(..., 6) two columns, interleaved as x1 x2 y1 y2 z1 z2 -> (..., 3, 3), by Gram-Schmidt (Zhou 2019)."""
    first, second = rotation_6d.unflatten(-1, (3, 2)).unbind(-1)
    first = functional.normalize(first, dim=-1)
    second = functional.normalize(second - (first * second).sum(-1, keepdim=True) * first, dim=-1)
    return torch.stack([first, second, torch.linalg.cross(first, second)], dim=-1)


def axis_angle_matrices(axis_angle: Tensor) -> Tensor:
    """(..., 3) radians -> (..., 3, 3), by Rodrigues' formula; exact, and with a gradient, for a zero angle."""
    square = axis_angle.square().sum(-1)[..., None, None]
    angle = torch.where(square > 0, square, 1.0).sqrt()
    sine_part = torch.where(square > 0, angle.sin() / angle, 1.0)
    cosine_part = torch.where(square > 0, 2 * (angle / 2).sin().square() / angle.square(), 0.5)
    x, y, z = axis_angle.unbind(-1)
    zero = torch.zeros_like(x)
    cross = torch.stack([zero, -z, y, z, zero, -x, -y, x, zero], dim=-1).unflatten(-1, (3, 3))
    identity = torch.eye(3, dtype=axis_angle.dtype, device=axis_angle.device)
    return identity + sine_part * cross + cosine_part * (cross @ cross)
