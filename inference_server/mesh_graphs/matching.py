"""A mesh made coarser by joining neighbours two by two: heavy-edge matching (Dhillon 2007, "Weighted Graph Cuts without
Eigenvectors", Graclus), in the form in which spectral graph networks use it (Defferrard 2016, section 2.3).

A network trained on such graphs knows its nodes by their numbers alone. So whatever decides them is kept as it was
when the published networks were trained, its oddities too.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array

from .sorting import quicksort_order

Indices = NDArray[np.int64]


def mesh_adjacency(faces: NDArray) -> csr_array:
    """faces (T, 3) -> (V, V) symmetric, 1 where two vertices share an edge.

    Raises ValueError where a vertex below the largest is in no face: the matching counts on there being none.
    """
    count = int(faces.max()) + 1
    if len(np.unique(faces)) != count:
        raise ValueError("some of its vertices are in no face")
    ends = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]).astype(np.int64)
    ends = np.concatenate([ends, ends[:, ::-1]])
    linked = coo_array((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(count, count)).tocsr()
    linked.data[:] = 1
    return linked


def match_levels(adjacency: csr_array, levels: int) -> tuple[list[csr_array], list[Indices]]:
    """The graph and `levels` coarser ones; and for each but the last, every node's node in the next, (N,) each.

    The weights of the edges between two nodes' members add up, edges inside of a node become its weight to itself.
    """
    graphs, parents = [adjacency], []
    order = quicksort_order(_degrees(adjacency))
    degrees = _degrees(adjacency) - adjacency.diagonal()
    for _ in range(levels):
        graph = graphs[-1]
        parent = _match(graph, order, degrees)
        parents.append(parent)
        rows = np.repeat(np.arange(len(parent)), np.diff(graph.indptr))
        size = int(parent.max()) + 1
        coarser = coo_array((graph.data, (parent[rows], parent[graph.indices])), shape=(size, size)).tocsr()
        coarser.sort_indices()
        graphs.append(coarser)
        degrees = _degrees(coarser)  # from here on with a node's weight to itself
        order = quicksort_order(degrees)
    return graphs, parents


def _degrees(graph: csr_array) -> NDArray[np.float64]:
    return np.asarray(graph.sum(axis=0)).ravel()


def _match(graph: csr_array, order: Indices, degrees: NDArray[np.float64]) -> Indices:
    """(N,) numbers of pairs. Each node in `order` that is alone takes its best neighbour that is alone.

    The best has the largest normalised cut (2 w_ij + w_ii + w_jj) / (d_i + d_j), the first of equals. For w_ii stands
    the first weight of i's row, which is w_ii only where i has no neighbour of a smaller number; and the first row
    is read an entry too far, the last one an entry too short.
    """
    starts, neighbours, weights = graph.indptr.tolist(), graph.indices.tolist(), graph.data.tolist()
    ends = starts[1:]
    ends[0], ends[-1] = ends[0] + 1, ends[-1] - 1
    degree = degrees.tolist()
    pair = [-1] * len(ends)
    count = 0
    for node in order.tolist():
        if pair[node] >= 0:
            continue
        pair[node] = count
        best, best_cut = -1, 0.0
        for entry in range(starts[node], ends[node]):
            other = neighbours[entry]
            if pair[other] >= 0:
                continue
            cut = 2.0 * weights[entry] + weights[starts[node]] + weights[starts[other]]
            cut /= degree[node] + degree[other] + 1e-9
            if cut > best_cut:
                best, best_cut = other, cut
        if best >= 0:
            pair[best] = count
        count += 1
    return np.array(pair, dtype=np.int64)
