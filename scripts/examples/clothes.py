"""T-shirt and trousers, cut from the body's surface and draped over it; and the skin that is left to see.

Regions are given on the mean body's rest surface: metres, pelvis at the origin, Y up, so that they fit every shape.
"""

from dataclasses import dataclass, replace

import numpy as np

from human_mesh_recovery.inference_server.body.skeleton import JOINT_INDEX as J

from .parts import Part, cut, drape, without_faces
from .turns import Array, smooth_step

SLEEVE_END = 0.345
SHIRT_HEM = -0.085
WAIST = 0.06
TROUSER_HEM = -0.875
NECK_CENTRE, NECK_RADII = np.array([0.0, 0.047]), np.array([0.088, 0.083])
HAND_START = 0.30
"""The hands of the rest pose lie this far out; legs and trunk do not."""


@dataclass(frozen=True)
class Cut:
    """Where the clothes end, on the mean body: how far out the sleeves reach, and how low the trousers."""

    sleeve: float = SLEEVE_END
    hem: float = TROUSER_HEM


def shirt(body: Part, wear: Cut = Cut()) -> Part:
    """A shirt with a round neck, to below the waist."""
    x, y, z = np.abs(body.template[:, 0]), body.template[:, 1], body.template[:, 2]
    neck = (np.hypot((x - NECK_CENTRE[0]) / NECK_RADII[0], (z - NECK_CENTRE[1]) / NECK_RADII[1]) - 1) * 0.08
    # the neckline dips at the front
    neckline = np.where(y > 0.30, np.maximum(neck, 0.445 - 0.25 * np.clip(z, 0, 0.1) - y), 1.0)
    field = np.minimum.reduce([neckline, y - SHIRT_HEM, wear.sleeve - x])
    field[((y < 0.28) & (x > HAND_START)) | (y > 0.49)] = -1
    piece = cut(body, field)
    x, y = np.abs(piece.template[:, 0]), piece.template[:, 1]
    sleeve = smooth_step((x - 0.18) / 0.16)
    skirt = smooth_step((0.22 - y) / 0.3) * (x < 0.22)
    piece = drape(piece, 0.008 + 0.012 * sleeve + 0.012 * skirt, 14)
    weights = _hang_from_pelvis(piece.weights)
    # stripes run along the cloth, not along the skin below
    return replace(
        piece, name="shirt", material="shirt", thickness=0.003, weights=weights, template=piece.rest
    )


def _hang_from_pelvis(weights: Array) -> Array:
    """A shirt's hem follows the pelvis more than the thighs."""
    moved = weights.copy()
    for hip in (J["left_hip"], J["right_hip"]):
        moved[:, J["pelvis"]] += 0.6 * moved[:, hip]
        moved[:, hip] *= 0.4
    return moved


def trousers(body: Part, wear: Cut = Cut()) -> Part:
    """Straight trousers from the waist to the ankles, or shorter."""
    x, y = np.abs(body.template[:, 0]), body.template[:, 1]
    field = np.minimum(WAIST - y, y - wear.hem)
    field[x > HAND_START] = -1
    piece = cut(body, field)
    y = piece.template[:, 1]
    wide = smooth_step((-0.30 - y) / 0.5)
    piece = drape(piece, 0.006 + 0.015 * wide, 8)
    return replace(piece, name="trousers", material="trousers", thickness=0.003)


def uncovered_body(body: Part, wear: Cut = Cut()) -> Part:
    """The body without what clothes and shoes hide, so that no skin can show through the cloth."""
    x, y = np.abs(body.template[:, 0]), body.template[:, 1]
    leg = (y < WAIST - 0.02) & (y > wear.hem + 0.05) & (x < HAND_START)
    foot = (y < TROUSER_HEM - 0.04) & (x < HAND_START)
    trunk = (y > SHIRT_HEM + 0.03) & (y < 0.37) & (x < HAND_START)
    shoulder = (y > 0.30) & (x > 0.165) & (x < wear.sleeve - 0.035)
    return without_faces(body, leg | foot | trunk | shoulder)
