"""Batches of people: who is in them, and what is drawn for them, follows from the seed and the step alone, so that a
training that was stopped goes on as if it had not been.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields
from functools import lru_cache
from typing import Any, Generic, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import DataLoader, Dataset

from ..errors import RecoveryError
from .pictures.person import People, Person

Made = TypeVar("Made")


class Batches(Dataset[Made | RecoveryError], Generic[Made]):
    """The batch of every step. Half of each is of people known in 3D, half of those known in 2D, where both are."""

    def __init__(
        self,
        sources: Sequence[People],
        make: Callable[[list[Person], np.random.Generator], Made],
        count: int,
        seed: int,
    ) -> None:
        """`make` makes a batch of its people and of random numbers; `count` people are in one."""
        groups = [
            [person for source in sources if source.flat == flat for person in source.people]
            for flat in (False, True)
        ]
        self.groups = [group for group in groups if group]
        self.make, self.count, self.seed = make, count, seed

    @property
    def epoch(self) -> int:
        """Steps in which everybody of the largest group is seen once."""
        shares = self._shares()
        return max(-(-len(group) // share) for group, share in zip(self.groups, shares, strict=True))

    def __getitem__(self, index: int) -> Made | RecoveryError:
        """An error is handed out, for a process that reads ahead can't raise it whole."""
        try:
            return self.make(self.people(index), np.random.default_rng((self.seed, index)))
        except RecoveryError as error:
            return error

    def people(self, step: int) -> list[Person]:
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


def stream(batches: Batches[Made], first: int, end: int, workers: int) -> Iterator[Made]:
    """The batches of the steps from `first` to before `end`, made ahead by so many processes; 0: by this one.

    Raises RecoveryError("bad_data") for a picture that cannot be used.
    """
    steps = range(first, end)
    for item in DataLoader(batches, batch_size=None, sampler=steps, num_workers=workers):
        if isinstance(item, RecoveryError):
            raise item
        yield item


def stacked(made: Sequence[Any]) -> dict[str, torch.Tensor]:
    """The arrays of several people's dataclasses, by name, with a first axis of the people."""
    names = [field.name for field in fields(made[0])]
    return {name: torch.from_numpy(np.stack([getattr(each, name) for each in made])) for name in names}


def moved(batch: Made, device: torch.device) -> Made:
    """A dataclass of tensors, on the device."""
    tensors = {name: value.to(device, non_blocking=True) for name, value in vars(batch).items()}
    return type(batch)(**tensors)
