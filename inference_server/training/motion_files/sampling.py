"""Clips at the one frame rate that is trained on, whatever rate they were recorded at."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...body.rotation import slerp

Array = NDArray[np.float64]

FPS = 30.0
ON_A_FRAME = 0.01
"""Of a frame: nearer than this to a recorded frame, that frame is taken as it is (0.00833333 s is no 120th)."""


@dataclass(frozen=True)
class Sampling:
    """F moments, each between two of the recorded frames."""

    before: NDArray[np.int64]
    """(F,) rows of the recording."""
    after: NDArray[np.int64]
    """(F,) rows of the recording, the next ones."""
    fractions: Array
    """(F,) of the way from one to the other, in 0..1."""

    @property
    def is_exact(self) -> bool:
        """Whether every moment is one that was recorded."""
        return not self.fractions.any()


def every_thirtieth(times: Array) -> Sampling:
    """Moments a 30th of a second apart, from the first to the last of `times` (N,), rising, in seconds."""
    count = int((times[-1] - times[0]) * FPS + ON_A_FRAME) + 1
    wanted = times[0] + np.arange(count) / FPS
    rows = np.interp(wanted, times, np.arange(len(times)))
    near = np.abs(rows - rows.round()) < ON_A_FRAME
    rows[near] = rows[near].round()
    before = np.floor(rows).astype(np.int64)
    return Sampling(before, np.minimum(before + 1, len(times) - 1), rows - before)


def frame_times(count: int, fps: float) -> Array:
    """(count,) seconds. Raises ValueError where no one records at such a rate."""
    if not 1 <= fps <= 2000:
        raise ValueError(f"its frame rate would be {fps:g} a second")
    return np.arange(count) / fps


def sample(sampling: Sampling, read: Callable[[NDArray[np.int64]], Array]) -> Array:
    """Quaternions at the moments: read(rows (F,)) -> (F, ..., 4) of the recording. Frames not needed are not read."""
    start = read(sampling.before)
    if sampling.is_exact:
        return start
    fractions = sampling.fractions.reshape(-1, *[1] * (start.ndim - 2))
    return slerp(start, read(sampling.after), fractions)
