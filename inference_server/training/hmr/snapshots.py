"""HMR's checkpoints, in SPIN's layout (the network's parameters under "model"), from which a training also goes on."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...networks.hmr.spin import SpinHmr
from .. import checkpoints

NAME = re.compile(r"checkpoint_(\d+)\.pt")
BEST = "best.pt"
WHAT = "checkpoint of this training"


@dataclass(frozen=True)
class Past:
    """What a training that goes on has to know besides the network."""

    epoch: int
    """The last that ended."""
    rest: dict[str, Any]
    """The states of the discriminators and of what trains, by name."""
    best: float | None
    """The least PA-MPJPE of the epochs that ended, millimetres."""


def place(folder: Path, epoch: int) -> Path:
    return folder / f"checkpoint_{epoch}.pt"


def save(model: SpinHmr, body: str, past: Past, folder: Path) -> Path:
    """`body`: "free" or "smpl". Raises RecoveryError("unwritable")."""
    path = place(folder, past.epoch)
    content = {
        "model": model.state_dict(),
        "body": body,
        "epoch": past.epoch,
        "rest": past.rest,
        "best": past.best,
    }
    checkpoints.write(content, path, "The checkpoint")
    return path


def save_best(model: SpinHmr, body: str, epoch: int, best: float, folder: Path) -> Path:
    """What is needed to use it alone. Raises RecoveryError("unwritable")."""
    content = {"model": model.state_dict(), "body": body, "epoch": epoch, "best": best}
    checkpoints.write(content, folder / BEST, "The checkpoint")
    return folder / BEST


def resume(model: SpinHmr, folder: Path) -> Past | None:
    """Puts the newest checkpoint's parameters into the model; None where there is no checkpoint.

    Raises RecoveryError("checkpoint") where it is damaged, or of another network.
    """
    path = checkpoints.newest(folder, NAME)
    if path is None:
        return None
    with checkpoints.restoring(path, WHAT) as content:
        past = Past(content["epoch"], content["rest"], content["best"])
        model.load_state_dict(content["model"])
    return past
