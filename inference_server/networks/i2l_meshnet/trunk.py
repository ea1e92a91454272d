"""The ResNet-50 that I2L-MeshNet has two of."""

from torch import Tensor

from ...resnet_layout import STAGES
from ..resnet import ResNet


class Trunk(ResNet):
    def __init__(self) -> None:
        super().__init__(STAGES)

    def forward(self, features: Tensor) -> Tensor:
        """What the stem, or another network in its place, gives -> (B, 2048, H/32, W/32)."""
        return self.through_stages(features)
