"""A new HMR to train: a drawn trunk, or one that is brought; its corrections begin at the mean pose."""

from pathlib import Path

import numpy as np
import torch
from torch import nn

from ...networks.hmr.spin import SpinHmr
from ..trunks import bring_trunk, draw_trunk
from .pose_pool import PosePool


def new_network(pool: PosePool | None, trunk: Path | None = None) -> SpinHmr:
    """At first it says of whatever it is shown the mean pose: the pool's, or without a pool the rest pose.

    Raises RecoveryError("checkpoint") for the trunk.
    """
    model = SpinHmr()
    draw_trunk(model)
    for layer in (model.decpose, model.decshape, model.deccam):
        nn.init.zeros_(layer.weight)
        nn.init.zeros_(layer.bias)
    if trunk is not None:
        bring_trunk(trunk, [model])
    if pool is not None:
        columns = pool.mean()[1:, :, :2].reshape(1, -1).astype(np.float32)
        model.init_pose[:, 6:] = torch.from_numpy(columns)
    return model
