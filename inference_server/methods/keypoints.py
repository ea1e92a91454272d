"""The default method: nothing but the keypoints, in 2D and in the network's own 3D."""

from ..body.model import Body
from ..fitting.body_keypoints import BodyKeypoints
from ..fitting.initial import in_own_proportions, initial_state
from ..fitting.observations import Observations
from . import catalogue
from .method import Method, Recovered, Running


def recover(body: Body, keypoints: BodyKeypoints, seen: Observations, _running: Running) -> Recovered:
    """Bones turned along the 3D keypoints; the solve does the rest."""
    return Recovered(initial_state(body, keypoints, in_own_proportions(body, keypoints, seen)))


KEYPOINTS = Method(catalogue.KEYPOINTS.name, catalogue.KEYPOINTS.summary, recover)
