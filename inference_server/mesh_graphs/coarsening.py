"""Pose2Mesh's graphs from a mesh and a joint set: nodes ordered as a binary tree, and scaled Laplacians
(Choi 2020, section 4.2; Defferrard 2016, sections 2.1 and 2.3).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array, diags_array, eye_array
from scipy.sparse.linalg import eigsh

from .joint_sets import JointSet
from .matching import Indices, match_levels, mesh_adjacency

LEVELS = 9
UNUSED_LEVEL = 8
"""The network grows from 24 * 4 nodes: the level with 24 * 2 is left out, and the joints stand for the last."""


@dataclass(frozen=True)
class MeshGraphs:
    """The graphs of a network, from the mesh's own (0) to the coarsest that is used (7), and that of the joints."""

    orders: list[Indices]
    """(N,) each, levels 0 to 9: the node at every place of a level. Places 2 i and 2 i + 1 are joined to place i of
    the next level.
    """
    counts: list[int]
    """Levels 0 to 9: how many nodes there are; those that `orders` numbers from there on are made up."""
    laplacians: list[csr_array]
    """(N, N) each, levels 0 to 8, float64: L / (2 lmax) - I."""
    joints: NDArray[np.float64]
    """(J, J) the joints' Laplacian, not scaled."""

    @property
    def sizes(self) -> list[int]:
        """Numbers of nodes, levels 0 to 8, then of the joints."""
        return [*map(len, self.orders[:LEVELS]), len(self.joints)]

    @property
    def network_sizes(self) -> list[int]:
        """Numbers of nodes of the levels that the network uses, finest first."""
        return self.sizes[:UNUSED_LEVEL]

    @property
    def places(self) -> Indices:
        """(V,) where each vertex of the mesh stands in level 0."""
        return np.argsort(self.orders[0])[: self.counts[0]]


def build_graphs(faces: NDArray, joint_set: JointSet) -> MeshGraphs:
    """The graphs for a mesh of faces (T, 3). Raises ValueError for a mesh that they can't be made of."""
    graphs, parents = match_levels(mesh_adjacency(faces), LEVELS)
    orders = tree_orders(parents)
    laplacians = [
        _scaled(laplacian(_reordered(graph, order)))
        for graph, order in zip(graphs[:LEVELS], orders[:LEVELS], strict=True)
    ]
    counts = [len(graph.indptr) - 1 for graph in graphs]
    return MeshGraphs(orders, counts, laplacians, laplacian(csr_array(joint_set.adjacency)).toarray())


def tree_orders(parents: list[Indices]) -> list[Indices]:
    """Every level's nodes in the order in which two that are joined are neighbours, with made-up nodes where a node
    has no partner, or is made up itself. parents as `match_levels` gives them -> a list longer by one, finest first.
    """
    orders = [np.arange(int(parents[-1].max()) + 1)]
    for parent in reversed(parents):
        children: list[list[int]] = [[] for _ in orders[-1]]
        for node, number in enumerate(parent.tolist()):
            children[number].append(node)
        made_up = len(parent)
        order = []
        for number in orders[-1].tolist():
            pair = children[number]
            missing = 2 - len(pair)
            order += pair + list(range(made_up, made_up + missing))
            made_up += missing
        orders.append(np.array(order, dtype=np.int64))
    return orders[::-1]


def laplacian(adjacency: csr_array) -> csr_array:
    """The normalised Laplacian I - D^-1/2 A D^-1/2; of a node without neighbours it is 1."""
    degrees = np.asarray(adjacency.sum(axis=0)).ravel()
    scale = diags_array(np.where(degrees > 0, 1 / np.sqrt(np.maximum(degrees, 1e-300)), 0.0))
    return csr_array(eye_array(len(degrees)) - scale @ adjacency @ scale)


def _scaled(values: csr_array) -> csr_array:
    """L / (2 lmax) - I, with lmax the largest eigenvalue: so the networks were trained, and not with the customary
    2 L / lmax - I.
    """
    size = len(values.indptr) - 1
    start = np.random.default_rng(0).normal(size=size)
    largest = eigsh(values, k=1, which="LM", return_eigenvectors=False, v0=start)[0]
    return csr_array(values / (2 * largest) - eye_array(size))


def _reordered(graph: csr_array, order: Indices) -> csr_array:
    """The graph with its nodes at their places in `order`, which holds made-up nodes besides."""
    places = np.argsort(order)
    entries = graph.tocoo()
    size = len(order)
    return coo_array((entries.data, (places[entries.row], places[entries.col])), shape=(size, size)).tocsr()
