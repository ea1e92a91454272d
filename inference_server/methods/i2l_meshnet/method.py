"""I2L-MeshNet as a method: a mesh of every crop, and the user's SMPL fitted to its vertices."""

from functools import partial

import numpy as np

from ...fitting.vertices import fit_vertices
from ...lixel_layout.kinds import CROP
from .. import catalogue, predicted
from ..method import Crop, Looks, Method, PictureNetwork, Running
from ..person_box import person_box
from . import network
from .bodies import place_bodies
from .crops import Square, cut_out, square_around

USUAL_LENS = 1.2
"""A camera's focal length over its picture's longer side, where nothing else is known yet; it hardly matters here."""


def open_network(running: Running) -> PictureNetwork:
    """Raises RecoveryError where the network was not imported."""
    loaded = network.load(device=running.device)
    return PictureNetwork(cut, partial(look, loaded, running), network.TOGETHER)


def cut(image: np.ndarray, keypoints: np.ndarray) -> Crop:
    """The square that the authors' preprocessing takes around the person's box."""
    height, width = image.shape[:2]
    box = np.clip(person_box(keypoints), 0, [width - 1, height - 1] * 2)
    square = square_around([*box[:2], *(box[2:] - box[:2] + 1)], width, height) or Square(
        0, 0, max(height, width)
    )
    centre = np.array([square.left, square.top]) + square.side / 2 - square.side / CROP / 2
    return Crop(cut_out(image, square), centre, square.side, max(height, width))


def look(loaded: network.Network, running: Running, crops: list[Crop]) -> Looks:
    """The body that fits each predicted mesh, near as far as the heatmaps are sharp."""
    assert loaded.body is not None
    given = network.predict(loaded, np.stack([crop.patch for crop in crops]), running.on_step)
    sides = np.array([crop.side for crop in crops])
    lenses = np.array([USUAL_LENS * crop.frame_side for crop in crops])
    placed = place_bodies(loaded.body, given.joints, given.vertices, sides, lenses)
    weights = 1 / placed.vertex_deviation**2
    fitted = fit_vertices(
        loaded.body, placed.vertices, weights / weights.max(), float(np.median(placed.vertex_deviation))
    )
    betas = np.tile(fitted.betas, (len(crops), 1))
    return Looks(fitted.rotations, betas, placed.sigma, knows_free=loaded.body.name == "free")


I2L_MESHNET = Method(
    catalogue.I2L_MESHNET.name, catalogue.I2L_MESHNET.summary, predicted.recover, network.check, open_network
)
