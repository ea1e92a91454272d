"""From the joints to the body model's pose and shape: the parameter regressor (Moon 2020)."""

from torch import Tensor, nn

from ...lixel_layout.layers import BETAS, HIDDEN
from ..rotation import rotation_matrices


class ParamRegressor(nn.Module):
    def __init__(self, joint_count: int, turned_count: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for before, after in zip((3 * joint_count, *HIDDEN), HIDDEN, strict=False):
            layers += [nn.Linear(before, after), nn.BatchNorm1d(after), nn.ReLU(inplace=True)]
        self.fc = nn.Sequential(*layers)
        self.fc_pose = nn.Sequential(nn.Linear(HIDDEN[-1], 6 * turned_count))
        self.fc_shape = nn.Sequential(nn.Linear(HIDDEN[-1], BETAS))

    def forward(self, joints: Tensor) -> tuple[Tensor, Tensor]:
        """(B, J, 3) in lixels -> rotations (B, T, 3, 3), each relative to its parent, and betas (B, 10)."""
        features = self.fc(joints.flatten(1))
        return rotation_matrices(self.fc_pose(features).unflatten(1, (-1, 6))), self.fc_shape(features)
