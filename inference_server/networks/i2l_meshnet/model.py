"""The whole of I2L-MeshNet: a picture to joints, both to vertices, these to a pose (Moon 2020)."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from .lixel_net import LixelNet, Lixels
from .parameters import ParamRegressor
from .pose_features import Pose2Feat
from .trunk import Trunk


class Output(NamedTuple):
    joints: Lixels
    vertices: Lixels
    rotations: Tensor | None
    """(B, T, 3, 3), each relative to its parent; None without a joint regressor."""
    betas: Tensor | None
    """(B, 10), likewise."""


class I2LMeshNet(nn.Module):
    """`conv1` and `bn1` of the mesh's trunk are never used; the published checkpoints have them.

    `joint_regressor` (J, V) gives the parameter stage the joints of the vertices; without it the stage is left out.
    """

    def __init__(
        self, joint_count: int, vertex_count: int, turned_count: int, joint_regressor: Tensor | None = None
    ) -> None:
        super().__init__()
        self.pose_backbone = Trunk()
        self.pose_net = LixelNet(joint_count)
        self.pose2feat = Pose2Feat(joint_count)
        self.mesh_backbone = Trunk()
        self.mesh_net = LixelNet(vertex_count)
        self.param_regressor = ParamRegressor(joint_count, turned_count)
        self.register_buffer("joint_regressor", joint_regressor)

    def forward(self, image: Tensor) -> Output:
        """(B, 3, 256, 256) RGB, 0..1. No later stage's losses reach back into the joints, as the authors have it."""
        features = self.pose_backbone.stem(image)
        joints = self.pose_net(self.pose_backbone(features))
        features = self.pose2feat(features, joints.positions.detach())
        vertices = self.mesh_net(self.mesh_backbone(features))
        regressor = self._buffers["joint_regressor"]
        if regressor is None:
            return Output(joints, vertices, None, None)
        with torch.autocast(
            image.device.type, enabled=False
        ):  # a product with half the digits moves the joints
            rotations, betas = self.param_regressor(regressor @ vertices.positions.detach())
        return Output(joints, vertices, rotations, betas)
