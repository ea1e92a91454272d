"""HMR's checkpoints in their authors' layouts, made up: of TensorFlow's graph, of SPIN, of mmhuman3d."""

import json
import re
import tarfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from human_mesh_recovery.inference_server.weights.convert.crc32c import masked_crc32c
from human_mesh_recovery.inference_server.weights.convert.leveldb_table import MAGIC
from human_mesh_recovery.tests.pose2mesh_samples import GOLDENS, golden, golden_weights
from human_mesh_recovery.tests.smpl_files import arrays

PREFIX = "model.ckpt-667589"
DATA = f"{PREFIX}.data-00000-of-00001"
STARTS = ("init_pose", "init_shape", "init_cam")


def facts(name: str) -> dict[str, Any]:
    path = GOLDENS / name
    if not path.is_file():
        pytest.skip(f"{path}, what the authors' code has, is not here")
    return json.loads(path.read_text())


def spin_state() -> dict[str, Any]:
    """The weights that the golden of SPIN was made with, as tensors, by SPIN's names."""
    torch = pytest.importorskip("torch")
    known, make, starts = facts("spin_hmr_keys.json"), golden_weights().gen_param, golden("spin_hmr")
    state = {
        name: starts[name] if name in STARTS else make(name, shape, known["seed"], known["rules"])
        for name, shape in known["keys"].items()
    }
    return {name: torch.from_numpy(np.asarray(value)) for name, value in state.items()}


def tensorflow_variables() -> dict[str, np.ndarray]:
    """The weights that the golden of the authors' graph was made with, by its variables' names."""
    known, start = facts("hmr_tf_vars.json"), golden_mean_parameters()
    variables = {}
    for name, shape in known["vars"].items():
        random = np.random.RandomState((zlib.crc32(name.encode()) ^ known["seed"]) & 0xFFFFFFFF)
        if name == "mean_param":
            value = start
        elif name.endswith(("biases", "beta", "moving_mean")):
            value = 0.1 * random.randn(*shape)
        elif name.endswith(("gamma", "moving_variance")):
            value = random.uniform(0.5, 1.5, size=shape)
        else:
            value = random.randn(*shape) * np.sqrt(2 / np.prod(shape[:-1]))
        for pattern, scale in known["rules"]:
            value = value * scale if re.search(pattern, name) else value
        variables[name] = value.astype(np.float32)
    return variables


def golden_mean_parameters() -> np.ndarray:
    """As the small real checkpoint among the goldens has them; its file is read without the reader that is tested."""
    data = (GOLDENS / "hmr_tf_ckpt" / "model.ckpt-1.data-00000-of-00001").read_bytes()
    start = 4 * (85 + 1024 * 85)
    return np.frombuffer(data[start : start + 4 * 85], "<f4").reshape(1, 85)


def smplx_buffers() -> dict[str, np.ndarray]:
    """A made-up body as the package smplx keeps one, and with it mmhuman3d."""
    made = arrays()
    return {
        "v_template": made["v_template"].astype(np.float32),
        "faces_tensor": made["f"].astype(np.int64),
        "shapedirs": made["shapedirs"].astype(np.float32),
        "posedirs": made["posedirs"].reshape(-1, 207).T.astype(np.float32),
        "J_regressor": made["J_regressor"].astype(np.float32),
        "lbs_weights": made["weights"].astype(np.float32),
    }


def write_tensorflow(variables: Mapping[str, np.ndarray], folder: Path, compressed: bool = False) -> Path:
    """The two files that matter of a checkpoint, with the training's leftovers beside them; returns the index."""
    folder.mkdir(parents=True, exist_ok=True)
    leftovers = {"global_step": np.array(667589, np.int32), "fc/Adam": np.ones(3, np.float32)}
    entries, offset = {b"": b"\x08\x01\x1a\x02\x08\x01"}, 0
    with (folder / DATA).open("wb") as file:
        for name, value in sorted({**variables, **leftovers}.items()):
            data = np.ascontiguousarray(value).tobytes()
            entries[name.encode()] = _entry(value, offset, data)
            offset += file.write(data)
    index = folder / f"{PREFIX}.index"
    index.write_bytes(table(entries, compressed))
    (folder / f"{PREFIX}.meta").write_bytes(b"a graph that nobody reads")
    (folder / "checkpoint").write_text(f'model_checkpoint_path: "/home/somebody/{PREFIX}"\n')
    return index


def write_archive(folder: Path, archive: Path) -> Path:
    """As models.tar.gz is, hardly compressed."""
    with tarfile.open(archive, "w:gz", compresslevel=1) as file:
        for path in sorted(folder.iterdir()):
            file.add(path, f"models/{path.name}")
    return archive


def table(entries: Mapping[bytes, bytes], compressed: bool = False) -> bytes:
    """LevelDB's form, a few names a block."""
    contents, handles = b"", {}
    names = sorted(entries)
    for start in range(0, len(names), 7):
        block = _block({name: entries[name] for name in names[start : start + 7]})
        handles[names[min(start + 6, len(names) - 1)]] = varint(len(contents)) + varint(len(block))
        contents += _closed(block, compressed)
    empty, index = _block({}), _block(handles)
    footer = varint(len(contents)) + varint(len(empty))
    contents += _closed(empty)
    footer += varint(len(contents)) + varint(len(index))
    return contents + _closed(index) + footer.ljust(40, b"\0") + MAGIC


def varint(value: int) -> bytes:
    low, rest = value & 0x7F, value >> 7
    return bytes([low | 0x80]) + varint(rest) if rest else bytes([low])


def _block(entries: Mapping[bytes, bytes]) -> bytes:
    block, before = b"", b""
    for name, value in entries.items():
        shared = next(
            (place for place, (a, b) in enumerate(zip(before, name, strict=False)) if a != b),
            min(len(before), len(name)),
        )
        block += varint(shared) + varint(len(name) - shared) + varint(len(value)) + name[shared:] + value
        before = name
    return block + bytes(4) + (1).to_bytes(4, "little")


def _closed(block: bytes, compressed: bool = False) -> bytes:
    kind = bytes([compressed])
    return block + kind + masked_crc32c(block + kind).to_bytes(4, "little")


def _entry(value: np.ndarray, offset: int, data: bytes) -> bytes:
    kind = {np.dtype(np.float32): 1, np.dtype(np.int32): 3}[value.dtype]
    sides = (b"\x08" + varint(side) for side in value.shape)
    shape = b"".join(b"\x12" + varint(len(side)) + side for side in sides)
    message = b"\x08" + varint(kind) + b"\x12" + varint(len(shape)) + shape
    if offset:
        message += b"\x20" + varint(offset)
    return message + b"\x28" + varint(len(data)) + b"\x35" + masked_crc32c(data).to_bytes(4, "little")
