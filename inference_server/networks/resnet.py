"""The ResNet-50 (He 2016) with the names of parameters in common use; no last layer."""

from torch import Tensor, nn

from ..resnet_layout import EXPANSION, STAGES, STEM, Stages


class Block(nn.Module):
    """Three convolutions around which the input is led; the stride sits in the second, as in version 1.5."""

    def __init__(self, before: int, width: int, stride: int) -> None:
        super().__init__()
        after = width * EXPANSION
        self.conv1 = nn.Conv2d(before, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, after, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(after)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = None
        if before != after:
            projection = nn.Conv2d(before, after, 1, stride, bias=False)
            self.downsample = nn.Sequential(projection, nn.BatchNorm2d(after))

    def forward(self, features: Tensor) -> Tensor:
        led_around = features if self.downsample is None else self.downsample(features)
        features = self.relu(self.bn1(self.conv1(features)))
        features = self.relu(self.bn2(self.conv2(features)))
        return self.relu(self.bn3(self.conv3(features)) + led_around)


class ResNet(nn.Module):
    """What is built on it is a class derived from it: its parameters' names are then as others have them."""

    def __init__(self, stages: Stages = STAGES) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, STEM, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(STEM)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        self.stage_names = [f"layer{number}" for number, _ in enumerate(stages, start=1)]
        before = STEM
        for name, (width, block_count, stride) in zip(self.stage_names, stages, strict=True):
            after = width * EXPANSION
            blocks = [Block(before, width, stride)]
            blocks += [Block(after, width, stride=1) for _ in range(block_count - 1)]
            self.add_module(name, nn.Sequential(*blocks))
            before = after

    def stem(self, image: Tensor) -> Tensor:
        """(B, 3, H, W) -> (B, 64, H/4, W/4)."""
        return self.maxpool(self.relu(self.bn1(self.conv1(image))))

    def through_stages(self, features: Tensor) -> Tensor:
        """What the stem, or another network in its place, gives -> (B, 2048, H/32, W/32)."""
        for name in self.stage_names:
            features = self.get_submodule(name)(features)
        return features
