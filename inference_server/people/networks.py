"""The networks that find people and their hands, and how long they took."""

import time
from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np

from ..weights.catalogue import HANDS
from ..weights.sessions import InferenceSession, load_session

FIND_PEOPLE = ("nanodet", "movenet_multipose", "movenet_thunder", "blazepose_heavy")
NAMES = (*FIND_PEOPLE, HANDS)
"""All that recovering with the free method takes."""


@dataclass
class Networks:
    """ONNX sessions by name, the seconds spent inside each and how often each ran."""

    sessions: dict[str, InferenceSession]
    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    runs: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def run(self, name: str, image: np.ndarray) -> list[np.ndarray]:
        """The outputs of the network `name` for one image, shaped as the network wants it."""
        session = self.sessions[name]
        start = time.perf_counter()
        outputs = [np.asarray(o) for o in session.run(None, {session.get_inputs()[0].name: image})]
        self.seconds[name] += time.perf_counter() - start
        self.runs[name] += 1
        return outputs


def load_networks(device: str = "auto", threads: int | None = None) -> Networks:
    """Loads the networks that find people. Raises RecoveryError where a weight is missing."""
    return Networks({name: load_session(name, device, threads) for name in FIND_PEOPLE})


def load_hand_network(device: str = "auto", threads: int | None = None) -> Networks:
    """Loads the network that looks at hands. Raises RecoveryError where its weights are missing."""
    return Networks({HANDS: load_session(HANDS, device, threads)})
