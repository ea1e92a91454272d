"""What Pose2Mesh's networks are made of (Choi 2020, section 4), whoever builds them."""

from itertools import pairwise

LIFTER_WIDTH = 4096
LIFTER_STAGES = 2

ORDER = 3
"""Chebyshev polynomials a convolution: it reaches two edges far."""
CHANNELS = (
    (5, 32, 64, 64),
    (64, 128, 256),
    (256, 256, 256), (256, 256, 256), (256, 256, 256), (256, 256, 256),
    (256, 128, 128),
    (128, 128, 128), (128, 128, 128),
    (128, 64, 3),
)  # fmt: skip
"""The widths of every block: on the joints, on the levels 7 to 0, and once more on level 0."""
LAYERS = tuple(step for block in CHANNELS for step in pairwise(block))
"""The widths before and after every layer, in the order of their numbers."""
