"""Batches for I2L-MeshNet."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from torch import Tensor

from ...lixel_layout.kinds import BODY
from ..batches import Batches, stacked
from ..pictures.augment import draw_change
from ..pictures.person import People, Person
from .form import Form
from .targets import make_targets


@dataclass(frozen=True, eq=False)
class Batch:
    """As in Targets, with a first axis of the batch."""

    crop: Tensor
    joints: Tensor
    joints_known: Tensor
    relative: Tensor
    relative_known: Tensor
    fit_joints: Tensor
    fit_joints_known: Tensor
    vertices: Tensor
    vertices_known: Tensor
    rotations: Tensor
    betas: Tensor
    pose_known: Tensor


def people_batches(sources: Sequence[People], form: Form, count: int, seed: int) -> Batches[Batch]:
    """`count` people a batch."""
    return Batches(sources, partial(make_batch, form), count, seed)


def make_batch(form: Form, people: list[Person], random: np.random.Generator) -> Batch:
    mirrors = form.kind is BODY
    made = [make_targets(person, form, draw_change(random, mirrors and person.mirrors)) for person in people]
    return Batch(**stacked(made))
