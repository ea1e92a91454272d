"""Tells by its content whose checkpoint a file is, and reads it."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ...errors import RecoveryError
from . import hmr_checkpoint, i2l_meshnet_checkpoint, pose2mesh_checkpoint
from .hmr_checkpoint import HmrCheckpoint
from .i2l_meshnet_checkpoint import I2LMeshNetCheckpoint
from .pose2mesh_checkpoint import Pose2MeshCheckpoint
from .tf_files import find_tf_checkpoint
from .torch_file import load_torch_file

Checkpoint = HmrCheckpoint | I2LMeshNetCheckpoint | Pose2MeshCheckpoint
READERS: dict[str, Callable[[Path, Mapping[str, Any], Mapping[str, Any]], Checkpoint]] = {
    "model_state_dict": pose2mesh_checkpoint.read,
    "network": i2l_meshnet_checkpoint.read,
    "model": hmr_checkpoint.read_spin,
    "state_dict": hmr_checkpoint.read_mmhuman3d,
}
"""By the key under which torch's files have the parameters. They are given the path, the content and the parameters."""
HINT = (
    "These are known: HMR's models.tar.gz or model.ckpt-667589.*, SPIN's model_checkpoint.pt, mmhuman3d's HMR and SPIN "
    "(.pth), Pose2Mesh's final.pth.tar, and I2L-MeshNet's snapshot_8.pth.tar."
)


def read_checkpoint(path: Path) -> Checkpoint:
    """What the file holds. Raises RecoveryError "checkpoint" for whatever is not known, or damaged."""
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "is not there"
        raise RecoveryError("checkpoint", f"{path} {what}.", HINT)
    tensorflow = find_tf_checkpoint(path)
    if tensorflow:
        return hmr_checkpoint.read_original(tensorflow)
    content = load_torch_file(path, HINT)
    if isinstance(content, dict):
        for key, read in READERS.items():
            if isinstance(content.get(key), dict):
                return read(path, content, content[key])
    held = ", ".join(map(str, content))[:200] if isinstance(content, dict) else type(content).__name__
    message = (
        f"{path} is none of the checkpoints that are known: they have {', '.join(READERS)}; it holds {held}."
    )
    raise RecoveryError("checkpoint", message, HINT)
