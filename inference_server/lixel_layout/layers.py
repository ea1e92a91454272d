"""The sizes of I2L-MeshNet's layers, and the numbers that no parameter holds (Moon 2020)."""

from ..resnet_layout import EXPANSION, STAGES

FEATURES = STAGES[-1][0] * EXPANSION
"""Channels that the trunk gives."""
WIDTH = 256
"""Channels of what the heatmaps are made of."""
UPSAMPLINGS = {0: FEATURES, 3: WIDTH, 6: WIDTH}
"""From the trunk's 8 x 8 to the grid's 64 x 64: the layers' numbers, and the channels that each takes."""
SIGMA = 2.5
"""Lixels: the width of the Gaussian that stands for a joint."""
SMALLEST_VARIANCE = 1e-6
"""Lixels squared, of a heatmap: its root's gradient stays finite."""
HIDDEN = (1024, 512)
"""Widths within the parameter stage."""
BETAS = 10
