"""What HMR is trained with (Kanazawa 2018, section 3; means and weights as in the authors' code).

What is known in 2D and in 3D is compared with the last of the iterations alone, lest the first ones be driven into a
corner; the discriminators judge all of them (section 3.2).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ...body.skeleton import JOINT_INDEX
from ...networks.hmr.estimate import Estimate
from ..body import TorchBody
from ..losses import Losses
from .batches import Batch
from .discriminators import Discriminators
from .form import points

HIPS = [JOINT_INDEX["left_hip"], JOINT_INDEX["right_hip"]]


@dataclass(frozen=True)
class Weights:
    reprojection: float = 60.0
    joints: float = 60.0
    parameters: float = 60.0
    betas: float = 1.0
    """What they count among the parameters, of which the turns count 1."""
    adversarial: float = 1.0


@dataclass(frozen=True)
class HmrLosses(Losses):
    """One batch's, each weighted."""

    reprojection: Tensor
    """Of the points that are annotated in the picture, |x| and |y| apart; the crop reaches from -1 to 1."""
    joints: Tensor
    """Squares of metres from the hips' middle."""
    parameters: Tensor
    """Squares of the rotation matrices' and the betas' numbers."""
    adversarial: Tensor
    """How far what is made up is from being taken for people."""


def losses(
    estimates: Sequence[Estimate],
    batch: Batch,
    body: TorchBody,
    discriminators: Discriminators | None,
    weights: Weights,
) -> HmrLosses:
    """Without discriminators their part is 0."""
    last = estimates[-1]
    posed = points(body, last.rotations, last.betas)
    turned, shaped = last.rotations - batch.rotations, last.betas - batch.betas
    parameters = torch.cat([turned.square().flatten(1), weights.betas * shaped.square()], dim=1)
    counted = torch.cat([batch.pose_known.expand(-1, 9 * 24), batch.betas_known.expand(-1, 10)], dim=1)
    adversarial = (
        torch.zeros((), device=posed.device)
        if discriminators is None
        else taken_for_people(discriminators(*made_up(estimates)))
    )
    return HmrLosses(
        weights.reprojection
        * reprojection_loss(project(posed, last.camera), batch.places, batch.places_known),
        weights.joints * joint_loss(posed, batch.relative, batch.relative_known),
        weights.parameters * known_mean(parameters, counted) / 2,
        weights.adversarial * adversarial,
    )


def project(posed: Tensor, camera: Tensor) -> Tensor:
    """Points (B, P, 3) and cameras s, tx, ty (B, 3) -> (B, P, 2) in the crop, from -1 to 1."""
    return camera[:, None, :1] * (posed[..., :2] + camera[:, None, 1:])


def reprojection_loss(found: Tensor, truth: Tensor, known: Tensor) -> Tensor:
    """found, truth (B, P, 2), known (B, P, 1)."""
    return known_mean((found - truth).abs(), known.expand_as(found))


def joint_loss(found: Tensor, truth: Tensor, known: Tensor) -> Tensor:
    """found, truth (B, P, 3) metres from anywhere, known (B, P, 1); people whose hips are not known don't count."""
    measured = [each - each[:, HIPS].mean(dim=1, keepdim=True) for each in (found, truth)]
    counted = known * known[:, HIPS].prod(dim=1, keepdim=True)
    return known_mean((measured[0] - measured[1]).square(), counted.expand_as(found)) / 2


def made_up(estimates: Sequence[Estimate]) -> tuple[Tensor, Tensor]:
    """What of all iterations the discriminators see: (N, 23, 3, 3), (N, 10)."""
    return (
        torch.cat([estimate.rotations[:, 1:] for estimate in estimates]),
        torch.cat([estimate.betas for estimate in estimates]),
    )


def taken_for_people(judged: Tensor) -> Tensor:
    """judged (N, 25): the squares by which it falls short of 1, summed over the discriminators."""
    return (judged - 1).square().sum(dim=1).mean()


def told_apart(of_people: Tensor, of_made_up: Tensor) -> Tensor:
    """What the discriminators are to make small: (R, 25), (N, 25) judged."""
    return taken_for_people(of_people) + of_made_up.square().sum(dim=1).mean()


def known_mean(values: Tensor, known: Tensor) -> Tensor:
    """The mean of those that are known; 0 where none is."""
    return (values * known).sum() / known.sum().clamp(min=1)
