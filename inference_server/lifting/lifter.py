"""The lifter at work: from one person's keypoints over a clip to poses, shapes and places."""

from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..fitting.observations import Observations
from ..weights.sessions import InferenceSession, start_session
from .features import LifterOutput, lifter_input, read_output

NETWORK: Final = Path(__file__).with_name("lifter.onnx")
HINT: Final = "The file belongs to the program: install it again."
LEARNED_FPS: Final = 30.0
"""Frames a second of the motion that it has learned from."""
SHORTEST: Final = 8
"""Frames from which it looks at frames together."""


def lift(seen: Observations) -> LifterOutput:
    """What the lifter makes of every frame; `seen.joints_3d` is the 3D network's own, in its own proportions.

    Each frame is looked at together with those of a second around it, but in clips that are too short for that.
    """
    given = lifter_input(seen.rays, seen.confidence, seen.joints_3d)
    session = _session()
    count = len(seen.rays)
    stride = (
        max(1, round(seen.fps / LEARNED_FPS)) if count >= SHORTEST * max(1, seen.fps / LEARNED_FPS) else 1
    )
    answer = "in_time" if seen.fps > 0 and count >= SHORTEST * stride else "single"
    numbers: NDArray[np.float32] | None = None
    for first in range(stride):
        part = np.asarray(session.run([answer], {"features": given.features[None, first::stride]})[0])[0]
        if numbers is None:
            numbers = np.empty((count, part.shape[1]), dtype=np.float32)
        numbers[first::stride] = part
    assert numbers is not None
    return read_output(numbers, given)


@lru_cache(maxsize=1)
def _session() -> InferenceSession:
    # small matrices: a second thread, or a graphics card, costs more in waiting than it computes
    return start_session(NETWORK.read_bytes, "lifter", HINT, "cpu", threads=1)
