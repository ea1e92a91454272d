"""From features of the picture to lixels: PoseNet for joints and MeshNet for vertices (Moon 2020)."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from ...lixel_layout.kinds import GRID
from ...lixel_layout.layers import FEATURES, SMALLEST_VARIANCE, UPSAMPLINGS, WIDTH


class Lixels(NamedTuple):
    """Positions and their standard deviations (B, P, 3): x, y, z in lixels."""

    positions: Tensor
    spread: Tensor


class LixelNet(nn.Module):
    """For each of `point_count` points three heatmaps, along x, y and z."""

    def __init__(self, point_count: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for before in UPSAMPLINGS.values():
            upsampling = nn.ConvTranspose2d(before, WIDTH, 4, stride=2, padding=1, bias=False)
            layers += [upsampling, nn.BatchNorm2d(WIDTH), nn.ReLU(inplace=True)]
        self.deconv = nn.Sequential(*layers)
        self.conv_x = nn.Sequential(nn.Conv1d(WIDTH, point_count, 1))
        self.conv_y = nn.Sequential(nn.Conv1d(WIDTH, point_count, 1))
        depth_layer = nn.Conv1d(FEATURES, WIDTH * GRID, 1)
        self.conv_z_1 = nn.Sequential(depth_layer, nn.BatchNorm1d(WIDTH * GRID), nn.ReLU(inplace=True))
        self.conv_z_2 = nn.Sequential(nn.Conv1d(WIDTH, point_count, 1))

    def forward(self, features: Tensor) -> Lixels:
        """(B, 2048, 8, 8) -> the lixels of P points."""
        plane = self.deconv(features)
        along_z = self.conv_z_1(features.mean(dim=(2, 3))[:, :, None]).view(-1, WIDTH, GRID)
        heatmaps = (self.conv_x(plane.mean(dim=2)), self.conv_y(plane.mean(dim=3)), self.conv_z_2(along_z))
        axes = [moments(heatmap) for heatmap in heatmaps]
        positions, spread = (torch.stack(values, dim=2) for values in zip(*axes, strict=True))
        return Lixels(positions, spread)


def moments(heatmap: Tensor) -> tuple[Tensor, Tensor]:
    """The mean and the standard deviation of softmax(heatmap) over the last axis: (B, P, 64) -> (B, P) each.

    With all their digits where the layers before are trained with half of them.
    """
    heatmap = heatmap.to(torch.promote_types(heatmap.dtype, torch.float32))
    middle = (GRID - 1) / 2  # numbers from there are smaller, and keep more digits
    offsets = torch.arange(GRID, dtype=heatmap.dtype, device=heatmap.device) - middle
    with torch.autocast(heatmap.device.type, enabled=False):
        shares = heatmap.softmax(dim=2)
        mean = shares @ offsets
        variance = shares @ offsets.square() - mean.square()
    return mean + middle, variance.clamp_min(SMALLEST_VARIANCE).sqrt()
