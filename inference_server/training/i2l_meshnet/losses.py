"""What I2L-MeshNet is trained with (Moon 2020, sections 5 and 6). Every loss is a mean over all numbers of a batch,
those that are not known counting as 0, as the authors have it: a picture of which little is known weighs little.

The pose is compared by its rotation matrices; the authors compare axis-angles, which jump at half a turn, and half a
turn is how somebody upright stands before a camera.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from ...body.skeleton import KEYPOINT_INDEX
from ...networks.i2l_meshnet.model import Output
from ..body import TorchBody, pose
from ..losses import Losses
from ..pictures.joint_names import FACE
from .batches import Batch

NORMAL_WEIGHT = 0.1
"""Those of all others are 1."""
EDGES = ((1, 0), (2, 0), (2, 1))
"""The corners of a face between which they run."""
FACE_ROWS = [KEYPOINT_INDEX[name] for name in FACE]


@dataclass(frozen=True)
class LixelLosses(Losses):
    joints: Tensor
    """PoseNet's, against what is annotated."""
    fit_joints: Tensor
    """And against the fit."""
    vertices: Tensor
    mesh_joints: Tensor
    """Of the vertices, against what is annotated."""
    mesh_fit_joints: Tensor
    normals: Tensor
    edges: Tensor


@dataclass(frozen=True)
class ParameterLosses(Losses):
    pose: Tensor
    shape: Tensor
    joints: Tensor
    """Of the posed body, against what is annotated; metres."""
    fit_joints: Tensor


def lixel_losses(output: Output, batch: Batch, faces: Tensor, joint_regressor: Tensor) -> LixelLosses:
    """faces (T, 3), joint_regressor (J, V)."""
    joints, vertices = output.joints.positions, output.vertices.positions
    of_mesh = joint_regressor @ vertices
    return LixelLosses(
        _mean(joints, batch.joints, batch.joints_known),
        _mean(joints, batch.fit_joints, batch.fit_joints_known),
        _mean(vertices, batch.vertices, batch.vertices_known),
        _mean(of_mesh, batch.joints, batch.joints_known),
        _mean(of_mesh, batch.fit_joints, batch.fit_joints_known),
        NORMAL_WEIGHT * normal_loss(vertices, batch.vertices, batch.vertices_known, faces),
        edge_loss(vertices, batch.vertices, batch.vertices_known, faces),
    )


def parameter_losses(output: Output, batch: Batch, body: TorchBody) -> ParameterLosses:
    assert output.rotations is not None and output.betas is not None
    known = batch.pose_known
    joints = camera_joints(body, output.rotations, output.betas)
    fitted = camera_joints(body, batch.rotations, batch.betas)
    return ParameterLosses(
        _mean(output.rotations, batch.rotations, known[..., None, None]),
        _mean(output.betas, batch.betas, known),
        _mean(joints, batch.relative, batch.relative_known),
        _mean(joints, fitted, known[..., None]),
    )


def camera_joints(body: TorchBody, rotations: Tensor, betas: Tensor) -> Tensor:
    """rotations (B, 24, 3, 3), betas (B, 10) -> the 29 joints (B, 29, 3) in metres from the root."""
    _, joints, keypoints = pose(body, rotations, betas)
    return torch.cat([joints, keypoints[:, FACE_ROWS]], dim=1) - joints[:, :1]


def normal_loss(vertices: Tensor, truth: Tensor, known: Tensor, faces: Tensor) -> Tensor:
    """How far the faces' edges are from square to the true faces' normals: |cosine|, of faces whose corners are all
    known. vertices, truth (B, V, 3), known (B, V, 1), faces (T, 3).
    """
    edges = functional.normalize(_edges(vertices, faces), dim=-1)
    first, second, _ = functional.normalize(_edges(truth, faces), dim=-1)
    normals = functional.normalize(torch.linalg.cross(first, second), dim=-1)
    counted = known[:, faces, 0].prod(dim=2)
    return ((edges * normals).sum(dim=-1).abs() * counted).mean()


def edge_loss(vertices: Tensor, truth: Tensor, known: Tensor, faces: Tensor) -> Tensor:
    """The difference of the edges' lengths, of edges whose ends are known."""
    lengths = [torch.linalg.vector_norm(_edges(each, faces), dim=-1) for each in (vertices, truth)]
    ends = known[:, faces, 0]
    counted = torch.stack([ends[:, :, i] * ends[:, :, j] for i, j in EDGES])
    return ((lengths[0] - lengths[1]).abs() * counted).mean()


def _edges(vertices: Tensor, faces: Tensor) -> Tensor:
    """(3, B, T, 3) the three edges of every face."""
    corners = vertices[:, faces]
    return torch.stack([corners[:, :, i] - corners[:, :, j] for i, j in EDGES])


def _mean(found: Tensor, truth: Tensor, known: Tensor) -> Tensor:
    return ((found - truth).abs() * known).mean()
