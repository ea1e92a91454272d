"""Snapshots of a training, as I2L-MeshNet's authors lay theirs out, from which it also goes on.

snapshot_N.pth.tar, N the number of the epoch that ended, from 0: {epoch, network, optimizer}, the network's names
beginning with "module."; besides, the stage, and the scaler of a mixed precision. The import wants nothing more.
"""

import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ...networks.i2l_meshnet.model import I2LMeshNet
from .. import checkpoints

WRAPPED = "module."
NAME = re.compile(r"snapshot_(\d+)\.pth\.tar")


@dataclass(frozen=True)
class Past:
    """What a training that goes on has to know."""

    epoch: int
    """The last that ended."""
    stage: str
    optimizer: dict[str, Any]
    scaler: dict[str, Any]


def place(folder: Path, epoch: int) -> Path:
    return folder / f"snapshot_{epoch}.pth.tar"


def save(model: I2LMeshNet, past: Past, folder: Path) -> Path:
    """Raises RecoveryError("unwritable")."""
    path = place(folder, past.epoch)
    network = {f"{WRAPPED}{name}": value for name, value in model.state_dict().items()}
    checkpoints.write({**asdict(past), "network": network}, path, "The snapshot")
    return path


def resume(model: I2LMeshNet, folder: Path) -> Past | None:
    """Puts the newest snapshot's parameters into the model; None where there is no snapshot.

    Raises RecoveryError("checkpoint") where it is damaged, or of another network.
    """
    path = checkpoints.newest(folder, NAME)
    if path is None:
        return None
    with checkpoints.restoring(path, "snapshot of this training") as content:
        state = {name.removeprefix(WRAPPED): value for name, value in content["network"].items()}
        past = Past(content["epoch"], content["stage"], content["optimizer"], content["scaler"])
        model.load_state_dict(state)
    return past
