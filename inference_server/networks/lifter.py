"""The lifter: from keypoints to a body's pose, shape and camera, a frame at a time and over a clip."""

import torch
from torch import nn

from ..lifting.features import BETAS, FEATURES, OUTPUTS, TURNED

WIDTH, BLOCKS = 512, 4
DILATIONS = (1, 2, 4, 8)
"""Frames between the three that each layer over time looks at: together 31 frames, a second of video."""
FACING_CAMERA = (1.0, 0.0, 0.0, -1.0, 0.0, 0.0)
NO_TURN = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
"""Both in 6D: the first two columns, interleaved."""
UNSURE = -1.0
"""The logarithm of radians."""


class Block(nn.Module):
    """A residual layer over one frame's numbers."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.inner = nn.Linear(width, width)
        self.outer = nn.Linear(width, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(..., width) -> (..., width)."""
        return x + self.outer(nn.functional.gelu(self.inner(self.norm(x))))


class TimeBlock(nn.Module):
    """A residual layer over a frame and the two `dilation` frames before and after; at first it adds nothing."""

    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.around = nn.Conv1d(width, width // 2, 3, dilation=dilation)
        self.outer = nn.Linear(width // 2, width)
        nn.init.zeros_(self.outer.weight)
        nn.init.zeros_(self.outer.bias)
        self.dilation = dilation

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, T, width) -> (B, T, width); the first and the last frame are taken to go on."""
        padded = nn.functional.pad(
            self.norm(x).transpose(1, 2), (self.dilation, self.dilation), mode="replicate"
        )
        return x + self.outer(nn.functional.gelu(self.around(padded)).transpose(1, 2))


class Lifter(nn.Module):
    """A residual network of each frame, and one over time that starts from it."""

    def __init__(self, width: int = WIDTH, blocks: int = BLOCKS) -> None:
        super().__init__()
        self.enter = nn.Linear(FEATURES, width)
        self.blocks = nn.ModuleList([Block(width) for _ in range(blocks)])
        self.leave = _head(width)
        self.time_blocks = nn.ModuleList([TimeBlock(width, dilation) for dilation in DILATIONS])
        self.leave_in_time = _head(width)

    def forward(self, features: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """(B, T, FEATURES) -> (B, T, OUTPUTS) of every frame by itself, and with the frames around it."""
        hidden = self.encode(features)
        return self.leave(hidden), self.over_time(hidden)

    def encode(self, features: torch.Tensor) -> torch.Tensor:
        """(..., FEATURES) -> (..., width)."""
        hidden = self.enter(features)
        for block in self.blocks:
            hidden = block(hidden)
        return hidden

    def over_time(self, hidden: torch.Tensor) -> torch.Tensor:
        """(B, T, width) -> (B, T, OUTPUTS)."""
        for block in self.time_blocks:
            hidden = block(hidden)
        return self.leave_in_time(hidden)


def _head(width: int) -> nn.Sequential:
    """Its first guess is a person in the rest pose, upright, who faces the camera."""
    linear = nn.Linear(width, OUTPUTS)
    nn.init.normal_(linear.weight, std=0.01)
    with torch.no_grad():
        rotations = torch.tensor(FACING_CAMERA + NO_TURN * (TURNED - 1))
        rest = torch.zeros(BETAS + 3)
        linear.bias.copy_(torch.cat([rotations, rest, torch.full((TURNED,), UNSURE)]))
    return nn.Sequential(nn.LayerNorm(width), linear)
