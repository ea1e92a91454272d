"""The default method: a learned lifter makes poses of the keypoints, and the solve brings the body to agree."""

from typing import Final

import numpy as np

from ..body.model import Body
from ..fitting.between import slerp_between
from ..fitting.body_keypoints import BodyKeypoints
from ..fitting.initial import place
from ..fitting.observations import BodyState, Observations, PoseTarget
from ..lifting.lifter import lift
from . import catalogue
from .method import Method, Recovered, Running

SEEN: Final = 0.1
"""Mean confidence below which a frame says nothing of the pose."""
DOUBT: Final = 2.0
"""The lifter errs by so many times what it believes: real errors are more than the made-up ones that it learned from.
The optimum is flat; found on rendered pictures and clips of motion that it had not seen.
"""
UNKNOWN: Final = 1.0
"""Radians: how unsure the poses of such frames are."""


def recover(body: Body, keypoints: BodyKeypoints, seen: Observations, _running: Running) -> Recovered:
    """The lifter's poses; its shape too where `body` is the free one, whose betas it knows."""
    lifted = lift(seen)
    trust = seen.confidence.mean(axis=1)
    known = trust > SEEN
    rotations = _bridged(lifted.rotations, known)
    sigma = np.where(known[:, None], DOUBT * lifted.sigma, UNKNOWN)
    betas = np.zeros(10)
    if body.name == "free":
        betas = np.average(lifted.betas, axis=0, weights=trust + 1e-6)
    state = BodyState(rotations, betas, lifted.trans)
    state = BodyState(rotations, betas, place(body, keypoints, seen, state))
    return Recovered(state, PoseTarget(rotations, sigma), has_used_3d=True)


def _bridged(rotations: np.ndarray, known: np.ndarray) -> np.ndarray:
    """(F, 24, 3, 3) with the frames that are not known turned evenly from one that is to the next."""
    if known.all() or not known.any():
        return rotations
    bridged = rotations.copy()
    bridged[~known] = slerp_between(np.flatnonzero(known), rotations[known], np.flatnonzero(~known))
    return bridged


KEYPOINTS = Method(catalogue.KEYPOINTS.name, catalogue.KEYPOINTS.summary, recover)
