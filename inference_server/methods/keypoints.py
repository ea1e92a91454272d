"""The default method: nothing but the keypoints, in 2D and in the network's own 3D."""

from ..body.model import Body
from ..fitting.body_keypoints import BodyKeypoints
from ..fitting.initial import initial_state
from ..fitting.observations import Observations
from . import catalogue
from .method import Method, Recovered


def recover(body: Body, keypoints: BodyKeypoints, seen: Observations) -> Recovered:
    """Bones turned along the 3D keypoints; the solve does the rest."""
    return Recovered(initial_state(body, keypoints, seen))


KEYPOINTS = Method(catalogue.KEYPOINTS.name, catalogue.KEYPOINTS.summary, recover)
