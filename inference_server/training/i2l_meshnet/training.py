"""The training itself, as its authors set it up (Moon 2020, section 6): Adam, and two stages.

First the lixels of joints and vertices, 13 epochs, the rate lowered tenfold after 10 and 12 of them (a hand's: 25, 17
and 21). Then, for a body, the pose and shape that follow from them, 5 epochs, lowered after 2 and 4. In the second
stage the network of lixels rests, its batch norms too, so that the pose is learnt from what the network will give.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path

import torch
from torch import Tensor, nn

from ...body.files import load_body
from ...fitting.body_keypoints import attach_keypoints
from ...lixel_layout.kinds import BODY, LixelKind
from ...networks.i2l_meshnet.model import I2LMeshNet, Output
from ..batches import Batches, moved, stream
from ..body import TorchBody, torch_body
from ..curve import Columns, Row, check_row, mean_rows, read_curve, write_curve
from ..losses import Losses
from . import snapshots
from .batches import Batch
from .form import Form
from .losses import LixelLosses, ParameterLosses, lixel_losses, parameter_losses

RATE, LOWER = 1e-4, 0.1
LIXELS, PARAMETERS = "lixels", "parameters"
LIXEL_EPOCHS = {"body": 13, "hand": 25}
PARAMETER_EPOCHS = 5
LOWERED = {"body": (10 / 13, 12 / 13), "hand": (17 / 25, 21 / 25), PARAMETERS: (2 / 5, 4 / 5)}
"""The shares of a stage's epochs after which the rate is lowered."""
CURVE = "curve.csv"
PARTS = [field.name for kind in (LixelLosses, ParameterLosses) for field in fields(kind)]
COLUMNS = Columns(tuple(dict.fromkeys(PARTS)))


@dataclass(frozen=True)
class Plan:
    lixel_epochs: int
    parameter_epochs: int
    """0 for a hand."""
    steps: int
    """Batches an epoch."""

    @property
    def epochs(self) -> int:
        return self.lixel_epochs + self.parameter_epochs

    def stage(self, epoch: int) -> str:
        return LIXELS if epoch < self.lixel_epochs else PARAMETERS

    def rate(self, epoch: int, kind: LixelKind) -> float:
        """The learning rate of an epoch, from 0."""
        if self.stage(epoch) == LIXELS:
            done, length, shares = epoch, self.lixel_epochs, LOWERED[kind.name]
        else:
            done, length, shares = epoch - self.lixel_epochs, self.parameter_epochs, LOWERED[PARAMETERS]
        return RATE * LOWER ** sum(done >= round(share * length) for share in shares)


def train(
    model: I2LMeshNet,
    form: Form,
    batches: Batches[Batch],
    plan: Plan,
    folder: Path,
    workers: int = 0,
    on_step: Callable[[Row], None] = lambda row: None,
) -> Path:
    """Trains `model` where it is, or goes on where an earlier training in this folder was stopped.

    Writes a snapshot after every epoch, and keeps the last of each stage; and the losses. Returns the last snapshot.
    Raises RecoveryError.
    """
    device = next(model.parameters()).device
    past = snapshots.resume(model, folder)
    first = past.epoch + 1 if past else 0
    rows = read_curve(folder / CURVE, first, COLUMNS)
    losses = _losses(form, device)
    stage, optimizer = "", torch.optim.Adam(model.parameters(), lr=RATE)
    scaler = torch.amp.GradScaler(device.type, enabled=device.type == "cuda")
    for epoch in range(first, plan.epochs):
        if plan.stage(epoch) != stage:
            stage = plan.stage(epoch)
            optimizer = torch.optim.Adam(_prepare(model, stage), lr=RATE)
            if past and past.stage == stage:
                optimizer.load_state_dict(past.optimizer)
                scaler.load_state_dict(past.scaler)
        for group in optimizer.param_groups:
            group["lr"] = plan.rate(epoch, form.kind)
        done: list[Row] = []
        for batch in stream(batches, epoch * plan.steps, (epoch + 1) * plan.steps, workers):
            step = epoch * plan.steps + len(done) + 1
            loss = _step(model, moved(batch, device), losses[stage], optimizer, scaler)
            values = {name: part.item() for name, part in loss.parts.items()}
            done.append(Row(stage, epoch, step, plan.rate(epoch, form.kind), values))
            check_row(done[-1])
            on_step(done[-1])
        rows += mean_rows(done)
        past = snapshots.Past(epoch, stage, optimizer.state_dict(), scaler.state_dict())
        snapshots.save(model, past, folder)
        write_curve(folder / CURVE, rows, COLUMNS)
        if epoch not in (0, plan.lixel_epochs):
            snapshots.place(folder, epoch - 1).unlink(missing_ok=True)
    return snapshots.place(folder, max(first, plan.epochs) - 1)


def _losses(form: Form, device: torch.device) -> dict[str, Callable[[Output, Batch], Losses]]:
    """Of each stage."""
    faces = torch.from_numpy(form.faces).to(device)
    regressor = torch.from_numpy(form.joint_regressor).to(device)
    losses: dict[str, Callable[[Output, Batch], Losses]] = {
        LIXELS: lambda output, batch: lixel_losses(output, batch, faces, regressor)
    }
    if form.kind is BODY and form.body is not None:
        body = torch_body(form.body, attach_keypoints(form.body, load_body("free")))
        body = TorchBody(**{name: value.to(device) for name, value in vars(body).items()})
        losses[PARAMETERS] = lambda output, batch: parameter_losses(output, batch, body)
    return losses


def _prepare(model: I2LMeshNet, stage: str) -> list[nn.Parameter]:
    """Wakes what the stage trains and puts the rest to sleep; returns the parameters to train."""
    model.train(stage == LIXELS)
    model.param_regressor.train(stage == PARAMETERS)
    model.requires_grad_(stage == LIXELS)
    model.param_regressor.requires_grad_(stage == PARAMETERS)
    return [parameter for parameter in model.parameters() if parameter.requires_grad]


def _step(
    model: I2LMeshNet,
    batch: Batch,
    losses: Callable[[Output, Batch], Losses],
    optimizer: torch.optim.Optimizer,
    scaler: torch.amp.GradScaler,
) -> Losses:
    """Half the digits on CUDA for the layers; the losses have all."""
    device: str = batch.crop.device.type
    with torch.autocast(device, torch.float16, enabled=device == "cuda"):
        output = model(batch.crop)
    loss = losses(output, batch)
    total: Tensor = loss.total
    optimizer.zero_grad()
    scaler.scale(total).backward()
    scaler.step(optimizer)
    scaler.update()
    return loss
