"""The imported HMR, run by ONNX Runtime."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from onnxruntime import InferenceSession

from ...body.rotation import axis_angle_to_matrix, rotation_6d_to_matrix
from ...errors import RecoveryError
from ...hmr_layout import FREE, ORIGINAL, SMPL, SPIN
from ...importing.hmr import HINT, NAME
from ...weights import imported
from ...weights.sessions import start_session
from .crops import as_input

TOGETHER = 8
"""Crops at a time: a CPU takes less for each than one by one, and the work can be stopped between."""
POSES = {ORIGINAL: ("axis_angle", axis_angle_to_matrix), SPIN: ("rotation_6d", rotation_6d_to_matrix)}
"""The output that holds a form's rotations, and what makes matrices of them."""


@dataclass(frozen=True)
class Network:
    session: InferenceSession
    form: str
    """ORIGINAL or SPIN."""
    betas_of: str
    """SMPL or FREE: the body whose shape it gives."""


@dataclass(frozen=True)
class Predicted:
    """What the network gives of F crops."""

    rotations: NDArray[np.float64]
    """(F, 24, 3, 3) each relative to its parent, the root's to a camera that looks at the crop's middle."""
    betas: NDArray[np.float64]
    """(F, 10)."""
    camera: NDArray[np.float64]
    """(F, 3) s, tx, ty: see `cameras`."""


def check() -> None:
    """Raises RecoveryError where the network was not imported."""
    _known(imported.read_facts(NAME, HINT))


def load(device: str = "auto") -> Network:
    """The imported network, ready to run; kept until it is imported anew. Raises RecoveryError."""
    facts = _known(imported.read_facts(NAME, HINT))
    session = _session(imported.place(NAME), facts.onnx_sha256, device)
    return Network(session, facts.kind, facts.betas_of)


def predict(network: Network, patches: NDArray, on_step: Callable[[], None] = lambda: None) -> Predicted:
    """patches (F, 224, 224, 3) uint8 RGB, F at least 1."""
    pose, as_matrices = POSES[network.form]
    parts = []
    for start in range(0, len(patches), TOGETHER):
        on_step()
        given = as_input(network.form, patches[start : start + TOGETHER])
        parts.append(network.session.run([pose, "betas", "camera"], {"image": given}))
    rotations, betas, camera = (np.concatenate(part).astype(np.float64) for part in zip(*parts, strict=True))
    return Predicted(as_matrices(rotations), betas, camera)


def _known(facts: imported.ImportFacts) -> imported.ImportFacts:
    if facts.kind not in POSES or facts.betas_of not in (SMPL, FREE):
        raise RecoveryError("weights_corrupt", "What was imported as HMR is another network.", HINT)
    return facts


@lru_cache(maxsize=1)
def _session(_path: Path, _sha256: str, device: str) -> InferenceSession:
    """The path and the checksum are there as the cache's key."""
    return start_session(lambda: imported.read(NAME, HINT), NAME, HINT, device)
