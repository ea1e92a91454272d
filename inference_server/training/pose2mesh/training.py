"""The training itself, as its authors set it up (Choi 2020, section 5.1): RMSprop, 15 epochs, batches of 64.

The authors train the lifter alone beforehand; here it learns from the start together with the rest, of which it
feels nothing.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from ...networks.pose2mesh.model import Pose2Mesh
from ...whole_file import whole_file
from .batches import Batch
from .losses import Losses, losses

RATE, LOWER = 1e-3, 0.1
LOWER_FROM = 10 / 15
"""The share of the epochs after which the rate is lowered."""
EDGES_FROM = 7 / 15
"""The share of the epochs after which the edges' loss joins."""


@dataclass(frozen=True)
class Plan:
    epochs: int = 15
    steps: int = 2000
    """Batches an epoch."""


def train(
    model: Pose2Mesh,
    faces: np.ndarray,
    joint_regressor: np.ndarray,
    batches: Iterator[Batch],
    plan: Plan,
    on_step: Callable[[int, Losses], None] = lambda step, loss: None,
    on_epoch: Callable[[int, float], None] = lambda epoch, mean: None,
) -> list[float]:
    """Trains `model` where it is; returns the mean loss of every epoch.

    `on_step` is told every step's number and losses, `on_epoch` every epoch's number, from 1, and mean loss.
    """
    device = next(model.parameters()).device
    triangles = torch.from_numpy(np.ascontiguousarray(faces, dtype=np.int64)).to(device)
    regressor = torch.from_numpy(joint_regressor.astype(np.float32)).to(device)
    optimiser = torch.optim.RMSprop(model.parameters(), lr=RATE)
    schedule = torch.optim.lr_scheduler.MultiStepLR(optimiser, [round(LOWER_FROM * plan.epochs)], LOWER)
    means: list[float] = []
    model.train()
    for epoch in range(plan.epochs):
        total = 0.0
        for step in range(plan.steps):
            batch = next(batches).to(device)
            mesh, lifted = model(batch.pose)
            loss = losses(
                mesh,
                lifted,
                batch.true_mesh,
                batch.true_pose,
                triangles,
                regressor,
                with_edges=epoch >= EDGES_FROM * plan.epochs,
            )
            optimiser.zero_grad()
            loss.total.backward()
            optimiser.step()
            total += loss.total.item()
            on_step(epoch * plan.steps + step, loss)
        schedule.step()
        means.append(total / plan.steps)
        on_epoch(epoch + 1, means[-1])
    return means


def save(model: Pose2Mesh, path: Path, means: list[float]) -> None:
    """In the authors' layout, which the importer reads. Raises RecoveryError("unwritable")."""
    with whole_file(path, "The checkpoint") as temporary:
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.save(
            {"epoch": len(means), "model_state_dict": model.state_dict(), "train_log": means}, temporary
        )
