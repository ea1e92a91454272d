"""Left and right: which vertex and joint mirrors which, and a reduction of the mesh that keeps them so."""

import fast_simplification
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from human_mesh_recovery.inference_server.body.skeleton import JOINT_NAMES

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

FLIP = np.array([-1.0, 1.0, 1.0])
CANDIDATES = 8
"""Original vertices tried, nearest first, for each vertex of the reduced mesh."""
AGGRESSIVENESS = 3.0


def mirror_joints() -> Indices:
    """(24,) the joint of the other side; the midline's are their own."""

    def other(name: str) -> str:
        side, _, rest = name.partition("_")
        return {"left": f"right_{rest}", "right": f"left_{rest}"}.get(side, name)

    return np.array([JOINT_NAMES.index(other(name)) for name in JOINT_NAMES])


def mirror_vertices(template: Array) -> Indices:
    """(V,) the vertex on the other side of x = 0. Raises ValueError where the mesh is not symmetric."""
    distances, mirror = cKDTree(template).query(template * FLIP)
    if np.max(distances) > 1e-4 or not np.array_equal(mirror[mirror], np.arange(len(mirror))):
        raise ValueError("the mesh is not its own mirror image")
    return mirror.astype(np.int64)


def reduce_mesh(template: Array, faces: Indices, mirror: Indices, face_count: int) -> tuple[Indices, Indices]:
    """Fewer faces, the same on both sides -> the vertices kept (V',), faces between those (T', 3).

    The left half is reduced and mirrored. Every vertex kept is an original one, so that shapes, weights and
    MakeHuman's own numbering carry over exactly.
    """
    is_midline = mirror == np.arange(len(mirror))
    is_left = is_midline | (template[:, 0] > 0)
    left = np.flatnonzero(is_left)
    left_faces = np.searchsorted(left, faces[is_left[faces].all(axis=1)])
    points, half = fast_simplification.simplify(
        template[left].astype(np.float32),
        left_faces.astype(np.int32),
        target_reduction=1 - face_count / 2 / len(left_faces),
        agg=AGGRESSIVENESS,
    )
    # the seam is the half's open edge: what lies on it must stay on it, or the halves come apart
    on_seam = np.abs(points[:, 0]) < 1e-4
    kept = np.empty(len(points), dtype=np.int64)
    for chosen in (on_seam, ~on_seam):
        candidates = left[is_midline[left] == on_seam[chosen][0]]
        kept[chosen] = candidates[_nearest_unused(points[chosen], template[candidates])]
    half_faces = kept[half]
    mirrored_faces = mirror[half_faces][:, ::-1]
    vertices = np.union1d(kept, mirror[kept])
    return vertices, np.searchsorted(vertices, np.concatenate([half_faces, mirrored_faces]))


def _nearest_unused(points: Array, originals: Array) -> Indices:
    """An original point for each point, none twice: the closest pairs are joined first."""
    distances, candidates = cKDTree(originals).query(points, k=CANDIDATES)
    used: set[int] = set()
    nearest = np.empty(len(points), dtype=np.int64)
    for point in np.argsort(distances[:, 0]):
        nearest[point] = next(int(original) for original in candidates[point] if int(original) not in used)
        used.add(int(nearest[point]))
    return nearest
