"""The sizes of I2L-MeshNet's layers, and the numbers that no parameter holds (Moon 2020)."""

STAGES = ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2))
"""Of a ResNet-50: the inner channels of a stage's blocks, their number, and the stride of the first."""
EXPANSION = 4
"""Channels that leave a block for each inner one."""
STEM = 64
"""Channels that the trunk takes."""
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
