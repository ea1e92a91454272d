"""Reads I2L-MeshNet's checkpoint as its authors' training writes it: snapshot_N.pth.tar, with the key network."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ...errors import RecoveryError
from ...lixel_layout.kinds import KINDS, LixelKind, whole_joint_regressor
from .i2l_meshnet_shapes import lixel_shapes, parameter_shapes
from .torch_file import take

HINT = (
    "Choose the authors' snapshot_8.pth.tar, or another snapshot of a body, or snapshot_24.pth.tar of a hand."
)
WRAPPED = "module."
"""What the names begin with where the network was trained on several devices."""
MODEL = "human_model_layer.th_"
"""What the names of the embedded body model begin with."""
STAGE = "param_regressor."
FIRST_NORM = f"{STAGE}fc.1"


@dataclass(frozen=True)
class I2LMeshNetCheckpoint:
    kind: LixelKind
    vertex_count: int
    parameters: dict[str, NDArray[np.float32]]
    """What is used, by name: without the parameter stage's where that is missing or was never trained."""
    joint_regressor: NDArray[np.float32] | None
    """(J, V): the joints that the parameter stage was trained with, where the file tells."""
    body: dict[str, NDArray] | None
    """The embedded SMPL, by the names of SMPL's files, where it is whole. Its licence is its owner's."""

    @property
    def with_parameters(self) -> bool:
        return f"{FIRST_NORM}.weight" in self.parameters


def read(path: Path, _content: Mapping[str, Any], network: Mapping[str, Any]) -> I2LMeshNetCheckpoint:
    """`network` are the file's parameters. Raises RecoveryError "checkpoint" for whatever is no I2L-MeshNet."""
    state = {str(name).removeprefix(WRAPPED): value for name, value in network.items()}
    joints, vertices = (state.get(f"{net}.conv_x.0.weight") for net in ("pose_net", "mesh_net"))
    if not isinstance(joints, torch.Tensor) or not isinstance(vertices, torch.Tensor):
        known = ", ".join(map(str, list(state)[:3]))
        raise RecoveryError("checkpoint", f"{path} is no I2L-MeshNet: its parameters are {known}, ...", HINT)
    joint_count, vertex_count = len(joints), len(vertices)
    kind = next((kind for kind in KINDS.values() if kind.joint_count == joint_count), None)
    if kind is None:
        known = " and ".join(f"{kind.joint_count} of a {kind.name}" for kind in KINDS.values())
        message = f"{path} gives {joint_count} joints; only {known} are supported."
        raise RecoveryError("checkpoint", message, HINT)
    parameters = take(path, state, lixel_shapes(kind, vertex_count), HINT)
    if _is_trained(state):
        parameters |= take(path, state, parameter_shapes(kind), HINT)
    return I2LMeshNetCheckpoint(
        kind, vertex_count, parameters, _joint_regressor(state, kind, vertex_count), _body(state)
    )


def _is_trained(state: Mapping[str, Any]) -> bool:
    """Whether the parameter stage is there and was ever trained.

    The authors' code makes and keeps it even where only the lixels are trained. Then its batch norms are as they were
    made: whatever batch they see changes their running mean and variance. How well it was trained no file tells.
    """
    mean, variance = (state.get(f"{FIRST_NORM}.running_{key}") for key in ("mean", "var"))
    if not isinstance(mean, torch.Tensor) or not isinstance(variance, torch.Tensor):
        return any(name.startswith(STAGE) for name in state)  # damaged: let the shapes say how
    return bool((mean != 0).any() or (variance != 1).any())


def _joint_regressor(
    state: Mapping[str, Any], kind: LixelKind, vertex_count: int
) -> NDArray[np.float32] | None:
    whole = _array(state, "joint_regressor", kind.joint_count, vertex_count)
    if whole is not None:  # of a network that was trained here, on whatever mesh
        return whole
    regressor = _array(state, f"{MODEL}J_regressor", kind.turned_count, kind.vertex_count)
    if regressor is None or vertex_count != kind.vertex_count:
        return None
    return whole_joint_regressor(kind, regressor)


def _body(state: Mapping[str, Any]) -> dict[str, NDArray] | None:
    faces = state.get(f"{MODEL}faces")
    template = _array(state, f"{MODEL}v_template", 1, None, 3)
    if template is None or not isinstance(faces, torch.Tensor):
        return None
    count = template.shape[1]
    content = {
        "v_template": template[0],
        "f": faces.numpy(),
        "shapedirs": _array(state, f"{MODEL}shapedirs", count, 3, None),
        "posedirs": _array(state, f"{MODEL}posedirs", count, 3, None),
        "J_regressor": _array(state, f"{MODEL}J_regressor", None, count),
        "weights": _array(state, f"{MODEL}weights", count, None),
    }
    whole = {name: value for name, value in content.items() if value is not None}
    return whole if len(whole) == len(content) else None


def _array(state: Mapping[str, Any], name: str, *shape: int | None) -> NDArray[np.float32] | None:
    """The entry, where it is there and of that shape; None stands for any length."""
    value = state.get(name)
    if not isinstance(value, torch.Tensor) or value.ndim != len(shape):
        return None
    fits = all(wanted in (None, have) for wanted, have in zip(shape, value.shape, strict=True))
    return value.float().numpy() if fits else None
