"""The imported Pose2Mesh, run by ONNX Runtime."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from onnxruntime import InferenceSession

from ...body.files import load_body
from ...body.model import Body
from ...errors import RecoveryError
from ...importing.pose2mesh import HINT, NAME
from ...mesh_graphs.joint_sets import JOINT_SETS, JointSet
from ...weights import imported
from ...weights.sessions import start_session

TOGETHER = 4
"""Frames at a time: more are no faster on a CPU, and the work can be stopped between."""


@dataclass(frozen=True)
class Network:
    session: InferenceSession
    joint_set: JointSet
    body: Body
    """The user's SMPL, whose vertices the network gives."""


def check() -> None:
    """Raises RecoveryError where the network was not imported, or the body that it was imported for is gone."""
    _known(imported.read_facts(NAME, HINT))


def load(device: str = "auto") -> Network:
    """The imported network, ready to run; kept until it is imported anew. Raises RecoveryError."""
    facts = imported.read_facts(NAME, HINT)
    body, joint_set = _known(facts)
    return Network(_session(imported.place(NAME), facts.onnx_sha256, device), joint_set, body)


def predict(
    network: Network, poses: np.ndarray, on_step: Callable[[], None] = lambda: None
) -> tuple[np.ndarray, np.ndarray]:
    """Standardised 2D poses (F, J, 2) -> the lifted pose (F, J, 3) in millimetres from the pelvis, and the vertices
    (F, V, 3) in metres from the pelvis, float32. Both in axes parallel to the camera's: x right, y down, z away.
    """
    lifted, vertices = [], []
    for start in range(0, len(poses), TOGETHER):
        on_step()
        outputs = network.session.run(
            ["pose3d_mm", "cam_mesh"], {"pose2d": poses[start : start + TOGETHER].astype(np.float32)}
        )
        lifted.append(outputs[0])
        vertices.append(outputs[1])
    return np.concatenate(lifted), np.concatenate(vertices)


def _known(facts: imported.ImportFacts) -> tuple[Body, JointSet]:
    body = load_body(facts.body)
    if len(body.template) != facts.vertex_count or facts.kind not in JOINT_SETS:
        message = f"Pose2Mesh was imported for another body than {facts.body} is now."
        raise RecoveryError("weights_corrupt", message, HINT)
    return body, JOINT_SETS[facts.kind]


@lru_cache(maxsize=1)
def _session(_path: Path, _sha256: str, device: str) -> InferenceSession:
    """The path and the checksum are there as the cache's key."""
    return start_session(lambda: imported.read(NAME, HINT), NAME, HINT, device)
