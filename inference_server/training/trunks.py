"""The first weights of a ResNet-50: drawn, or brought from a file that somebody has."""

from collections.abc import Sequence
from pathlib import Path

from torch import nn

from ..networks.resnet import Block, ResNet
from .checkpoints import restoring

LAST_LAYER = "fc."
"""What the names of a classifier's own layer begin with; a trunk has none."""
HINT = "It takes the parameters of a ResNet-50 by their usual names: conv1.weight, bn1.weight, layer1.0.conv1.weight."


def draw_trunk(trunk: nn.Module) -> None:
    """As He 2015 draws them for layers with ReLU; what is led around a block passes unchanged at first, which learns
    faster (Goyal 2017, section 5.1).
    """
    for layer in trunk.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
        elif isinstance(layer, Block):
            nn.init.zeros_(layer.bn3.weight)


def bring_trunk(path: Path, networks: Sequence[ResNet]) -> None:
    """The parameters of a ResNet-50, such as one that knows ImageNet, for the trunks of all the networks.

    Raises RecoveryError("checkpoint") where the file holds none.
    """
    with restoring(path.expanduser(), "trunk", HINT) as content:
        state = {name: value for name, value in content.items() if not name.startswith(LAST_LAYER)}
        for network in networks:
            needed = trunk_names(network)
            missing = sorted(needed - state.keys())
            if missing:
                raise KeyError(f"it lacks {missing[0]}")
            network.load_state_dict({name: state[name] for name in needed}, strict=False)


def trunk_names(network: ResNet) -> set[str]:
    """Of the parameters that are the trunk's, in a network that is built on it, but for the norms' counters."""
    parts = ("conv1.", "bn1.", *(f"{stage}." for stage in network.stage_names))
    names = {name for name in network.state_dict() if name.startswith(parts)}
    return {name for name in names if not name.endswith("num_batches_tracked")}
