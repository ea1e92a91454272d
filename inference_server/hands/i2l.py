"""The imported I2L-MeshNet of a hand (Moon 2020): joints and vertices of every hand that was found.

Where the user has MANO its form is fitted to the vertices, each counting as much as its heatmaps are sharp.
"""

from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import numpy as np
from threadpoolctl import threadpool_limits

from ..body.model import Body
from ..fitting.vertices import fit_vertices
from ..lixel_layout.kinds import CROP, GRID, HAND
from ..methods.i2l_meshnet import network
from ..methods.i2l_meshnet.crops import cut_out, square_around
from ..methods.i2l_meshnet.lixels import Lixels
from ..people import boxes
from ..people.crop import Picture
from ..weights import imported
from .look_types import HandFitter, HandLook

USUAL: Final = 0.012
"""Metres by which heatmaps usually spread about a joint: half of the confidence is left there."""
SHARPEST: Final = 0.0025
"""Metres: a half of a lixel, finer than which no heatmap is."""
FLIP: Final = np.array([-1.0, 1.0, 1.0])


@dataclass(frozen=True)
class HandCrop:
    """A hand that was found, and what I2L-MeshNet is shown of it: always a right one."""

    look: HandLook
    patch: np.ndarray
    """(256, 256, 3) from 0 to 255."""
    centre: np.ndarray
    """(2,) pixels of the picture."""
    metres: float
    """That the patch spans where the hand is."""


def open_hand_fitter(device: str = "auto") -> HandFitter | None:
    """None where no such network was imported. Raises RecoveryError where it is damaged."""
    if not imported.place(network.NAMES[HAND.name]).is_file():
        return None
    network.check(HAND)
    loaded = network.load(HAND, device)
    return HandFitter(cut, partial(fit, loaded))


def cut(picture: Picture, look: HandLook) -> HandCrop | None:
    """The square that the authors' preprocessing takes around the hand's points; None outside of the picture."""
    height, width = picture.image.shape[:2]
    box = np.clip(boxes.around(look.points), 0, [width - 1, height - 1] * 2)
    square = square_around([*box[:2], *(box[2:] - box[:2] + 1)], width, height)
    if square is None:
        return None
    patch = cut_out(picture.image, square)
    if look.side == "left":
        patch = patch[:, ::-1]
    centre = np.array([square.left, square.top]) + square.side / 2 - square.side / CROP / 2
    across = look.world[:, :2].std(axis=0), look.points.std(axis=0)
    metres_per_pixel = float(np.hypot(*across[0]) / max(np.hypot(*across[1]), 1e-6))
    return HandCrop(look, patch, centre, metres_per_pixel * square.side)


def fit(loaded: network.Network, crops: list[HandCrop]) -> list[HandLook]:
    """The looks as this network has them; the crops are one person's, whose hands are alike."""
    given = network.predict(loaded, np.stack([crop.patch for crop in crops]))
    spans = np.array([[crop.metres, crop.metres, HAND.depth] for crop in crops])
    joints, deviation = _in_metres(given.joints, spans)
    sharpness = 1 / (1 + (deviation.mean(axis=1) / USUAL) ** 2)
    rotations = None
    if loaded.body is not None:
        rotations = _fitted(loaded.body, *_in_metres(given.vertices, spans))
    looks = []
    for row, crop in enumerate(crops):
        turns, points = None if rotations is None else rotations[row], joints[row]
        if crop.look.side == "left":
            points = points * FLIP
            turns = None if turns is None else FLIP[:, None] * turns * FLIP
        confidence = crop.look.confidence * float(sharpness[row])
        look = replace(crop.look, world=points, centre=crop.centre, confidence=confidence, rotations=turns)
        looks.append(look)
    return looks


def _in_metres(lixels: Lixels, spans: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """spans (F, 3) metres of the grid's axes -> places (F, P, 3) from its middle, and the heatmaps' spread (F, P)."""
    metres = spans[:, None] / GRID
    places = (lixels.positions - GRID / 2) * metres
    return places, np.sqrt(((lixels.spread * metres) ** 2).mean(axis=2))


def _fitted(hand: Body, vertices: np.ndarray, deviation: np.ndarray) -> np.ndarray:
    """(F, 16, 3, 3) of MANO's form, near the vertices as far as each is sharp."""
    deviation = np.hypot(deviation, SHARPEST)
    weights = 1 / deviation**2
    with threadpool_limits(1, user_api="blas"):  # as in the solve of whole bodies
        return fit_vertices(hand, vertices, weights / weights.max(), float(np.median(deviation))).rotations
