"""Snapshots of I2L-MeshNet in their authors' layout, made up."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from human_mesh_recovery.inference_server.lixel_layout.kinds import HAND, LixelKind
from human_mesh_recovery.tests.pose2mesh_samples import GOLDENS, golden, golden_weights

PREFIX = "human_model_layer.th_"


def published_shapes(kind: LixelKind) -> dict[str, tuple[int, ...]]:
    """Every name in the authors' snapshot, and its shape."""
    return {name: tuple(shape) for name, shape in _facts(kind)["keys"].items()}


def seeded_state(kind: LixelKind, known: dict[str, Any]) -> dict[str, Any]:
    """The weights that a golden was made with, as tensors; those in `known` that are the same need not be made anew."""
    torch = pytest.importorskip("torch")
    facts, make = _facts(kind), golden_weights().gen_param
    state = {}
    for name, shape in published_shapes(kind).items():
        if name in known and tuple(known[name].shape) == shape:
            state[name] = known[name]
        elif not name.startswith(PREFIX):
            state[name] = torch.from_numpy(np.asarray(make(name, shape, facts["seed"], facts["rules"])))
    body = hand_model() if kind is HAND else body_model()
    return state | {f"{PREFIX}{name}": torch.from_numpy(value) for name, value in body.items()}


def body_model() -> dict[str, np.ndarray]:
    """The made-up body of the goldens, with SMPL's faces, by the names under which snapshots embed SMPL."""
    made = golden_weights().synthetic_smpl()
    names = ("shapedirs", "posedirs", "J_regressor", "weights")
    return {
        "betas": np.zeros((1, 10), np.float32),
        **{name: made[name] for name in names},
        "v_template": made["v_template"][None],
        "faces": golden("i2l_prepost")["faces"].astype(np.int64),
    }


def hand_model() -> dict[str, np.ndarray]:
    generator = np.random.default_rng(6)
    regressor = generator.random((HAND.turned_count, HAND.vertex_count)).astype(np.float32)
    return {
        "J_regressor": regressor / regressor.sum(axis=1, keepdims=True),
        "faces": generator.integers(0, HAND.vertex_count, (1538, 3)),
    }


def write_snapshot(state: dict[str, Any], path: Path, **options: Any) -> Path:
    """As the authors' training does it, on several devices."""
    torch = pytest.importorskip("torch")
    optimizer = {"state": {}, "param_groups": [{"lr": 1e-4, "params": [0, 1]}]}
    network = {f"module.{name}": value for name, value in state.items()}
    torch.save({"epoch": 8, "network": network, "optimizer": optimizer}, path, **options)
    return path


def _facts(kind: LixelKind) -> dict[str, Any]:
    path = GOLDENS / f"i2l_{kind.name}_keys.json"
    if not path.is_file():
        pytest.skip(f"{path}, the published snapshots' parameters, is not here")
    return json.loads(path.read_text())
