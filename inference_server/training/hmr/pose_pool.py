"""Poses and shapes of people who are in no picture: what the discriminators are shown as real."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...hmr_layout import BETAS
from ..motions import load_motions, mirror, split

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class PosePool:
    rotations: Floats
    """(N, 24, 3, 3) relative to the parent; the roots' mean nothing."""

    def draw(self, random: np.random.Generator, count: int) -> tuple[Floats, Floats]:
        """(count, 23, 3, 3) rotations of all joints but the root, half of them mirrored, and (count, 10) betas.

        Files of motion hold no shapes here; of people's shapes the betas are the principal components, in standard
        deviations.
        """
        rotations = self.rotations[random.integers(len(self.rotations), size=count)]
        mirrored = random.random(count) < 0.5
        rotations = np.where(mirrored[:, None, None, None], mirror(rotations), rotations)
        return rotations[:, 1:], random.normal(size=(count, BETAS)).astype(np.float32)

    def mean(self) -> NDArray[np.float64]:
        """(24, 3, 3) the rotations nearest to all, mirrored ones too; the root's is none."""
        summed = (self.rotations + mirror(self.rotations)).sum(axis=0, dtype=np.float64)
        left, _, right = np.linalg.svd(summed)
        signs = np.ones((len(summed), 3))
        signs[:, 2] = np.linalg.det(left @ right)
        means = left * signs[:, None] @ right
        means[0] = np.eye(3)
        return means


def read_pool(path: Path) -> PosePool:
    """Of a file that scripts/gather_motion.py wrote, without the clips that are kept to test with.

    Raises RecoveryError("bad_motion").
    """
    return PosePool(split(load_motions(path.expanduser()))[0].rotations)
