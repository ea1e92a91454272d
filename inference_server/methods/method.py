"""What a method is: from a person's observations to a first guess of the body, whatever its network."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..body.model import Body
from ..fitting.body_keypoints import BodyKeypoints
from ..fitting.observations import BodyState, Observations, PoseTarget


@dataclass(frozen=True)
class Recovered:
    """One person over F frames as a method sees them, before the whole clip is solved."""

    state: BodyState
    """Where the solve starts."""
    target: PoseTarget | None = None
    """The pose that the solve stays near, where the method predicts one."""
    has_used_3d: bool = False
    """Whether the 3D keypoints went into that already, so that the solve must not count them again."""


@dataclass(frozen=True)
class Running:
    """How a method is to work that takes its time."""

    device: str = "auto"
    """For networks of its own."""
    on_step: Callable[[], None] = lambda: None
    """Is called several times a second; what it raises ends the work."""


@dataclass(frozen=True)
class Crop:
    """One person in one frame as a network is shown them."""

    patch: np.ndarray
    """What the network takes."""
    centre: np.ndarray
    """(2,) pixels of the frame: the patch's middle."""
    side: float
    """Pixels of the frame that the patch spans."""
    frame_side: int
    """Pixels of the frame's longer side."""


@dataclass(frozen=True)
class Looks:
    """What a network makes of N crops; as in Prediction."""

    rotations: np.ndarray
    betas: np.ndarray
    sigma: np.ndarray
    knows_free: bool
    """Of all of them."""


@dataclass(frozen=True)
class PictureNetwork:
    """A network that looks at pictures, ready to run."""

    cut: Callable[[np.ndarray, np.ndarray], Crop]
    """From a frame (H, W, 3) uint8 RGB and a person's keypoints (25, 3) in it, pixels and confidence."""
    look: Callable[[list[Crop]], Looks]
    together: int
    """How many crops it is to be given at a time."""


@dataclass(frozen=True)
class Method:
    """A way of recovering people, as the command line and the panel offer it."""

    name: str
    summary: str
    """One line: what it does and what it needs."""
    recover: Callable[[Body, BodyKeypoints, Observations, Running], Recovered]
    check: Callable[[], None] = lambda: None
    """Raises RecoveryError where something that the method needs is not there; quick."""
    open_network: Callable[[Running], PictureNetwork] | None = None
    """For methods that look at the pictures: what they say is in the observations that `recover` is given."""
