"""What `recover-mesh train hmr` does."""

import argparse
from functools import partial

import torch
from tqdm import tqdm

from ...body.files import load_body
from ...errors import RecoveryError
from ..curve import Row
from ..device import choose_device
from ..pictures.person import Person
from ..pictures.sources import read_people
from .batches import people_batches
from .form import form_of
from .pose_pool import read_pool
from .start import new_network
from .training import EPOCHS, Plan, train


def run(options: argparse.Namespace) -> None:
    """Trains as the parsed arguments say, and tells how to import what came out. Raises RecoveryError."""
    device = choose_device(options.device)
    body = load_body(options.body)
    form = form_of(body)
    sources = [read_people(path, body) for path in options.data]
    tested = [read_people(path, body) for path in options.validate]
    for source in (*sources, *tested):
        if source.hands:
            raise RecoveryError(
                "bad_data", f"{source.name} shows hands, and a body is to be learnt.", "Leave it out."
            )
        print(f"{source.name}: {len(source.people)} people")
    validated: list[Person] = [person for source in tested for person in source.people]
    pool = read_pool(options.motion) if options.motion else None
    batches = partial(people_batches, sources, form, pool, options.batch, options.seed)
    epochs = options.epochs or EPOCHS
    plan = Plan(
        epochs,
        options.steps or batches().epoch,
        min(options.small_epochs, epochs),
        new=options.trunk is None,
    )
    torch.manual_seed(options.seed)
    model = new_network(pool, options.trunk).to(device)
    with tqdm(total=plan.epochs * plan.steps, unit="batch") as bar:

        def on_step(row: Row) -> None:
            bar.set_postfix(epoch=row.epoch, loss=f"{row.total:.3f}", refresh=False)
            bar.update(row.step - bar.n)
            if "pa_mpjpe" in row.measures:
                name = "untrained" if row.epoch < 0 else f"epoch {row.epoch}"
                bar.write(f"{name}: PA-MPJPE {row.measures['pa_mpjpe']:.1f} mm on those to validate with")

        path = train(
            model, form, batches, plan, options.work.expanduser(), validated, pool is not None, options.seed,
            options.workers, on_step,
        )  # fmt: skip
    print(f"{path}: import it with `recover-mesh weights import {path}`")
