"""How far the lifter's answers are from the truth."""

from dataclasses import dataclass

import torch

from ...lifting.features import BETAS, TURNED, USUAL_DISTANCE
from ..body import TorchBody, from_hips, pose, rotation_6d_to_matrix

LIMBS = slice(5, 17)
"""Of the keypoints: shoulders, elbows, wrists, hips, knees and ankles."""
WEIGHTS = {
    "places": 20.0,
    "local": 0.25,
    "global": 0.25,
    "picture": 2.0,
    "betas": 0.02,
    "sigma": 0.02,
    "speed": 10.0,
}
"""Metres, squared matrix differences, half sizes of the person, standard deviations, and metres a frame."""


@dataclass(frozen=True)
class Truth:
    """N = B T frames, in the virtual camera's axes."""

    rotations: torch.Tensor
    """(N, 24, 3, 3)."""
    betas: torch.Tensor
    """(N, 10)."""
    places: torch.Tensor
    """(N, K, 2) the keypoints in the virtual camera's picture."""
    sizes: torch.Tensor
    """(N,)."""


def losses(
    body: TorchBody, numbers: torch.Tensor, truth: Truth, frames: int
) -> tuple[torch.Tensor, dict[str, float]]:
    """numbers (N, OUTPUTS) -> the weighted sum, and each part with the limbs' mean error in millimetres."""
    turned, betas, camera, sigma = numbers.split([6 * TURNED, BETAS, 3, TURNED], dim=1)
    local = rotation_6d_to_matrix(turned.reshape(-1, TURNED, 6))
    hands = torch.eye(3).expand(len(local), 24 - TURNED, 3, 3)
    turns, joints, keypoints = pose(body, torch.cat([local, hands], dim=1), betas)
    with torch.no_grad():
        true_turns, true_joints, true_keypoints = pose(body, truth.rotations, truth.betas)
    own = from_hips(torch.cat([keypoints, joints], dim=1), keypoints)
    true = from_hips(torch.cat([true_keypoints, true_joints], dim=1), true_keypoints)
    away = own - true
    difference = truth.rotations[:, :TURNED]
    parts = {
        "places": away.abs().mean(),
        "local": (local - difference).square().sum(dim=(-1, -2)).mean(),
        "global": (turns - true_turns)[:, :TURNED].square().sum(dim=(-1, -2)).mean(),
        "picture": _picture_error(keypoints, camera, truth),
        "betas": (betas - truth.betas).square().mean(),
        "sigma": _likelihood(local.detach(), difference, sigma),
    }
    if frames > 1:
        steps = away.reshape(-1, frames, *away.shape[1:]).diff(dim=1)
        parts["speed"] = steps.abs().mean()
    total = torch.stack([WEIGHTS[name] * value for name, value in parts.items()]).sum()
    with torch.no_grad():
        limbs = away[:, LIMBS].norm(dim=-1).mean() * 1000
    return total, {name: value.item() for name, value in parts.items()} | {"limbs mm": limbs.item()}


def _picture_error(keypoints: torch.Tensor, camera: torch.Tensor, truth: Truth) -> torch.Tensor:
    """In half sizes of the person; a far miss counts no more than a near one."""
    depth = USUAL_DISTANCE / truth.sizes * camera[:, 2].exp()
    across = camera[:, :2] * depth[:, None] * truth.sizes[:, None] / 2
    placed = keypoints + torch.cat([across, depth[:, None]], dim=1)[:, None]
    places = placed[..., :2] / placed[..., 2:].clamp_min(0.2)
    miss = (places - truth.places) * (2 / truth.sizes)[:, None, None]
    return miss.clamp(-1, 1).abs().mean()


def _likelihood(local: torch.Tensor, true: torch.Tensor, log_sigma: torch.Tensor) -> torch.Tensor:
    """Minus the log-likelihood of the angles between both (N, TURNED, 3, 3), three axes with one sigma."""
    cosine = ((local * true).sum(dim=(-1, -2)) - 1) / 2
    angle = torch.arccos(cosine.clamp(-0.9999, 0.9999))
    bounded = log_sigma.clamp(-4, 1)
    return (3 * bounded + 0.5 * angle.square() * torch.exp(-2 * bounded)).mean()
