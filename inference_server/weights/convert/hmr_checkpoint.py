"""Reads HMR's checkpoints: of its authors' TensorFlow graph, of SPIN, of mmhuman3d, and of its training here."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ...errors import RecoveryError
from ...hmr_layout import FREE, ORIGINAL, SMPL, SPIN, TURNED
from .hmr_shapes import original_shapes, spin_shapes
from .tf_files import TfCheckpoint
from .torch_file import take

OWN = "of your own training"
HINT = "Choose HMR's models.tar.gz or model.ckpt-667589, SPIN's model_checkpoint.pt, or mmhuman3d's HMR or SPIN (.pth)."
REGRESSOR, TRUNK = "3D_module", "resnet_v2_50"
"""The graph's two parts."""
NORMS = ("preact", "postnorm", "norm1", "norm2")
NORM_KINDS = {
    "weight": "gamma",
    "bias": "beta",
    "running_mean": "moving_mean",
    "running_var": "moving_variance",
}
LAYER_KINDS = {"weight": "weights", "bias": "biases"}
BACKBONE, HEAD = "backbone.", "head."
"""What mmhuman3d's names begin with."""
BODY_MODELS = ("body_model_test.", "body_model_train.")
BODY_ARRAYS = {
    "v_template": "v_template",
    "faces_tensor": "f",
    "shapedirs": "shapedirs",
    "posedirs": "posedirs",
    "J_regressor": "J_regressor",
    "lbs_weights": "weights",
}
"""Their names there, and in SMPL's own files."""
POSE_FEATURES = 9 * (TURNED - 1)
OTHER_HEADS = {
    "head.keypoint_deconv_layers.": "PARE",
    "head.deconv_layers.": "HybrIK",
    "head.decphi.": "HybrIK",
}
CLIFF_INPUTS = 3
"""More than HMR's regressor takes CLIFF's: where in the picture the crop lies."""


@dataclass(frozen=True)
class HmrCheckpoint:
    form: str
    origin: str
    """Whose it is, and the licence of their code; OWN where it was trained here."""
    parameters: dict[str, NDArray[np.float32]]
    """By the names of the networks in torch."""
    betas_of: str
    """The body whose betas it gives: SMPL or FREE."""
    body: dict[str, NDArray] | None = None
    """The embedded SMPL, by the names of SMPL's files, where it is whole. Its licence is its owner's."""


def read_original(checkpoint: TfCheckpoint) -> HmrCheckpoint:
    """Raises RecoveryError "checkpoint" where it is another network's, or damaged."""
    path, entries = checkpoint.path, checkpoint.index.entries
    if "3D_module/fc3/weights" not in entries:
        known = ", ".join(list(entries)[:3])
        message = f"{path} is a TensorFlow checkpoint, but not HMR's: its variables are {known}, ..."
        raise RecoveryError("checkpoint", message, HINT)
    shapes = original_shapes()
    names = {name: _variable(name) for name in shapes}
    in_tensorflow = {names[name]: _tensorflow_shape(shape) for name, shape in shapes.items()}
    values = checkpoint.read({name: shape for name, shape in in_tensorflow.items() if name in entries})
    taken = take(path, values, in_tensorflow, HINT)
    parameters = {name: _from_tensorflow(taken[variable]) for name, variable in names.items()}
    parameters["mean_param"] = taken["mean_param"]
    return HmrCheckpoint(ORIGINAL, "of its authors (code: MIT)", parameters, SMPL)


def read_spin(path: Path, content: Mapping[str, Any], state: Mapping[str, Any]) -> HmrCheckpoint:
    """`content` is all of the file, `state` its parameters. Raises RecoveryError "checkpoint"."""
    parameters = _regressor(path, state, state)
    body = content.get("body")
    if body is None:
        return HmrCheckpoint(SPIN, "of SPIN (code: BSD-3-Clause)", parameters, SMPL)
    if body not in (SMPL, FREE):
        message = f"{path} was trained on the body '{body}'; only {' and '.join((SMPL, FREE))} are known."
        raise RecoveryError("checkpoint", message, HINT)
    return HmrCheckpoint(SPIN, OWN, parameters, body)


def read_mmhuman3d(path: Path, content: Mapping[str, Any], state: Mapping[str, Any]) -> HmrCheckpoint:
    """As `read_spin`; mmhuman3d's other networks are refused by their names."""
    parts = {
        name.removeprefix(prefix): value
        for prefix in (BACKBONE, HEAD)
        for name, value in state.items()
        if str(name).startswith(prefix)
    }
    parameters, body = _regressor(path, state, parts), _body(state)
    return HmrCheckpoint(SPIN, "of mmhuman3d (code: Apache-2.0)", parameters, SMPL, body)


def _variable(name: str) -> str:
    """A parameter's name in TensorFlow's graph."""
    *scopes, layer, kind = f".{name}".split(".")
    if not layer:
        return name
    kinds = NORM_KINDS if layer in NORMS else LAYER_KINDS
    root = REGRESSOR if layer in ("fc1", "fc2", "fc3") else TRUNK
    if len(scopes) > 1:
        scopes.append("bottleneck_v2")
    if layer in ("norm1", "norm2"):
        layer = f"conv{layer[-1]}/BatchNorm"
    return "/".join([root, *scopes[1:], layer, kinds[kind]])


def _tensorflow_shape(shape: tuple[int, ...]) -> tuple[int, ...]:
    """A weight's shape there: of a convolution (H, W, C, K), of a linear layer (F, G)."""
    if len(shape) == 4:
        return (*shape[2:], shape[1], shape[0])
    return shape if shape[0] == 1 else shape[::-1]


def _from_tensorflow(values: NDArray) -> NDArray:
    axes = {4: (3, 2, 0, 1), 2: (1, 0)}.get(values.ndim, range(values.ndim))
    return np.ascontiguousarray(values.transpose(axes))


def _regressor(
    path: Path, state: Mapping[str, Any], parts: Mapping[str, Any]
) -> dict[str, NDArray[np.float32]]:
    shapes = spin_shapes()
    other = next(
        (whose for start, whose in OTHER_HEADS.items() if any(str(name).startswith(start) for name in state)),
        "",
    )
    first = parts.get("fc1.weight")
    if isinstance(first, torch.Tensor) and first.ndim == 2:
        cliff = first.shape[1] == shapes["fc1.weight"][1] + CLIFF_INPUTS
        other = other or ("CLIFF" if cliff else "")
    if other:
        message = f"{path} is {other}, which is not supported; HMR and SPIN are."
        raise RecoveryError("checkpoint", message, HINT)
    if first is None or "conv1.weight" not in parts:
        known = ", ".join(map(str, list(state)[:3]))
        raise RecoveryError("checkpoint", f"{path} is no HMR: its parameters are {known}, ...", HINT)
    return take(path, parts, shapes, HINT)


def _body(state: Mapping[str, Any]) -> dict[str, NDArray] | None:
    """The SMPL that mmhuman3d's files embed, in the form of the package smplx."""
    for model in BODY_MODELS:
        parts = {name: state.get(f"{model}{name}") for name in BODY_ARRAYS}
        whole = {name: part.numpy() for name, part in parts.items() if isinstance(part, torch.Tensor)}
        if len(whole) == len(parts) and whole["posedirs"].shape == (POSE_FEATURES, whole["v_template"].size):
            whole["posedirs"] = whole["posedirs"].T.reshape(*whole["v_template"].shape, -1)
            return {BODY_ARRAYS[name]: values for name, values in whole.items()}
    return None
