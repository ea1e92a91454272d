"""Snapshots of a training, as I2L-MeshNet's authors lay theirs out, from which it also goes on.

snapshot_N.pth.tar, N the number of the epoch that ended, from 0: {epoch, network, optimizer}, the network's names
beginning with "module."; besides, the stage, and the scaler of a mixed precision. The import wants nothing more.
"""

import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from ...errors import RecoveryError
from ...networks.i2l_meshnet.model import I2LMeshNet
from ...whole_file import whole_file

WRAPPED = "module."
NAME = re.compile(r"snapshot_(\d+)\.pth\.tar$")
HINT = "Choose another folder for this training, or remove the file to go on from the snapshot before it."


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
    with whole_file(path, "The snapshot") as temporary:
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.save({**asdict(past), "network": network}, temporary)
    return path


def resume(model: I2LMeshNet, folder: Path) -> Past | None:
    """Puts the newest snapshot's parameters into the model; None where there is no snapshot.

    Raises RecoveryError("checkpoint") where it is damaged, or of another network.
    """
    found = {
        int(name[1]): path for path in folder.glob("snapshot_*.pth.tar") if (name := NAME.match(path.name))
    }
    if not found:
        return None
    path = found[max(found)]
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
        state = {name.removeprefix(WRAPPED): value for name, value in content["network"].items()}
        past = Past(content["epoch"], content["stage"], content["optimizer"], content["scaler"])
        model.load_state_dict(state)
    except Exception as error:  # what it raises for a damaged file depends on the bytes
        reason = str(error).strip().splitlines() or [type(error).__name__]
        message = f"{path} is no snapshot of this training: {' '.join(reason[:2])}"
        raise RecoveryError("checkpoint", message, HINT) from error
    return past
