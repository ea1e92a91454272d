"""A body's joints and keypoints in torch, so that losses reach back through them."""

from dataclasses import dataclass

import torch

from ..body.model import Body
from ..body.skeleton import PARENTS
from ..fitting.body_keypoints import BodyKeypoints
from ..fitting.observations import HIPS


@dataclass(frozen=True)
class TorchBody:
    """What of a body's form moves joints and keypoints; as in Body and BodyKeypoints, float32."""

    joints: torch.Tensor
    """(24, 3)."""
    joint_directions: torch.Tensor
    """(24, 3, 10)."""
    keypoints: torch.Tensor
    """(K, 3)."""
    keypoint_directions: torch.Tensor
    """(K, 3, 10)."""
    carriers: torch.Tensor
    """(K,)."""


def torch_body(body: Body, keypoints: BodyKeypoints) -> TorchBody:
    arrays = (body.joint_template, body.joint_shape_directions, keypoints.rest, keypoints.shape_directions)
    return TorchBody(
        *(torch.tensor(array, dtype=torch.float32) for array in arrays),
        carriers=torch.tensor(keypoints.joints, dtype=torch.long),
    )


def pose(
    body: TorchBody, rotations: torch.Tensor, betas: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """rotations (N, 24, 3, 3) relative to the parent, betas (N, 10) -> rotations relative to the body's frame
    (N, 24, 3, 3), joints (N, 24, 3) and keypoints (N, K, 3) in metres, posed about the root's rest position.
    """
    rest = body.joints + torch.einsum("jcb,nb->njc", body.joint_directions, betas)
    turned, places = [rotations[:, 0]], [rest[:, 0]]
    for joint in range(1, 24):
        parent = int(PARENTS[joint])
        turned.append(turned[parent] @ rotations[:, joint])
        bone = rest[:, joint] - rest[:, parent]
        places.append(places[parent] + (turned[parent] @ bone[..., None])[..., 0])
    turns, joints = torch.stack(turned, dim=1), torch.stack(places, dim=1)
    offsets = body.keypoints + torch.einsum("kcb,nb->nkc", body.keypoint_directions, betas)
    offsets = offsets - rest[:, body.carriers]
    moved = (turns[:, body.carriers] @ offsets[..., None])[..., 0]
    return turns, joints, joints[:, body.carriers] + moved


def from_hips(points: torch.Tensor, keypoints: torch.Tensor) -> torch.Tensor:
    """points (N, P, 3) measured from the middle of the hips of keypoints (N, K, 3)."""
    return points - keypoints[:, list(HIPS)].mean(dim=1, keepdim=True)


def rotation_6d_to_matrix(rotation_6d: torch.Tensor) -> torch.Tensor:
    """(..., 6) -> (..., 3, 3), as in body.rotation (Zhou 2019, equation 15)."""
    columns = rotation_6d.reshape(*rotation_6d.shape[:-1], 3, 2)
    first = torch.nn.functional.normalize(columns[..., 0], dim=-1)
    second = columns[..., 1] - (first * columns[..., 1]).sum(dim=-1, keepdim=True) * first
    second = torch.nn.functional.normalize(second, dim=-1)
    return torch.stack([first, second, torch.linalg.cross(first, second)], dim=-1)
