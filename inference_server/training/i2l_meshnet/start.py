"""A new I2L-MeshNet to train: its first weights are drawn as its authors draw them, its trunks' may be brought."""

from pathlib import Path

import torch
from torch import nn

from ...networks.i2l_meshnet.model import I2LMeshNet
from ..trunks import bring_trunk, draw_trunk
from .form import Form

CONVOLUTION_DEVIATION, LINEAR_DEVIATION = 0.001, 0.01


def new_network(form: Form, trunk: Path | None = None) -> I2LMeshNet:
    """`trunk`: a file of a ResNet-50's parameters, such as one that knows ImageNet, for both trunks.

    Raises RecoveryError("checkpoint") where it is none.
    """
    regressor = torch.from_numpy(form.joint_regressor)
    model = I2LMeshNet(len(form.names), form.vertex_count, form.kind.turned_count, regressor)
    for part in (model.pose_net, model.pose2feat, model.mesh_net, model.param_regressor):
        part.apply(_draw)
    for part in (model.pose_backbone, model.mesh_backbone):
        draw_trunk(part)
    if trunk is not None:
        bring_trunk(trunk, [model.pose_backbone, model.mesh_backbone])
    return model


def _draw(layer: nn.Module) -> None:
    if isinstance(layer, nn.ConvTranspose2d | nn.Conv2d):
        nn.init.normal_(layer.weight, std=CONVOLUTION_DEVIATION)
    elif isinstance(layer, nn.Linear):
        nn.init.normal_(layer.weight, std=LINEAR_DEVIATION)
    if isinstance(layer, nn.Conv2d | nn.Linear) and layer.bias is not None:
        nn.init.zeros_(layer.bias)
