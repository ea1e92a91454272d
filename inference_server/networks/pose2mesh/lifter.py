"""From the 2D pose to a 3D pose: PoseNet (Choi 2020, section 4.1), after Martinez 2017."""

from torch import Tensor, nn

from ...mesh_graphs.layers import LIFTER_STAGES, LIFTER_WIDTH

DROPPED = 0.5


class Stage(nn.Module):
    """Two layers around which the input is led: y = x + layers(x); normalised before each layer, not after."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.w1 = nn.Linear(width, width)
        self.batch_norm1 = nn.BatchNorm1d(width)
        self.w2 = nn.Linear(width, width)
        self.batch_norm2 = nn.BatchNorm1d(width)
        self.relu = nn.ReLU()
        self.dropout = nn.Dropout(DROPPED)

    def forward(self, features: Tensor) -> Tensor:
        """(B, W) -> (B, W)."""
        inner = self.w1(self.dropout(self.relu(self.batch_norm1(features))))
        return features + self.w2(self.dropout(self.relu(self.batch_norm2(inner))))


class PoseLifter(nn.Module):
    """`batch_norm1` is never used; the published checkpoints have it."""

    def __init__(self, joint_count: int, width: int = LIFTER_WIDTH) -> None:
        super().__init__()
        self.w1 = nn.Linear(2 * joint_count, width)
        self.batch_norm1 = nn.BatchNorm1d(width)
        self.linear_stages = nn.ModuleList(Stage(width) for _ in range(LIFTER_STAGES))
        self.w2 = nn.Linear(width, 3 * joint_count)

    def forward(self, pose: Tensor) -> Tensor:
        """(B, J, 2) standardised 2D pose -> (B, J, 3) millimetres from the root joint."""
        features = self.w1(pose.flatten(1))
        for stage in self.linear_stages:
            features = stage(features)
        return self.w2(features).view(len(pose), -1, 3)
