"""Reads Pose2Mesh's checkpoint as its authors' training writes it: final.pth.tar, with the key model_state_dict."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ...errors import RecoveryError
from ...mesh_graphs.joint_sets import JOINT_SETS, JointSet
from ...mesh_graphs.layers import CHANNELS, LAYERS, LIFTER_STAGES, LIFTER_WIDTH, ORDER
from .torch_file import take

HINT = "Choose final.pth.tar (or best.pth.tar) of the authors' experiments with Human3.6M's or COCO's joints."
OTHER_JOINTS = {21: "of a hand, for FreiHAND", 24: "of SMPL, for SURREAL"}


@dataclass(frozen=True)
class Pose2MeshCheckpoint:
    parameters: dict[str, NDArray[np.float32]]
    joint_set: JointSet
    """The joints that the network takes."""


def read(path: Path, _content: Mapping[str, Any], state: Mapping[str, Any]) -> Pose2MeshCheckpoint:
    """`state` are the file's parameters. Raises RecoveryError "checkpoint" for whatever is no Pose2Mesh of a body."""
    first = state.get("pose_lifter.w1.weight")
    if not isinstance(first, torch.Tensor) or first.ndim != 2 or "pose2mesh.fc.weight" not in state:
        known = ", ".join(list(state)[:3])
        message = f"{path} is no checkpoint of the whole Pose2Mesh: its parameters are {known}, ..."
        raise RecoveryError("checkpoint", message, HINT)
    joint_count = first.shape[1] // 2
    joint_set = next((each for each in JOINT_SETS.values() if len(each.joints) == joint_count), None)
    if joint_set is None:
        what = OTHER_JOINTS.get(joint_count, "of no known set")
        message = (
            f"{path} takes {joint_count} joints, {what}; only 17 of Human3.6M and 19 of COCO are supported."
        )
        raise RecoveryError("checkpoint", message, HINT)
    coarsest = int(state["pose2mesh.fc.weight"].shape[0]) // CHANNELS[1][0]
    parameters = take(path, state, parameter_shapes(joint_count, coarsest), HINT)
    return Pose2MeshCheckpoint(parameters, joint_set)


def parameter_shapes(joint_count: int, coarsest: int) -> dict[str, tuple[int, ...]]:
    """The shapes of the parameters that are used, by name; `coarsest` is the number of the coarsest level's nodes."""
    shapes: dict[str, tuple[int, ...]] = {}

    def layer(name: str, before: int, after: int) -> None:
        shapes.update({f"{name}.weight": (after, before), f"{name}.bias": (after,)})

    def norm(name: str, width: int) -> None:
        shapes.update(
            {f"{name}.{key}": (width,) for key in ("weight", "bias", "running_mean", "running_var")}
        )

    layer("pose_lifter.w1", 2 * joint_count, LIFTER_WIDTH)
    for number in range(LIFTER_STAGES):
        for half in (1, 2):
            layer(f"pose_lifter.linear_stages.{number}.w{half}", LIFTER_WIDTH, LIFTER_WIDTH)
            norm(f"pose_lifter.linear_stages.{number}.batch_norm{half}", LIFTER_WIDTH)
    layer("pose_lifter.w2", LIFTER_WIDTH, 3 * joint_count)
    layer("pose2mesh.fc", joint_count * CHANNELS[0][-1], coarsest * CHANNELS[1][0])
    for number, (before, after) in enumerate(LAYERS):
        layer(f"pose2mesh.cl.{number}", ORDER * before, after)
        if number < len(LAYERS) - 1:
            norm(f"pose2mesh.bn.{number}", after)
    return shapes
