"""The lifter's training: first single frames, then, with those layers kept, what the frames around them add."""

import json
import math
import multiprocessing
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from ...body.files import load_body
from ...fitting.body_keypoints import attach_keypoints
from ...networks.lifter import Lifter
from ..body import TorchBody, torch_body
from ..motions import load_motions, split
from .detections import detections_of, learn_errors
from .loss import Truth, losses
from .rendered import load_rendered
from .rendered_samples import as_batch
from .samples import Batch, make_batch

LEARNING_RATE = 1e-3
WARM_UP = 300
"""Steps."""
BATCH, WINDOW_BATCH, WINDOW = 512, 24, 32
KEEP = 0.999
"""The share of the averaged weights that stays in every step."""
QUEUE = 8
REPORT_EVERY = 500
VALIDATION = 2048


@dataclass(frozen=True)
class Recipe:
    """What a training run is made of."""

    motion: Path
    rendered: Path
    """What the networks saw in pictures of the motion to learn from."""
    rendered_test: Path
    """And of the clips kept apart."""
    steps: int
    window_steps: int
    makers: int
    """Processes that make samples."""
    seed: int


def train(recipe: Recipe, folder: Path, device: str = "cpu") -> Lifter:
    """Trains a lifter, or goes on where an earlier run was stopped. Writes weights and curve.jsonl to `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    free = load_body("free")
    body = torch_body(free, attach_keypoints(free, free))
    body = TorchBody(**{name: value.to(device) for name, value in vars(body).items()})
    torch.manual_seed(recipe.seed)
    lifter = Lifter().to(device)
    single, over_time = folder / "single.pt", folder / "lifter.pt"
    if not single.exists():
        _run(recipe, body, lifter, recipe.steps, BATCH, 1, folder, device)
        torch.save(lifter.state_dict(), single)
    lifter.load_state_dict(torch.load(single, weights_only=True, map_location=device))
    lifter.leave_in_time.load_state_dict(lifter.leave.state_dict())
    if recipe.window_steps:
        _run(recipe, body, lifter, recipe.window_steps, WINDOW_BATCH, WINDOW, folder, device)
    torch.save(lifter.state_dict(), over_time)
    return lifter


def _run(
    recipe: Recipe,
    body: TorchBody,
    lifter: Lifter,
    steps: int,
    count: int,
    frames: int,
    folder: Path,
    device: str,
) -> None:
    """Leaves the averaged weights in `lifter`. Windows train the layers over time alone."""
    if frames == 1:
        trained = [*lifter.enter.parameters(), *lifter.blocks.parameters(), *lifter.leave.parameters()]
    else:
        trained = [*lifter.time_blocks.parameters(), *lifter.leave_in_time.parameters()]
    averaged = [parameter.detach().clone() for parameter in trained]
    optimiser = torch.optim.AdamW(trained, lr=LEARNING_RATE, weight_decay=1e-4, betas=(0.9, 0.98))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: min(1, (step + 1) / WARM_UP) * (0.5 + 0.5 * math.cos(math.pi * step / steps))
    )
    tests = _validation(recipe, frames)
    began = time.monotonic()
    with _makers(recipe, count, frames) as batches, tqdm(total=steps, unit="step") as progress:
        for step in range(1, steps + 1):
            loss, parts = _loss(body, lifter, next(batches), device)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(trained, 1.0)
            optimiser.step()
            schedule.step()
            share = min(KEEP, step / (step + 50))
            with torch.no_grad():
                for kept, parameter in zip(averaged, trained, strict=True):
                    kept.lerp_(parameter, 1 - share)
            progress.update()
            if step % REPORT_EVERY == 0 or step == steps:
                with _exchanged(trained, averaged), torch.no_grad():
                    errors = {
                        name: _loss(body, lifter, batch, device)[1]["limbs mm"]
                        for name, batch in tests.items()
                    }
                    torch.save(lifter.state_dict(), folder / f"latest-{frames}.pt")
                line = {"frames": frames, "step": step, "minutes": round((time.monotonic() - began) / 60, 1)}
                line |= {name: round(value, 4) for name, value in (parts | errors).items()}
                with open(folder / "curve.jsonl", "a", encoding="utf-8") as file:
                    file.write(json.dumps(line) + "\n")
    with torch.no_grad():
        for kept, parameter in zip(averaged, trained, strict=True):
            parameter.copy_(kept)


def _loss(
    body: TorchBody, lifter: Lifter, batch: Batch, device: str
) -> tuple[torch.Tensor, dict[str, float]]:
    count, frames = batch.sizes.shape

    def flat(array: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(array).to(device).reshape(count * frames, *array.shape[2:])

    truth = Truth(
        flat(batch.rotations),
        flat(np.repeat(batch.betas[:, None], frames, axis=1)),
        flat(batch.places),
        flat(batch.sizes),
    )
    features = torch.from_numpy(batch.features).to(device)
    # twice as fast, and the averaged weights do not suffer
    with torch.autocast(device, dtype=torch.bfloat16):
        if frames == 1:
            numbers = lifter.leave(lifter.encode(features))
        else:
            with torch.no_grad():
                hidden = lifter.encode(features)
            numbers = lifter.over_time(hidden)
    return losses(body, numbers.float().reshape(count * frames, -1), truth, frames)


def _validation(recipe: Recipe, frames: int) -> dict[str, Batch]:
    """Of the clips kept apart: rendered pictures as the networks saw them, and, for windows as well, poses with errors
    like theirs.
    """
    free = load_body("free")
    keypoints = attach_keypoints(free, free)
    motions = split(load_motions(recipe.motion))[1]
    rendered = load_rendered(recipe.rendered_test, free, keypoints)
    errors = learn_errors(detections_of(rendered))
    tests = {}
    if frames == 1:
        tests = {f"rendered{tag} mm": as_batch(rendered, not tag) for tag in ("", " 2D")}
    for name, change, with_3d in (
        ("clips", False, True),
        ("clips 2D", False, False),
        ("changed", True, True),
        ("changed 2D", True, False),
    ):
        random = np.random.default_rng(7)
        number = VALIDATION // frames
        tests[f"{name} mm"] = make_batch(
            free, keypoints, motions, errors, random, number, frames, change, with_3d
        )
    return tests


@contextmanager
def _makers(recipe: Recipe, count: int, frames: int) -> Iterator[Iterator[Batch]]:
    """Batches without end, from other processes."""
    context = multiprocessing.get_context("spawn")
    queue = context.Queue(QUEUE)
    processes = [
        context.Process(target=_make, args=(recipe, count, frames, number, queue), daemon=True)
        for number in range(recipe.makers)
    ]
    for process in processes:
        process.start()
    try:
        yield iter(queue.get, None)
    finally:
        for process in processes:
            process.terminate()
            process.join()


def _make(recipe: Recipe, count: int, frames: int, number: int, queue) -> None:
    free = load_body("free")
    keypoints = attach_keypoints(free, free)
    motions = split(load_motions(recipe.motion))[0]
    errors = learn_errors(detections_of(load_rendered(recipe.rendered, free, keypoints)))
    random = np.random.default_rng((recipe.seed, frames, number))
    while True:
        queue.put(make_batch(free, keypoints, motions, errors, random, count, frames))


@contextmanager
def _exchanged(parameters: Sequence[torch.Tensor], others: Sequence[torch.Tensor]) -> Iterator[None]:
    """The others' values in place of the parameters', for a while."""
    own = [parameter.detach().clone() for parameter in parameters]
    with torch.no_grad():
        for parameter, other in zip(parameters, others, strict=True):
            parameter.copy_(other)
    try:
        yield
    finally:
        with torch.no_grad():
            for parameter, value in zip(parameters, own, strict=True):
                parameter.copy_(value)
