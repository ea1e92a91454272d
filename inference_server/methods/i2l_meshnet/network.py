"""The imported I2L-MeshNet, run by ONNX Runtime."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from onnxruntime import InferenceSession

from ...body.files import load_body, load_hand
from ...body.model import Body
from ...body.rotation import rotation_6d_to_matrix
from ...errors import RecoveryError
from ...importing.i2l_meshnet import HINT, NAMES
from ...lixel_layout.kinds import BODY, KINDS, LixelKind
from ...weights import imported
from ...weights.sessions import start_session
from .crops import as_input
from .lixels import Lixels

TOGETHER = 4
"""Crops at a time: more are no faster on a CPU, and the work can be stopped between."""
LIXELS = ["joints", "joint_spread", "vertices", "vertex_spread"]
PARAMETERS = ["rotation_6d", "betas"]


@dataclass(frozen=True)
class Network:
    session: InferenceSession
    kind: LixelKind
    with_parameters: bool
    body: Body | None
    """The user's SMPL, whose vertices the network of a body gives; of a hand's the user's MANO, if it was named."""


@dataclass(frozen=True)
class Predicted:
    """What the network gives of F crops."""

    joints: Lixels
    vertices: Lixels
    rotations: NDArray[np.float64] | None
    """(F, T, 3, 3) from the parameter stage, each relative to its parent; None where there is none."""
    betas: NDArray[np.float64] | None
    """(F, 10), likewise."""


def check(kind: LixelKind = BODY) -> None:
    """Raises RecoveryError where the network was not imported, or the body that it was imported for is gone."""
    _known(imported.read_facts(NAMES[kind.name], HINT), kind)


def load(kind: LixelKind = BODY, device: str = "auto") -> Network:
    """The imported network, ready to run; kept until it is imported anew. Raises RecoveryError."""
    name = NAMES[kind.name]
    facts = imported.read_facts(name, HINT)
    body = _known(facts, kind)
    session = _session(name, imported.place(name), facts.onnx_sha256, device)
    return Network(session, kind, facts.with_parameters, body)


def predict(network: Network, crops: NDArray, on_step: Callable[[], None] = lambda: None) -> Predicted:
    """crops (F, 256, 256, 3) RGB from 0 to 255, F at least 1."""
    names = LIXELS + PARAMETERS * network.with_parameters
    parts = []
    for start in range(0, len(crops), TOGETHER):
        on_step()
        parts.append(network.session.run(names, {"image": as_input(crops[start : start + TOGETHER])}))
    outputs = dict(zip(names, map(np.concatenate, zip(*parts, strict=True)), strict=True))
    joints, vertices = (
        Lixels(outputs[positions], outputs[spread]) for positions, spread in (LIXELS[:2], LIXELS[2:])
    )
    if not network.with_parameters:
        return Predicted(joints, vertices, None, None)
    rotations = rotation_6d_to_matrix(outputs["rotation_6d"])
    return Predicted(joints, vertices, rotations, outputs["betas"].astype(np.float64))


def _known(facts: imported.ImportFacts, kind: LixelKind) -> Body | None:
    load_its_body = load_body if kind is BODY else load_hand
    body = load_its_body(facts.body) if facts.body else None
    if facts.kind not in KINDS or facts.kind != kind.name or (body is None and kind is BODY):
        raise RecoveryError("weights_corrupt", "What was imported as I2L-MeshNet is another network.", HINT)
    if body and len(body.template) != facts.vertex_count:
        message = f"I2L-MeshNet was imported for another body than {facts.body} is now."
        raise RecoveryError("weights_corrupt", message, HINT)
    return body


@lru_cache(maxsize=len(NAMES))
def _session(name: str, _path: Path, _sha256: str, device: str) -> InferenceSession:
    """The path and the checksum are there as the cache's key."""
    return start_session(lambda: imported.read(name, HINT), name, HINT, device)
