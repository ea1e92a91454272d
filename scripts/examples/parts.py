"""Pieces of a dressed figure, cut out of the body's own surface, and the operations that shape them."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from human_mesh_recovery.inference_server.body import model

from .turns import Array

Faces = NDArray[np.int64]


@dataclass(frozen=True)
class Part:
    """A triangle mesh that is skinned like the body: N vertices, M triangles.

    template (N, 3): the place on the mean body's rest surface, by which regions and materials are laid out;
    rest (N, 3): the place on this figure's own rest shape, metres; weights (N, 24); thickness in metres of cloth,
    0 for a closed surface.
    """

    name: str
    material: str
    template: Array
    rest: Array
    weights: Array
    faces: Faces
    thickness: float = 0.0


def whole_body(body: model.Body, betas: Array) -> Part:
    """The body's surface as a part, with the shape `betas` (10,)."""
    rest = model.rest_vertices(body, betas)
    return Part("body", "skin", body.template, rest, body.weights, body.faces)


def cut(part: Part, field: Array) -> Part:
    """The piece of a part where `field` (N,) is positive, cut through the triangles at its zero line."""
    inside = field > 0
    counts = inside[part.faces].sum(axis=1)
    mixed = part.faces[(counts == 1) | (counts == 2)]
    edges = np.unique(
        np.sort(np.concatenate([mixed[:, [0, 1]], mixed[:, [1, 2]], mixed[:, [2, 0]]]), axis=1), axis=0
    )
    edges = edges[inside[edges[:, 0]] != inside[edges[:, 1]]]
    share = field[edges[:, 0]] / (field[edges[:, 0]] - field[edges[:, 1]])
    number = {(int(a), int(b)): len(field) + row for row, (a, b) in enumerate(edges)}
    triangles = [part.faces[counts == 3]]
    for face in mixed:
        alone = inside[face].sum() == 1
        start = int(np.flatnonzero(inside[face] == alone)[0])
        one, two, three = (int(vertex) for vertex in np.roll(face, -start))
        first, second = number[min(one, two), max(one, two)], number[min(one, three), max(one, three)]
        pieces = [[one, first, second]] if alone else [[first, two, three], [first, three, second]]
        triangles.append(np.array(pieces))
    faces = np.concatenate(triangles)
    used, packed = np.unique(faces, return_inverse=True)

    def extend(values: Array) -> Array:
        crossing = values[edges[:, 0]] + (values[edges[:, 1]] - values[edges[:, 0]]) * share[:, None]
        return np.concatenate([values, crossing])[used]

    return replace(
        part,
        template=extend(part.template),
        rest=extend(part.rest),
        weights=extend(part.weights),
        faces=packed.reshape(-1, 3),
    )


def without_faces(part: Part, hidden: NDArray[np.bool_]) -> Part:
    """The part without the triangles whose vertices are all `hidden` (N,)."""
    return replace(part, faces=part.faces[~hidden[part.faces].all(axis=1)])


def vertex_normals(points: Array, faces: Faces) -> Array:
    """(N, 3) unit normals, each the mean of the faces around weighted by their area."""
    one, two, three = (points[faces[:, corner]] for corner in range(3))
    crossed = np.cross(two - one, three - one)
    normals = np.zeros_like(points)
    for corner in range(3):
        np.add.at(normals, faces[:, corner], crossed)
    return normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)


def smooth(values: Array, faces: Faces, rounds: int, hold_border: bool = True) -> Array:
    """(N, C) values moved half way to their neighbours' mean, `rounds` times; the border stays or slides along."""
    edges = np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), axis=1)
    edges, counts = np.unique(edges, axis=0, return_counts=True)
    rim_edges = edges[counts == 1]
    on_rim = np.zeros(len(values), dtype=bool)
    on_rim[rim_edges] = True
    inner = _neighbour_mean(edges, len(values))
    rim = _neighbour_mean(rim_edges, len(values))
    for _ in range(rounds):
        target = inner @ values
        target[on_rim] = values[on_rim] if hold_border else (rim @ values)[on_rim]
        values = values + 0.5 * (target - values)
    return values


def _neighbour_mean(edges: Faces, count: int) -> sparse.csr_matrix:
    both = np.concatenate([edges, edges[:, ::-1]])
    links = sparse.csr_matrix((np.ones(len(both)), (both[:, 0], both[:, 1])), shape=(count, count))
    degree = np.maximum(np.asarray(links.sum(axis=1)).ravel(), 1)
    return sparse.csr_matrix(sparse.diags(1 / degree) @ links)


def drape(part: Part, distance: Array, rounds: int) -> Part:
    """Cloth over the skin: smoothed `rounds` times, then nowhere closer to the skin than `distance` (N,) metres."""
    skin = part.rest
    cloth = smooth(skin, part.faces, rounds, hold_border=False)
    normals = smooth(vertex_normals(skin, part.faces), part.faces, 4, hold_border=False)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    for _ in range(3):
        depth = distance - ((cloth - skin) * normals).sum(axis=1)
        cloth = cloth + normals * np.maximum(depth, 0)[:, None]
        cloth = smooth(cloth, part.faces, 2, hold_border=False)
    return replace(part, rest=cloth, weights=smooth(part.weights, part.faces, 4))
