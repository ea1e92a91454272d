"""The training itself: HMR and its discriminators, in turns (Kanazawa 2018, section 3)."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import torch

from ...hmr_layout import CROP
from ...networks.hmr.spin import SpinHmr
from ..batches import Batches, moved, stream
from ..body import TorchBody
from ..curve import Columns, Row, check_row, mean_rows, read_curve, write_curve
from ..device import half_precision
from ..pictures.person import Person
from ..trunks import trunk_names
from . import snapshots
from .batches import Batch
from .discriminators import Discriminators
from .form import Form, body_on
from .losses import HmrLosses, Weights, losses, made_up, told_apart
from .validation import validate

EPOCHS = 75
RATE, DISCRIMINATORS_RATE, DECAY = 1e-5, 1e-4, 1e-4
"""The authors', for a trunk that knows ImageNet; DECAY is of weights, towards 0."""
NEW_RATE, WARM_UP, SLOWING = 5e-4, 50, 0.6
"""For a trunk that knows nothing: a higher rate, which is reached in that many steps and falls to 0 in the last share
of all.
"""
REGRESSOR_SHARE = 0.1
"""Of that rate: its thousands of features move what it says all at once."""
NEW_WEIGHTS = Weights(joints=200.0, parameters=300.0, betas=0.1, adversarial=0.1)
"""For a trunk that knows nothing: how limbs are turned comes first."""
SMALL = ((64, 0.75), (112, 0.95), (160, 1.0))
"""Pixels of a side, and up to which share of the small epochs."""
CURVE = "curve.csv"
COLUMNS = Columns(tuple(field.name for field in fields(HmrLosses)), ("told_apart", "pa_mpjpe"))


@dataclass(frozen=True)
class Plan:
    epochs: int
    steps: int
    """Batches an epoch."""
    small_epochs: int = 0
    """So many of the epochs, the first, are of smaller crops, which take less time."""
    new: bool = True
    """Whether the trunk begins with drawn weights."""

    def size(self, epoch: int) -> int:
        """Pixels of a crop's side."""
        return next((side for side, share in SMALL if epoch < round(share * self.small_epochs)), CROP)

    @property
    def weights(self) -> Weights:
        return NEW_WEIGHTS if self.new else Weights()

    def rate(self, step: int) -> float:
        """The learning rate of a step, from 0."""
        if not self.new:
            return RATE
        total = self.epochs * self.steps
        left = (total - step) / (SLOWING * total)
        return NEW_RATE * min(1.0, (step + 1) / WARM_UP, left)


@dataclass(frozen=True, eq=False)
class Learners:
    """What changes in a training."""

    model: SpinHmr
    discriminators: Discriminators | None
    optimizers: dict[str, torch.optim.Optimizer]
    """By whose they are."""
    scaler: torch.amp.GradScaler

    def state(self) -> dict[str, Any]:
        """All but the model's."""
        optimizers = {name: optimizer.state_dict() for name, optimizer in self.optimizers.items()}
        judges = {} if self.discriminators is None else self.discriminators.state_dict()
        return {"optimizers": optimizers, "discriminators": judges, "scaler": self.scaler.state_dict()}

    def restore(self, state: dict[str, Any]) -> None:
        for name, optimizer in self.optimizers.items():
            optimizer.load_state_dict(state["optimizers"][name])
        if self.discriminators is not None:
            self.discriminators.load_state_dict(state["discriminators"])
        self.scaler.load_state_dict(state["scaler"])


