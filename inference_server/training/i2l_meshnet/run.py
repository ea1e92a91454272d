"""What `recover-mesh train i2l-meshnet` does."""

import argparse
from pathlib import Path

import torch
from tqdm import tqdm

from ...body.files import FREE_BODY, load_body
from ...errors import RecoveryError
from ...lixel_layout.kinds import BODY
from ..batches import Batches
from ..curve import Row
from ..device import choose_device
from ..pictures.person import People
from ..pictures.sources import read_people
from .batches import Batch, people_batches
from .form import Form, form_of_body, form_of_hand
from .start import new_network
from .training import LIXEL_EPOCHS, PARAMETER_EPOCHS, Plan, train


def run(options: argparse.Namespace) -> None:
    """Trains as the parsed arguments say, and tells how to import what came out. Raises RecoveryError."""
    device = choose_device(options.device)
    body = load_body(options.body)
    form = form_of_hand(options.hand.expanduser()) if options.hand else form_of_body(body)
    sources = [read_people(path, body) for path in options.data]
    _check(sources, form)
    for source in sources:
        print(f"{source.name}: {len(source.people)} {'hands' if source.hands else 'people'}")
    plan, batches = _plan(options, form, sources)
    torch.manual_seed(options.seed)
    model = new_network(form, options.trunk).to(device)
    with tqdm(total=plan.epochs * plan.steps, unit="batch") as bar:

        def on_step(row: Row) -> None:
            bar.set_postfix(epoch=row.epoch, stage=row.stage, loss=f"{row.total:.3f}", refresh=False)
            bar.update(row.step - bar.n)

        path = train(model, form, batches, plan, options.work.expanduser(), options.workers, on_step)
    print(f"{path}: import it with `{_import(path, options.hand or options.body)}`")


def _check(sources: list[People], form: Form) -> None:
    """Hands teach a hand alone, and bodies a body."""
    for source in sources:
        if source.hands and form.kind is BODY:
            message = f"{source.name} shows hands, and a body is to be learnt."
            raise RecoveryError("bad_data", message, "Name your MANO_RIGHT.pkl with --hand, or leave it out.")
        if not source.hands and form.kind is not BODY:
            message = f"{source.name} shows bodies, and a hand is to be learnt."
            raise RecoveryError("bad_data", message, "Leave out --hand, or give FreiHAND alone.")


def _plan(options: argparse.Namespace, form: Form, sources: list[People]) -> tuple[Plan, Batches[Batch]]:
    batches = people_batches(sources, form, options.batch, options.seed)
    posed = form.kind is BODY
    parameters = PARAMETER_EPOCHS if options.parameter_epochs is None else options.parameter_epochs
    if options.parameter_epochs and not posed:
        raise RecoveryError(
            "training", "A hand's pose and shape are not learnt.", "Leave out --parameter-epochs."
        )
    plan = Plan(
        options.epochs or LIXEL_EPOCHS[form.kind.name],
        parameters if posed else 0,
        options.steps or batches.epoch,
    )
    return plan, batches


def _import(path: Path, body: str | Path) -> str:
    """The command; `body` is the file of the body or the hand whose vertices were learnt."""
    return f"recover-mesh weights import {path} --smpl {FREE_BODY if body == 'free' else body}"
