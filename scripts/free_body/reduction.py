"""Fewer faces on some of a mesh's own vertices, with no face turned over."""

import heapq

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

SEAM_WEIGHT = 10.0
"""How firmly open edges keep their line, against the surface beside them."""
LENGTH_WEIGHT = 1e-4
"""Favours short edges where the surface is flat and every choice costs the same."""
LEAST_COSINE = 0.5
"""Of the angle by which one step may turn a face."""
LEAST_ROUNDNESS = 0.05
"""Of a new face: 1 for equal sides, 0 for a sliver."""


def reduce_faces(points: Array, faces: Indices, face_count: int) -> Indices:
    """(N, 3) points, (T, 3) faces -> about `face_count` faces between some of the same points.

    Edges collapse one by one, the one first that moves the surface least (Garland and Heckbert 1997, "Surface
    simplification using quadric error metrics"), one end going to the other's place. Open edges stay in line.
    """
    mesh = _Mesh(points, faces)
    queue: list[tuple[float, int, int, int]] = []

    def offer(vertex: int) -> None:
        for other in mesh.neighbours(vertex):
            for gone, kept in ((vertex, other), (other, vertex)):
                heapq.heappush(queue, (mesh.cost(gone, kept), gone, kept, mesh.age(gone, kept)))

    for vertex in range(len(points)):
        offer(vertex)
    while len(mesh.faces) > face_count and queue:
        _, gone, kept, age = heapq.heappop(queue)
        if age == mesh.age(gone, kept) and mesh.may_collapse(gone, kept):
            for vertex in mesh.collapse(gone, kept):
                offer(vertex)
    return np.array(list(mesh.faces.values()))


class _Mesh:
    """Triangles, which faces meet at each vertex, and each vertex's sum of squared distances to planes."""

    def __init__(self, points: Array, faces: Indices) -> None:
        self.points = points
        self.faces: dict[int, list[int]] = {index: [int(v) for v in face] for index, face in enumerate(faces)}
        self.faces_at: list[set[int]] = [set() for _ in points]
        for index, face in self.faces.items():
            for vertex in face:
                self.faces_at[vertex].add(index)
        self.changes = [0] * len(points)
        self.quadrics = np.zeros((len(points), 4, 4))
        self.seam: set[int] = set()
        for face in self.faces.values():
            self._add_planes(face)

    def _add_planes(self, face: list[int]) -> None:
        normal, area = _normal(self.points[face])
        self._add_plane(face, normal, area)
        for a, b in zip(face, face[1:] + face[:1], strict=True):
            if self._is_open(a, b):
                self.seam |= {a, b}
                wall = np.cross(self.points[b] - self.points[a], normal)
                self._add_plane([a, b], wall / np.linalg.norm(wall), SEAM_WEIGHT * area)

    def _add_plane(self, vertices: list[int], normal: Array, weight: float) -> None:
        plane = np.append(normal, -normal @ self.points[vertices[0]])
        for vertex in vertices:
            self.quadrics[vertex] += weight * np.outer(plane, plane)

    def _is_open(self, a: int, b: int) -> bool:
        return len(self.faces_at[a] & self.faces_at[b]) == 1

    def neighbours(self, vertex: int) -> set[int]:
        return {other for face in self.faces_at[vertex] for other in self.faces[face]} - {vertex}

    def age(self, gone: int, kept: int) -> int:
        """Grows when either end changes: what the queue holds of an older age is out of date."""
        return self.changes[gone] + self.changes[kept]

    def cost(self, gone: int, kept: int) -> float:
        place = np.append(self.points[kept], 1)
        span = self.points[kept] - self.points[gone]
        error = place @ (self.quadrics[gone] + self.quadrics[kept]) @ place
        return float(error + LENGTH_WEIGHT * (span @ span) ** 2)

    def may_collapse(self, gone: int, kept: int) -> bool:
        shared = self.faces_at[gone] & self.faces_at[kept]
        if gone in self.seam and not (kept in self.seam and self._is_open(gone, kept)):
            return False
        # more common neighbours than common faces: the surface would fold onto itself
        if not shared or len(self.neighbours(gone) & self.neighbours(kept)) != len(shared):
            return False
        for index in self.faces_at[gone] - shared:
            before, _ = _normal(self.points[self.faces[index]])
            corners = self.points[[kept if vertex == gone else vertex for vertex in self.faces[index]]]
            after, area = _normal(corners)
            sides = np.sum((corners - np.roll(corners, 1, axis=0)) ** 2)
            if before @ after < LEAST_COSINE or 4 * np.sqrt(3) * area < LEAST_ROUNDNESS * sides:
                return False
        return True

    def collapse(self, gone: int, kept: int) -> set[int]:
        """-> the vertices whose neighbourhood has changed."""
        for index in self.faces_at[gone] & self.faces_at[kept]:
            for vertex in self.faces.pop(index):
                self.faces_at[vertex].discard(index)
        for index in self.faces_at[gone]:
            self.faces[index] = [kept if vertex == gone else vertex for vertex in self.faces[index]]
            self.faces_at[kept].add(index)
        self.faces_at[gone].clear()
        self.quadrics[kept] += self.quadrics[gone]
        self.changes[gone] += 1
        self.changes[kept] += 1
        return {kept}


def _normal(corners: Array) -> tuple[Array, float]:
    """A triangle's unit normal and its area."""
    normal = np.cross(corners[1] - corners[0], corners[2] - corners[0])
    length = float(np.linalg.norm(normal))
    return normal / max(length, 1e-30), length / 2
