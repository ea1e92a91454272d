"""The factorised prior: 25 small networks that tell bodies of people from those that HMR makes up (Kanazawa 2018,
section 3.3; the layers' sizes are of the authors' code).
"""

import torch
from torch import Tensor, nn

from ...hmr_layout import BETAS, TURNED

JOINTS = TURNED - 1
"""All but the root, which may point anywhere."""
COUNT = JOINTS + 2
"""One for each joint's rotation, one for all of them, one for the shape."""
JOINT_WIDTH, POSE_WIDTH, SHAPE_WIDTHS = 32, 1024, (10, 5)


class Discriminators(nn.Module):
    """The rotation of every joint goes through the same two layers first; on what they give each has its own."""

    def __init__(self) -> None:
        super().__init__()
        self.of_rotation = nn.Sequential(
            nn.Linear(9, JOINT_WIDTH), nn.ReLU(), nn.Linear(JOINT_WIDTH, JOINT_WIDTH), nn.ReLU()
        )
        self.of_joints = nn.ModuleList(nn.Linear(JOINT_WIDTH, 1) for _ in range(JOINTS))
        self.of_pose = nn.Sequential(
            nn.Linear(JOINTS * JOINT_WIDTH, POSE_WIDTH), nn.ReLU(),
            nn.Linear(POSE_WIDTH, POSE_WIDTH), nn.ReLU(), nn.Linear(POSE_WIDTH, 1),
        )  # fmt: skip
        first, second = SHAPE_WIDTHS
        self.of_shape = nn.Sequential(
            nn.Linear(BETAS, first), nn.ReLU(), nn.Linear(first, second), nn.ReLU(), nn.Linear(second, 1)
        )

    def forward(self, rotations: Tensor, betas: Tensor) -> Tensor:
        """rotations (N, 23, 3, 3), betas (N, 10) -> (N, 25): near 1 for people, near 0 for what is made up."""
        features = self.of_rotation(rotations.flatten(2))
        joints = [own(features[:, joint]) for joint, own in enumerate(self.of_joints)]
        return torch.cat([*joints, self.of_pose(features.flatten(1)), self.of_shape(betas)], dim=1)
