"""Left and right: which vertex and joint mirrors which, and a reduction of the mesh that keeps them so."""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from human_mesh_recovery.inference_server.body.skeleton import JOINT_NAMES

from .reduction import reduce_faces

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

FLIP = np.array([-1.0, 1.0, 1.0])


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

    The left half is reduced and mirrored. No vertex is new or moved, so that shapes, weights and MakeHuman's own
    numbering carry over exactly.
    """
    is_midline = mirror == np.arange(len(mirror))
    is_left = is_midline | (template[:, 0] > 0)
    left = np.flatnonzero(is_left)
    left_faces = np.searchsorted(left, faces[is_left[faces].all(axis=1)])
    half = left[reduce_faces(template[left], left_faces, face_count // 2)]
    both = np.concatenate([half, mirror[half][:, ::-1]])
    vertices, numbers = np.unique(both, return_inverse=True)
    return vertices, numbers.reshape(both.shape)
