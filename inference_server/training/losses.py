"""What a training makes small, part by part."""

from dataclasses import dataclass, fields

import torch
from torch import Tensor


@dataclass(frozen=True)
class Losses:
    """One batch's, each weighted; what is derived from it has a field for each."""

    @property
    def total(self) -> Tensor:
        return torch.stack(list(self.parts.values())).sum()

    @property
    def parts(self) -> dict[str, Tensor]:
        return {field.name: getattr(self, field.name) for field in fields(self)}
