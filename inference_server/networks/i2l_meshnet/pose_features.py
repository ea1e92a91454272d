"""From the joints back to a picture's features: Pose2Feat (Moon 2020).

The authors draw each joint as a Gaussian blob into a volume of 64 x 64 x 64, whose J x 64 slices are the channels of
one convolution. A Gaussian is the product of three along the axes, gx gy gz, and so that convolution is

    sum over j, z, k, l of W[j, z, k, l] gz_j(z) gy_j(y + k) gx_j(x + l)

With W contracted along z first, J channels are left, of joints that were never drawn: no volume is ever made.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from ...lixel_layout.kinds import GRID
from ...lixel_layout.layers import SIGMA
from ...resnet_layout import STEM


class Pose2Feat(nn.Module):
    def __init__(self, joint_count: int) -> None:
        super().__init__()
        convolution = nn.Conv2d(STEM + joint_count * GRID, STEM, 3, padding=1)
        self.conv = nn.Sequential(convolution, nn.BatchNorm2d(STEM), nn.ReLU(inplace=True))

    def forward(self, features: Tensor, joints: Tensor) -> Tensor:
        """The stem's features (B, 64, 64, 64) and the joints (B, J, 3) in lixels -> features (B, 64, 64, 64)."""
        convolution, *after = self.conv
        assert isinstance(convolution, nn.Conv2d)
        seen = functional.conv2d(features, convolution.weight[:, :STEM], convolution.bias, padding=1)
        weights = convolution.weight[:, STEM:].unflatten(1, (-1, GRID))
        x, y, z = gaussians(joints).unbind(dim=2)
        kernels = torch.einsum("ojzkl,bjz->bojkl", weights, z)
        rows = torch.einsum("bojkl,bjlx->bojkx", kernels, _shifted(x))
        result = seen + torch.einsum("bojkx,bjky->boyx", rows, _shifted(y))
        for layer in after:
            result = layer(result)
        return result


def gaussians(joints: Tensor) -> Tensor:
    """(B, J, 3) in lixels -> (B, J, 3, 64) each coordinate as a Gaussian along its axis, 1 at its top."""
    lixels = torch.arange(GRID, dtype=joints.dtype, device=joints.device)
    return torch.exp(-(((lixels - joints[..., None]) / SIGMA) ** 2) / 2)


def _shifted(line: Tensor) -> Tensor:
    """(B, J, 64) -> (B, J, 3, 64): each line one lixel later, as it is and one earlier, zeros around it."""
    return functional.pad(line, (1, 1)).unfold(2, GRID, 1)
