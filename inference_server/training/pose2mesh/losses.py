"""What Pose2Mesh is trained with (Choi 2020, sections 4.1 and 4.2). Meshes are in metres, lifted poses in mm."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

JOINT_WEIGHT, NORMAL_WEIGHT, EDGE_WEIGHT = 1e-3, 0.1, 20.0
"""That of the vertices is 1. The joints' is 1 a metre; they are compared in millimetres (Choi 2020, section 4.2)."""


@dataclass(frozen=True)
class Losses:
    """One batch's, each weighted."""

    vertices: Tensor
    normals: Tensor
    edges: Tensor
    joints: Tensor
    """Of the mesh."""
    lifted: Tensor

    @property
    def total(self) -> Tensor:
        return self.vertices + self.normals + self.edges + self.joints + self.lifted


def losses(
    mesh: Tensor,
    lifted: Tensor,
    true_mesh: Tensor,
    true_pose: Tensor,
    faces: Tensor,
    joint_regressor: Tensor,
    with_edges: bool,
) -> Losses:
    """mesh (B, V, 3), lifted (B, J, 3), and what they should be; faces (T, 3); joint_regressor (24, V).

    The edges' loss joins late: before the mesh has a shape it only disturbs.
    """
    edges = edge_loss(mesh, true_mesh, faces) if with_edges else mesh.new_zeros(())
    return Losses(
        functional.l1_loss(mesh, true_mesh),
        NORMAL_WEIGHT * normal_loss(mesh, true_mesh, faces),
        EDGE_WEIGHT * edges,
        JOINT_WEIGHT * functional.l1_loss(1000 * joint_regressor @ mesh, 1000 * joint_regressor @ true_mesh),
        JOINT_WEIGHT * functional.l1_loss(lifted, true_pose),
    )


def normal_loss(mesh: Tensor, true_mesh: Tensor, faces: Tensor) -> Tensor:
    """How far the faces' edges are from square to the true faces' normals: the mean |cosine| (equation 3)."""
    edges = functional.normalize(_edges(mesh, faces), dim=-1)
    first, second, _ = _edges(true_mesh, faces)
    normals = functional.normalize(torch.linalg.cross(first, second), dim=-1)
    return (edges * normals).sum(dim=-1).abs().mean()


def edge_loss(mesh: Tensor, true_mesh: Tensor, faces: Tensor) -> Tensor:
    """The mean difference of the edges' lengths (equation 4)."""
    lengths = [torch.linalg.vector_norm(_edges(each, faces), dim=-1) for each in (mesh, true_mesh)]
    return (lengths[0] - lengths[1]).abs().mean()


def _edges(mesh: Tensor, faces: Tensor) -> Tensor:
    """(3, B, T, 3) the three edges of every face."""
    corners = mesh[:, faces]
    return torch.stack([corners[:, :, i] - corners[:, :, j] for i, j in ((1, 0), (2, 0), (2, 1))])
