"""A new I2L-MeshNet to train: its first weights are drawn as its authors draw them, its trunks' may be brought."""

from pathlib import Path

import torch
from torch import nn

from ...errors import RecoveryError
from ...networks.i2l_meshnet.model import I2LMeshNet
from ...networks.i2l_meshnet.trunk import Trunk
from .form import Form

CONVOLUTION_DEVIATION, LINEAR_DEVIATION = 0.001, 0.01
LAST_LAYER = "fc."
"""What the names of a classifier's own layer begin with; a trunk has none."""
HINT = "It takes the parameters of a ResNet-50 by their usual names: conv1.weight, bn1.weight, layer1.0.conv1.weight."


def new_network(form: Form, trunk: Path | None = None) -> I2LMeshNet:
    """`trunk`: a file of a ResNet-50's parameters, such as one that knows ImageNet, for both trunks.

    Raises RecoveryError("checkpoint") where it is none.
    """
    regressor = torch.from_numpy(form.joint_regressor)
    model = I2LMeshNet(len(form.names), form.vertex_count, form.kind.turned_count, regressor)
    for part in (model.pose_net, model.pose2feat, model.mesh_net, model.param_regressor):
        part.apply(_draw)
    for part in (model.pose_backbone, model.mesh_backbone):
        part.apply(_draw_trunk)
    if trunk is not None:
        _bring(trunk.expanduser(), [model.pose_backbone, model.mesh_backbone])
    return model


def _draw(layer: nn.Module) -> None:
    if isinstance(layer, nn.ConvTranspose2d | nn.Conv2d):
        nn.init.normal_(layer.weight, std=CONVOLUTION_DEVIATION)
    elif isinstance(layer, nn.Linear):
        nn.init.normal_(layer.weight, std=LINEAR_DEVIATION)
    if isinstance(layer, nn.Conv2d | nn.Linear) and layer.bias is not None:
        nn.init.zeros_(layer.bias)


def _draw_trunk(layer: nn.Module) -> None:
    if isinstance(layer, nn.Conv2d):
        nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")


def _bring(path: Path, trunks: list[Trunk]) -> None:
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
        state = {name: value for name, value in content.items() if not name.startswith(LAST_LAYER)}
        for trunk in trunks:
            trunk.load_state_dict(state)
    except Exception as error:  # what it raises for a damaged file depends on the bytes
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise RecoveryError("checkpoint", f"{path} is no trunk: {reason}", HINT) from error
