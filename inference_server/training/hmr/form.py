"""The body that HMR is to give, and its points in torch."""

from dataclasses import dataclass

import torch
from torch import Tensor

from ...body.model import Body
from ...fitting.body_keypoints import BodyKeypoints
from ..body import TorchBody, pose, torch_body
from ..pictures.named_points import attach_points


@dataclass(frozen=True, eq=False)
class Form:
    body: Body
    attached: BodyKeypoints
    """Face and crown, the points that are no joints."""

    @property
    def name(self) -> str:
        """As the checkpoint calls the body."""
        return "free" if self.body.name == "free" else "smpl"


def form_of(body: Body) -> Form:
    return Form(body, attach_points(body))


def body_on(form: Form, device: torch.device) -> TorchBody:
    body = torch_body(form.body, form.attached)
    return TorchBody(**{name: value.to(device) for name, value in vars(body).items()})


def points(body: TorchBody, rotations: Tensor, betas: Tensor) -> Tensor:
    """As `named_points`: rotations (B, 24, 3, 3), betas (B, 10) -> (B, P, 3)."""
    _, joints, attached = pose(body, rotations, betas)
    return torch.cat([joints, attached], dim=1)
