"""The sizes of HMR's layers, and the numbers that no parameter holds (Kanazawa 2018).

Its 85 parameters are 3 of a weak-perspective camera (s, tx, ty), 72 of the pose and 10 of the shape. The camera sees
the body's point (X, Y, Z) at s (X + tx, Y + ty), from -1 to 1 over the crop, y down.
"""

from .resnet_layout import EXPANSION, STAGES

CROP = 224
"""Pixels of the side of the square picture that the network takes."""
FEATURES = STAGES[-1][0] * EXPANSION
"""Channels of the picture's features."""
HIDDEN = 1024
"""Width of the regressor's two hidden layers."""
TURNED = 24
"""Joints that are turned, each relative to its parent, the first to the camera: those of SMPL."""
BETAS = 10
CAMERA = 3
PARAMETERS = CAMERA + 3 * TURNED + BETAS
"""In the authors' form, whose rotations are axis-angle; in this order."""
ITERATIONS = 3
"""How often the regressor corrects its parameters, by default; all but the first time from its own."""
DROPOUT = 0.5
"""Share of the hidden layers' values that are left out in training."""
REST_CAMERA = (0.9, 0.0, 0.0)
"""Where a new network's corrections begin: a body of the crop's height, in its middle."""
ORIGINAL, SPIN = "original", "spin"
"""The forms that HMR has: that of its authors' TensorFlow graph, and that of SPIN in torch."""
SMPL, FREE = "smpl", "free"
"""The bodies whose shape a network can know."""
