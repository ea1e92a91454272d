"""HMR in the PyTorch form that SPIN and later work use (Kolotouros 2019), with their names of parameters."""

import torch
from torch import Tensor, nn

from ...hmr_layout import BETAS, CAMERA, DROPOUT, FEATURES, HIDDEN, ITERATIONS, REST_CAMERA, TURNED
from ...resnet_layout import STAGES
from ..resnet import ResNet
from ..rotation import rotation_matrices
from .estimate import Estimate

FACING_CAMERA = (1.0, 0.0, 0.0, -1.0, 0.0, 0.0)
NO_TURN = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
"""Both in 6D: the first two columns, interleaved."""
FIRST_GAIN = 0.01
"""Of the last layers' first weights: a new network hardly corrects its parameters (Kolotouros 2019, their code)."""


class SpinHmr(ResNet):
    """A ResNet-50 of version 1.5, and a regressor of 6D rotations; between its hidden layers there is no ReLU."""

    def __init__(self) -> None:
        super().__init__(STAGES)
        self.fc1 = nn.Linear(FEATURES + 6 * TURNED + BETAS + CAMERA, HIDDEN)
        self.drop1 = nn.Dropout(DROPOUT)
        self.fc2 = nn.Linear(HIDDEN, HIDDEN)
        self.drop2 = nn.Dropout(DROPOUT)
        self.decpose = _corrections(6 * TURNED)
        self.decshape = _corrections(BETAS)
        self.deccam = _corrections(CAMERA)
        self.init_pose: Tensor
        self.init_shape: Tensor
        self.init_cam: Tensor
        self.register_buffer("init_pose", torch.tensor([FACING_CAMERA + NO_TURN * (TURNED - 1)]))
        self.register_buffer("init_shape", torch.zeros(1, BETAS))
        self.register_buffer("init_cam", torch.tensor([REST_CAMERA]))

    def forward(self, image: Tensor, iterations: int = ITERATIONS) -> list[Estimate]:
        """(B, 3, 224, 224) RGB, less ImageNet's mean and over its deviation -> the estimate after each iteration."""
        return self.regress(self.encode(image), iterations)

    def encode(self, image: Tensor) -> Tensor:
        """(B, 3, 224, 224) -> (B, 2048)."""
        return self.through_stages(self.stem(image)).mean(dim=(2, 3))

    def regress(self, features: Tensor, iterations: int = ITERATIONS) -> list[Estimate]:
        """(B, 2048) -> the estimate after each iteration, the last is what counts.

        With all its digits where the layers before are trained with half of them: corrections are small.
        """
        estimates = []
        with torch.autocast(features.device.type, enabled=False):
            features = features.to(self.fc1.weight.dtype)
            pose, betas, camera = (
                start.expand(len(features), -1) for start in (self.init_pose, self.init_shape, self.init_cam)
            )
            for _ in range(iterations):
                hidden = self.drop1(self.fc1(torch.cat([features, pose, betas, camera], dim=1)))
                hidden = self.drop2(self.fc2(hidden))
                pose = pose + self.decpose(hidden)
                betas = betas + self.decshape(hidden)
                camera = camera + self.deccam(hidden)
                estimates.append(Estimate(rotation_matrices(pose.unflatten(1, (-1, 6))), betas, camera))
        return estimates


def _corrections(width: int) -> nn.Linear:
    layer = nn.Linear(HIDDEN, width)
    nn.init.xavier_uniform_(layer.weight, gain=FIRST_GAIN)
    return layer
