"""HMR's batches: people in pictures, and as many poses of nobody for each of its iterations."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import Tensor

from ...hmr_layout import CROP, ITERATIONS
from ..batches import Batches, stacked
from ..pictures.augment import MIRRORED, Change
from ..pictures.person import People, Person
from .form import Form
from .pose_pool import PosePool
from .targets import make_targets

SMALLEST, LARGEST = 0.8, 1.25
"""The crop's side, times the usual one."""


@dataclass(frozen=True, eq=False)
class Batch:
    """As in Targets, with a first axis of the batch."""

    crop: Tensor
    places: Tensor
    places_known: Tensor
    relative: Tensor
    relative_known: Tensor
    rotations: Tensor
    betas: Tensor
    pose_known: Tensor
    betas_known: Tensor
    real_rotations: Tensor
    """(R, 23, 3, 3); R is 0 where there is no pool of poses, else the batch's size times the iterations."""
    real_betas: Tensor
    """(R, 10)."""


def people_batches(
    sources: Sequence[People], form: Form, pool: PosePool | None, count: int, seed: int, size: int = CROP
) -> Batches[Batch]:
    """`count` people a batch, on crops of `size` pixels a side."""
    return Batches(sources, partial(make_batch, form, pool, size), count, seed)


def draw_change(random: np.random.Generator, mirrors: bool) -> Change:
    """Larger or smaller, and mirrored, as HMR's authors change pictures, who turn none."""
    mirrored = bool(random.random() < MIRRORED) and mirrors
    return Change(float(random.uniform(SMALLEST, LARGEST)), mirrored=mirrored)


def make_batch(
    form: Form, pool: PosePool | None, size: int, people: list[Person], random: np.random.Generator
) -> Batch:
    made = [make_targets(person, form, draw_change(random, person.mirrors), size) for person in people]
    real_rotations, real_betas = (
        pool.draw(random, ITERATIONS * len(people))
        if pool is not None
        else (np.zeros((0, 23, 3, 3), np.float32), np.zeros((0, 10), np.float32))
    )
    return Batch(
        **stacked(made),
        real_rotations=torch.from_numpy(np.ascontiguousarray(real_rotations)),
        real_betas=torch.from_numpy(real_betas),
    )
