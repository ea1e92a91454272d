"""Checkpoints of Pose2Mesh in their authors' layout, made up, and bodies to go with them."""

import json
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from human_mesh_recovery.inference_server.body.files import load_body
from human_mesh_recovery.inference_server.body.model import Body
from human_mesh_recovery.tests.smpl_files import arrays

GOLDENS = Path(__file__).resolve().parents[2] / "shared" / "goldens"
"""What the original networks give for made-up weights; with SMPL's faces, so it can't be in the repository."""
SMPL_COCO, MADE_UP_COCO = "p2m_smpl_coco", "p2m_made_up_coco"


def golden(name: str) -> dict[str, np.ndarray]:
    path = GOLDENS / f"{name}.npz"
    if not path.is_file():
        pytest.skip(f"{path}, what the original network gives, is not here")
    with np.load(path, allow_pickle=False) as file:
        return dict(file)


def golden_weights() -> ModuleType:
    sys.path.insert(0, str(GOLDENS))
    try:
        import seeded_weights  # pyright: ignore[reportMissingImports]
    finally:
        sys.path.remove(str(GOLDENS))
    return seeded_weights


def write_checkpoint(name: str, path: Path) -> Path:
    """The weights that a golden was made with, and beside them what training leaves in the file."""
    torch = pytest.importorskip("torch")
    facts = json.loads((GOLDENS / f"{name}_keys.json").read_text())
    make = golden_weights().gen_param
    state = {
        key: torch.from_numpy(np.asarray(make(key, shape, facts["seed"], facts["rules"])))
        for key, shape in facts["keys"].items()
    }
    torch.save({"epoch": 15, "model_state_dict": state, **training_log()}, path)
    return path


def training_log() -> dict:
    return {
        "optim_state_dict": {"state": {}, "param_groups": [{"lr": 1e-4, "params": [0, 1]}]},
        "scheduler_state_dict": {"milestones": Counter([10]), "last_epoch": 15},
        "train_log": [0.5, 0.25],
        "test_log": {"surface": [np.float32(106.3)], "joint": [np.float64(88.9)]},
    }


def write_body(faces: np.ndarray, path: Path) -> Path:
    """A random body of that mesh in SMPL's form."""
    count = int(faces.max()) + 1
    generator = np.random.default_rng(5)
    weights = np.zeros((count, 24), dtype=np.float32)
    weights[np.arange(count), generator.integers(0, 24, count)] = 1
    regressor = np.zeros((24, count), dtype=np.float32)
    regressor[np.arange(24), generator.integers(0, count, 24)] = 1
    content = arrays() | {
        "v_template": generator.normal(size=(count, 3)).astype(np.float32),
        "f": faces,
        "shapedirs": generator.normal(0, 0.01, (count, 3, 10)).astype(np.float32),
        "J_regressor": regressor,
        "weights": weights,
    }
    del content["posedirs"]
    np.savez(path, **content)
    return path


def small_body(count: int = 300) -> Body:
    """The free body with few vertices: of each patch of its skin one, and a face where three patches meet."""
    body = load_body("free")
    nearest = np.full(len(body.template), np.inf)
    patch = np.zeros(len(body.template), dtype=np.int64)
    seeds = []
    for seed in range(count):  # always the vertex that is furthest from all before it
        seeds.append(int(nearest.argmax()))
        distance = np.linalg.norm(body.template - body.template[seeds[-1]], axis=1)
        patch[distance < nearest] = seed
        nearest = np.minimum(nearest, distance)
    faces = patch[body.faces]
    apart = (faces[:, 0] != faces[:, 1]) & (faces[:, 1] != faces[:, 2]) & (faces[:, 2] != faces[:, 0])
    _, first = np.unique(np.sort(faces[apart], axis=1), axis=0, return_index=True)
    kept, faces = np.unique(faces[apart][first], return_inverse=True)  # a patch may be in no face
    regressor = np.zeros((24, count))
    np.add.at(regressor.T, patch, body.joint_regressor.T)
    chosen = np.array(seeds)[kept]
    return Body(
        "small",
        body.template[chosen],
        faces.reshape(-1, 3),
        body.shape_directions[chosen],
        None,
        regressor[:, kept],
        body.weights[chosen],
        body.licence,
    )
