"""Pose2Mesh's graphs as dense pieces, for a runtime without sparse matrices.

Nodes that are made up have no neighbours, and their children are made up too: nothing that happens to them reaches
a vertex, so they are left out. The others lie in the tree's order, in which neighbours are near each other: some
dozens in a row have few neighbours that are not among them, and L is multiplied in pieces of so many rows.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...mesh_graphs.coarsening import MeshGraphs

PIECE = 32
"""Rows a piece; 16 is as fast on one core, 64 takes 5 % longer and 128 25 %."""


@dataclass(frozen=True)
class Level:
    """One graph, of N nodes in C pieces of S rows: N = C S."""

    parents: NDArray[np.int64]
    """(N,) each node's node in the next coarser level; its place there for the coarsest."""
    neighbours: NDArray[np.int64]
    """(C, M) the nodes that a piece's rows reach, and others to make up the number."""
    pieces: NDArray[np.float32]
    """(C, S, M) the Laplacian's values."""

    @property
    def size(self) -> int:
        return len(self.parents)


def network_levels(graphs: MeshGraphs) -> tuple[list[Level], NDArray[np.int64]]:
    """The levels that the network uses, coarsest first, and where each vertex stands in the last, (V,)."""
    levels: list[Level] = []
    coarser = np.arange(graphs.network_sizes[-1])
    for number in reversed(range(len(graphs.network_sizes))):
        order = graphs.orders[number]
        places = np.flatnonzero(order < graphs.counts[number])
        rows = min(PIECE, len(places))
        # some nodes twice, to fill the last piece
        places = np.concatenate([places, places[: -len(places) % rows]])
        above = places // 2 if levels else places
        node_at = np.zeros(len(order), dtype=np.int64)
        node_at[places[::-1]] = np.arange(len(places))[::-1]  # of two, the first
        neighbours, pieces = _pieces(graphs.laplacians[number][places], node_at, rows)
        levels.append(Level(coarser[above], neighbours, pieces))
        coarser = node_at
    return levels, coarser[graphs.places]


def _pieces(laplacian, node_at: NDArray[np.int64], rows: int) -> tuple[NDArray, NDArray]:
    """The rows of a sparse Laplacian (N, places) in pieces; node_at (places,) tells the node at a place."""
    starts = range(0, laplacian.shape[0], rows)
    parts = [laplacian[start : start + rows].tocoo() for start in starts]
    reached = [np.unique(node_at[part.col]) for part in parts]
    width = max(map(len, reached))
    neighbours = np.zeros((len(parts), width), dtype=np.int64)
    pieces = np.zeros((len(parts), rows, width), dtype=np.float32)
    for index, (part, nodes) in enumerate(zip(parts, reached, strict=True)):
        neighbours[index, : len(nodes)] = nodes
        np.add.at(pieces[index], (part.row, np.searchsorted(nodes, node_at[part.col])), part.data)
    return neighbours, pieces
