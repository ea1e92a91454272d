"""The sizes of a ResNet-50's layers (He 2016), which several of the networks begin with."""

from collections.abc import Sequence

Stages = Sequence[tuple[int, int, int]]
STAGES: Stages = ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2))
"""The inner channels of a stage's blocks, their number, and the stride of the first."""
EXPANSION = 4
"""Channels that leave a block for each inner one."""
STEM = 64
"""Channels that the first stage takes."""