def train(
    model: SpinHmr,
    form: Form,
    batches: Callable[[int], Batches[Batch]],
    plan: Plan,
    folder: Path,
    validated: Sequence[Person] = (),
    with_prior: bool = True,
    seed: int = 0,
    workers: int = 0,
    on_step: Callable[[Row], None] = lambda row: None,
) -> Path:
    """Trains `model` where it is, or goes on where an earlier training in this folder was stopped.

    batches: for crops of so many pixels a side. Writes a checkpoint after every epoch in the place of the one before,
    the one that is best for the `validated`, and the losses. Returns the best, or the last where nobody is validated.
    Raises RecoveryError.
    """
    device = next(model.parameters()).device
    model.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
    body, learners = body_on(form, device), _learners(model, plan.new, with_prior, seed, device)
    past = snapshots.resume(model, folder)
    first = past.epoch + 1 if past else 0
    rows = read_curve(folder / CURVE, first, COLUMNS)
    best = past.best if past else None
    if past:
        learners.restore(past.rest)
    elif validated:
        untrained = {"pa_mpjpe": validate(model, validated, form, body)}
        rows = [Row("untrained", -1, 0, 0.0, {}, untrained)]
        on_step(rows[0])
    model.train()
    if plan.new:  # dropout keeps one that knows much from learning by heart; this must first learn at all
        model.drop1.p = model.drop2.p = 0.0
    for epoch in range(first, plan.epochs):
        size = plan.size(epoch)
        done: list[Row] = []
        for batch in stream(batches(size), epoch * plan.steps, (epoch + 1) * plan.steps, workers):
            step = epoch * plan.steps + len(done)
            torch.manual_seed(hash((seed, step)))  # of dropout: the same wherever the training was stopped
            rate = plan.rate(step)
            loss, apart = _step(learners, moved(batch, device), body, plan.weights, rate)
            values = {name: part.item() for name, part in loss.parts.items()}
            done.append(Row(str(size), epoch, step + 1, rate, values, {"told_apart": apart}))
            check_row(done[-1])
            on_step(done[-1])
        rows += mean_rows(done)
        if validated:
            error = validate(model, validated, form, body, size)
            rows[-1] = Row(**{**vars(rows[-1]), "measures": {**rows[-1].measures, "pa_mpjpe": error}})
            on_step(rows[-1])
            if size == CROP and not error >= (math.inf if best is None else best):
                best = error
                snapshots.save_best(model, form.name, epoch, best, folder)
        snapshots.save(model, form.name, snapshots.Past(epoch, learners.state(), best), folder)
        write_curve(folder / CURVE, rows, COLUMNS)
        snapshots.place(folder, epoch - 1).unlink(missing_ok=True)
    last = snapshots.place(folder, max(first, plan.epochs) - 1)
    return last if best is None else folder / snapshots.BEST


def _learners(model: SpinHmr, is_new: bool, with_prior: bool, seed: int, device: torch.device) -> Learners:
    torch.manual_seed(seed)
    in_trunk = trunk_names(model)
    trunk, regressor = (
        [value for name, value in model.named_parameters() if (name in in_trunk) == wanted]
        for wanted in (True, False)
    )
    groups = [
        {"params": trunk, "share": 1.0},
        {"params": regressor, "share": REGRESSOR_SHARE if is_new else 1.0},
    ]
    judges = Discriminators().to(device) if with_prior else None
    optimizers: dict[str, torch.optim.Optimizer] = {
        "model": torch.optim.Adam(groups, lr=RATE, weight_decay=DECAY, fused=True)
    }
    if judges is not None:
        optimizers["discriminators"] = torch.optim.Adam(
            judges.parameters(), lr=DISCRIMINATORS_RATE, weight_decay=DECAY
        )
    scaler = torch.amp.GradScaler(device.type, enabled=device.type == "cuda")
    return Learners(model, judges, optimizers, scaler)


def _step(
    learners: Learners, batch: Batch, body: TorchBody, weights: Weights, rate: float
) -> tuple[HmrLosses, float]:
    """The network's losses, and the discriminators' after them; half the digits for the trunk alone."""
    model, judges, optimizer = learners.model, learners.discriminators, learners.optimizers["model"]
    for group in optimizer.param_groups:
        group["lr"] = rate * group["share"]
    crops = batch.crop.contiguous(memory_format=torch.channels_last)
    with half_precision(crops.device):
        estimates = model(crops)
    loss = losses(estimates, batch, body, judges, weights)
    optimizer.zero_grad()
    learners.scaler.scale(loss.total).backward()
    learners.scaler.step(optimizer)
    learners.scaler.update()
    if judges is None:
        return loss, 0.0
    rotations, betas = (values.detach() for values in made_up(estimates))
    apart = told_apart(judges(batch.real_rotations, batch.real_betas), judges(rotations, betas))
    optimizer = learners.optimizers["discriminators"]
    optimizer.zero_grad()
    apart.backward()
    optimizer.step()
    return loss, apart.item()
