"""Batches for I2L-MeshNet: which people, changed how, follows from the seed and the step alone, so that a training
that was stopped goes on as if it had not been.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from ...errors import RecoveryError
from ...lixel_layout.kinds import BODY
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

    def to(self, device: torch.device) -> "Batch":
        moved = (getattr(self, field.name).to(device, non_blocking=True) for field in fields(self))
        return Batch(*moved)


class Batches(Dataset[Batch | RecoveryError]):
    """The batch of every step. Half of each is of people known in 3D, half of those known in 2D, where both are."""

    def __init__(self, sources: list[People], form: Form, count: int, seed: int) -> None:
        groups = [
            [person for source in sources if source.flat == flat for person in source.people]
            for flat in (False, True)
        ]
        self.groups = [group for group in groups if group]
        self.form, self.count, self.seed = form, count, seed

    @property
    def epoch(self) -> int:
        """Steps in which everybody of the largest group is seen once."""
        shares = self._shares()
        return max(-(-len(group) // share) for group, share in zip(self.groups, shares, strict=True))

    def __getitem__(self, index: int) -> Batch | RecoveryError:
        """An error is handed out, for a process that reads ahead can't raise it whole."""
        try:
            return self._make(index)
        except RecoveryError as error:
            return error

    def _make(self, step: int) -> Batch:
        random = np.random.default_rng((self.seed, step))
        made = [
            make_targets(person, self.form, draw_change(random, mirrors=self.form.kind is BODY))
            for person in self._people(step)
        ]
        names = [field.name for field in fields(Batch)]
        arrays = (np.stack([getattr(targets, name) for targets in made]) for name in names)
        return Batch(*map(torch.from_numpy, arrays))

    def _people(self, step: int) -> list[Person]:
        people = []
        for number, (group, share) in enumerate(zip(self.groups, self._shares(), strict=True)):
            for place in range(step * share, (step + 1) * share):
                order = _order(self.seed, number, place // len(group), len(group))
                people.append(group[order[place % len(group)]])
        return people

    def _shares(self) -> list[int]:
        shares = np.diff(np.linspace(0, self.count, len(self.groups) + 1).round().astype(int))
        return [max(1, share) for share in shares.tolist()]


@lru_cache(maxsize=4)
def _order(seed: int, group: int, round_number: int, size: int) -> NDArray[np.int64]:
    return np.random.default_rng((seed, group, round_number, size)).permutation(size)


def stream(batches: Batches, first: int, end: int, workers: int) -> Iterator[Batch]:
    """The batches of the steps from `first` to before `end`, made ahead by so many processes; 0: by this one.

    Raises RecoveryError("bad_data") for a picture that cannot be used.
    """
    steps = range(first, end)
    for item in DataLoader(batches, batch_size=None, sampler=steps, num_workers=workers):
        if isinstance(item, RecoveryError):
            raise item
        yield item
