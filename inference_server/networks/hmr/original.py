"""HMR as its authors' TensorFlow graph computes it (Kanazawa 2018).

Its parameters bear the names of the graph's variables: `resnet_v2_50/block1/unit_1/bottleneck_v2/conv1/weights` is
`block1.unit_1.conv1.weight` here, `3D_module/fc1/weights` is `fc1.weight`.
"""

import math

import torch
from torch import Tensor, nn

from ...hmr_layout import (
    BETAS,
    CAMERA,
    DROPOUT,
    FEATURES,
    HIDDEN,
    ITERATIONS,
    PARAMETERS,
    REST_CAMERA,
    TURNED,
)
from ...resnet_layout import EXPANSION, STAGES, STEM
from ..rotation import axis_angle_matrices
from .estimate import Estimate

FACING_CAMERA = (math.pi, 0.0, 0.0)
"""Axis-angle, in radians."""


class Unit(nn.Module):
    """A block of the second version (He 2016b): norms come before their convolutions, none after the sum."""

    def __init__(self, before: int, width: int, stride: int) -> None:
        super().__init__()
        after = width * EXPANSION
        self.stride = stride
        self.preact = nn.BatchNorm2d(before)
        self.shortcut = nn.Conv2d(before, after, 1, stride) if before != after else None
        self.conv1 = nn.Conv2d(before, width, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, after, 1)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, features: Tensor) -> Tensor:
        normed = self.relu(self.preact(features))
        thinned = features[:, :, :: self.stride, :: self.stride]
        led_around = thinned if self.shortcut is None else self.shortcut(normed)
        inner = self.relu(self.norm1(self.conv1(normed)))
        inner = self.relu(self.norm2(self.conv2(inner)))
        return self.conv3(inner) + led_around


class OriginalHmr(nn.Module):
    """A ResNet-50 of version 2, and a regressor of axis-angle rotations."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, STEM, 7, stride=2, padding=3)
        self.maxpool = nn.MaxPool2d(3, stride=2, ceil_mode=True)  # padded on the right and below only
        before = STEM
        for number, (width, unit_count, _) in enumerate(STAGES, start=1):
            block = nn.Sequential()
            for unit in range(1, unit_count + 1):
                # where others give the next stage its stride, here the last unit before has it
                stride = STAGES[number][2] if unit == unit_count and number < len(STAGES) else 1
                block.add_module(f"unit_{unit}", Unit(before, width, stride))
                before = width * EXPANSION
            self.add_module(f"block{number}", block)
        self.postnorm = nn.BatchNorm2d(before)
        self.relu = nn.ReLU(inplace=True)
        self.fc1 = nn.Linear(FEATURES + PARAMETERS, HIDDEN)
        self.fc2 = nn.Linear(HIDDEN, HIDDEN)
        self.fc3 = nn.Linear(HIDDEN, PARAMETERS)
        self.dropout = nn.Dropout(DROPOUT)
        self.mean_param: Tensor
        rest = REST_CAMERA + FACING_CAMERA + (0.0,) * (3 * (TURNED - 1) + BETAS)
        self.register_buffer("mean_param", torch.tensor([rest]))

    def forward(self, image: Tensor, iterations: int = ITERATIONS) -> list[Estimate]:
        """(B, 3, 224, 224) RGB from -1 to 1 -> the estimate after each iteration."""
        return [as_estimate(theta) for theta in self.regress(self.encode(image), iterations)]

    def encode(self, image: Tensor) -> Tensor:
        """(B, 3, 224, 224) -> (B, 2048)."""
        features = self.maxpool(self.conv1(image))
        for number, _ in enumerate(STAGES, start=1):
            features = self.get_submodule(f"block{number}")(features)
        return self.relu(self.postnorm(features)).mean(dim=(2, 3))

    def regress(self, features: Tensor, iterations: int = ITERATIONS) -> list[Tensor]:
        """(B, 2048) -> the parameters (B, 85) after each iteration: the camera, the pose, the betas."""
        theta, thetas = self.mean_param.expand(len(features), -1), []
        for _ in range(iterations):
            hidden = self.dropout(self.relu(self.fc1(torch.cat([features, theta], dim=1))))
            hidden = self.dropout(self.relu(self.fc2(hidden)))
            theta = theta + self.fc3(hidden)
            thetas.append(theta)
        return thetas


def as_estimate(theta: Tensor) -> Estimate:
    """Parameters (B, 85) -> what they say."""
    camera, pose, betas = theta.split([CAMERA, 3 * TURNED, BETAS], dim=1)
    return Estimate(axis_angle_matrices(pose.unflatten(1, (-1, 3))), betas, camera)
