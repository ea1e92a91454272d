"""Hair: strands that grow from the scalp, follow a comb, and stay outside of the head."""

from dataclasses import dataclass

import numpy as np
from scipy.spatial import KDTree

from .parts import Part, vertex_normals
from .turns import Array

HAIRLINE_DEPTH = [-0.06, -0.02, 0.015, 0.045, 0.065, 0.085, 0.115, 0.14, 0.17]
HAIRLINE_HEIGHT = [0.515, 0.535, 0.585, 0.630, 0.640, 0.672, 0.690, 0.703, 0.708]
CROWN = np.array([0.0, 0.745, 0.015])
STEPS = 9


@dataclass(frozen=True)
class HairStyle:
    """Metres: the strands' length, how far the outermost lie off the head; and how they are combed."""

    length: float
    lift: float
    strands: int
    parted: bool


SHORT = HairStyle(length=0.045, lift=0.016, strands=7000, parted=False)
BOB = HairStyle(length=0.25, lift=0.020, strands=9000, parted=True)


def scalp_depth(template: Array) -> Array:
    """(N,) metres above the hairline of places (N, 3) on the mean body; negative where no hair grows."""
    line = np.interp(template[:, 2], HAIRLINE_DEPTH, HAIRLINE_HEIGHT)
    on_head = (template[:, 1] > 0.50) & (np.abs(template[:, 0]) < 0.12)
    return np.where(on_head, template[:, 1] - line, -1.0)


def grow(body: Part, style: HairStyle, seed: int) -> Array:
    """Strands (S, STEPS + 1, 3) on the figure's rest shape; the same for the same seed."""
    random = np.random.default_rng(seed)
    roots, template, normals = _roots(body, style.strands, random)
    head = np.flatnonzero((body.template[:, 1] > 0.30) & (np.abs(body.template[:, 0]) < 0.30))
    surface, surface_normals = body.rest[head], vertex_normals(body.rest, body.faces)[head]
    tree = KDTree(surface)
    centre = body.rest[head].mean(axis=0) + CROWN - body.template[head].mean(axis=0)
    comb = _comb(roots - centre, normals, style, random)
    length = style.length * random.uniform(0.75, 1.0, len(roots))
    length *= np.clip(0.35 + scalp_depth(template) / 0.04, 0.35, 1.0) if not style.parted else 1.0
    layer = style.lift * random.uniform(0.25, 1.0, len(roots))
    strands, point, direction = [roots], roots, normals * 0.9 + comb
    for step in range(1, STEPS + 1):
        direction = direction / np.linalg.norm(direction, axis=1, keepdims=True)
        point = point + direction * (length / STEPS)[:, None]
        _, nearest = tree.query(point)
        outward = surface_normals[nearest]
        height = ((point - surface[nearest]) * outward).sum(axis=1)
        wanted = layer * np.sin(np.pi * (0.15 + 0.6 * step / STEPS))
        point = point + outward * np.clip(wanted - height, 0, 0.01)[:, None]
        strands.append(point)
        # bends down with its own weight while it follows the comb
        weight = np.array([0, -1.0, 0]) * (0.9 if style.parted else 0.35)
        direction = 0.7 * direction + 0.45 * comb + weight * step / STEPS - 0.25 * outward
        direction += random.normal(0, 0.02, direction.shape)
    return np.stack(strands, axis=1)


def _roots(body: Part, count: int, random: np.random.Generator) -> tuple[Array, Array, Array]:
    """Places, template places and normals (S, 3) spread evenly over the scalp."""
    above = scalp_depth(body.template)
    faces = body.faces[(above[body.faces] > -0.004).all(axis=1)]
    one, two, three = (body.rest[faces[:, corner]] for corner in range(3))
    area = np.linalg.norm(np.cross(two - one, three - one), axis=1)
    chosen = faces[random.choice(len(faces), count, p=area / area.sum())]
    corners = random.dirichlet([1, 1, 1], count)
    mix = lambda values: np.einsum("sk,skc->sc", corners, values[chosen])  # noqa: E731
    template = mix(body.template)
    # a ragged hairline: the lowest roots are thinned out at random
    keep = scalp_depth(template) > random.uniform(-0.003, 0.006, count)
    normals = mix(vertex_normals(body.rest, body.faces))
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    return mix(body.rest)[keep], template[keep], normals[keep]


def _comb(place: Array, normals: Array, style: HairStyle, random: np.random.Generator) -> Array:
    """(S, 3) unit directions along the scalp at `place`, which is measured from the crown."""
    if style.parted:
        side = np.where(place[:, 0] + random.normal(0, 0.002, len(place)) > 0.012, 1.0, -1.0)
        wish = np.stack([side * 1.0, np.full(len(place), -0.7), -0.9 * np.ones(len(place))], axis=1)
    else:
        swept = np.clip(place[:, 2] / 0.08, 0, 1)
        wish = np.stack([place[:, 0] + 0.06 * swept, np.full(len(place), -0.05), place[:, 2] * 0.8], axis=1)
        wish /= np.linalg.norm(wish, axis=1, keepdims=True) + 1e-9
    wish = wish + random.normal(0, 0.10, wish.shape)
    comb = wish - normals * (wish * normals).sum(axis=1, keepdims=True)
    return comb / (np.linalg.norm(comb, axis=1, keepdims=True) + 1e-9)
