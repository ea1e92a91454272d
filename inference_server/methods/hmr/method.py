"""HMR as a method: pose and shape of every crop, and how far each joint is to be believed."""

from functools import partial
from typing import Final

import numpy as np

from ...body.skeleton import JOINT_NAMES
from ...hmr_layout import FREE, SPIN
from .. import catalogue, predicted
from ..method import Crop, Looks, Method, PictureNetwork, Running
from . import network
from .cameras import is_lost
from .crops import cut

DEGREES: Final = {
    "pelvis": 8, "spine": 6, "collar": 6, "neck": 8, "head": 8, "hip": 10, "knee": 10, "ankle": 15, "foot": 30,
    "shoulder": 12, "elbow": 12, "wrist": 20, "hand": 30,
}  # fmt: skip
"""How far each of HMR's joints usually is turned from the truth, about each axis.

Bodies whose joints are turned by as much at random are off by as much as the authors' network on 3DPW: 82 mm after
alignment, where 81.3 mm are published (Kolotouros 2019, section 5). The ends of limbs are the least sure; hands and
feet it never saw turned.
"""
SIGMA: Final = np.radians([DEGREES[name.split("_")[-1].rstrip("123")] for name in JOINT_NAMES])
"""(24,)."""
OF_SPIN: Final = 59.2 / 81.3
"""How much nearer SPIN's is (the same comparison), which learnt from bodies fitted to the same pictures."""
LOST: Final = 1.0
"""Radians, where the network sees nobody where it was shown somebody."""


def open_network(running: Running) -> PictureNetwork:
    """Raises RecoveryError where the network was not imported."""
    loaded = network.load(running.device)
    return PictureNetwork(partial(cut, loaded.form), partial(look, loaded, running), network.TOGETHER)


def look(loaded: network.Network, running: Running, crops: list[Crop]) -> Looks:
    """What the network says of them; frames in which it is lost are hardly believed."""
    given = network.predict(loaded, np.stack([crop.patch for crop in crops]), running.on_step)
    is_spins = loaded.form == SPIN and loaded.betas_of != FREE
    sigma = np.tile(SIGMA * (OF_SPIN if is_spins else 1.0), (len(crops), 1))
    sigma[is_lost(given.camera)] = LOST
    return Looks(given.rotations, given.betas, sigma, knows_free=loaded.betas_of == FREE)


HMR = Method(catalogue.HMR.name, catalogue.HMR.summary, predicted.recover, network.check, open_network)
