"""The methods that are offered, by name, ready to run."""

from .hmr.method import HMR
from .i2l_meshnet.method import I2L_MESHNET
from .keypoints import KEYPOINTS
from .method import Method
from .pose2mesh.method import POSE2MESH

METHODS: dict[str, Method] = {method.name: method for method in (KEYPOINTS, HMR, POSE2MESH, I2L_MESHNET)}
