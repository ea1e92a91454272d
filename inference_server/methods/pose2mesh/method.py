"""Pose2Mesh as a method: a mesh a frame, the body fitted to the meshes, and placed by its keypoints."""

import numpy as np

from ...body.model import Body
from ...fitting.body_keypoints import BodyKeypoints
from ...fitting.initial import place
from ...fitting.observations import BodyState, Observations, PoseTarget
from ...fitting.vertices import fit_vertices
from .. import catalogue
from ..method import Method, Recovered, Running
from . import network
from .poses import joint_positions, standardise

NOISE = 0.03
"""Metres by which a vertex's coordinate usually is off: 58 mm a joint on 3DPW (Choi 2020, table 6), over root 3."""
SIGMA = np.radians(12.0)
"""How far a joint of a body that is fitted to such vertices usually is turned from the truth."""


def recover(body: Body, keypoints: BodyKeypoints, seen: Observations, running: Running) -> Recovered:
    """The network's own pose; raises RecoveryError where it was not imported.

    Where `body` is not the network's, the fitted turns are carried over to it, and its shape stays the mean.
    """
    loaded = network.load(running.device)
    poses = standardise(joint_positions(loaded.joint_set, seen.rays))
    _, vertices = network.predict(loaded, poses, running.on_step)
    own = len(body.template) == len(loaded.body.template)
    fitted = fit_vertices(body if own else loaded.body, vertices, noise=NOISE)
    betas = fitted.betas if own else np.zeros_like(fitted.betas)
    state = BodyState(fitted.rotations, betas, fitted.trans)
    # In place of the authors' 1500 steps of a scaled orthographic camera: linear least squares in full perspective
    state = BodyState(state.rotations, state.betas, place(body, keypoints, seen, state))
    return Recovered(state, PoseTarget(fitted.rotations, np.full(fitted.rotations.shape[:2], SIGMA)))


POSE2MESH = Method(catalogue.POSE2MESH.name, catalogue.POSE2MESH.summary, recover, network.check)
