"""Brings the networks that the user has: whichever checkpoint a file is, it is converted once, tried, and kept."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import RecoveryError
from ..weights import imported
from ..weights.fetch import announce
from . import hmr, i2l_meshnet, pose2mesh
from .converted import Converted
from .embedded_body import LICENCE, write_embedded_body

if TYPE_CHECKING:
    from ..weights.convert.recognise import Checkpoint

NAMES = (hmr.NAME, *i2l_meshnet.NAMES.values(), pose2mesh.NAME)
"""What can be imported."""


def import_networks(files: Sequence[Path], body_file: Path | None = None) -> list[imported.ImportFacts]:
    """Converts the checkpoints and puts them into the folder of networks, and says so on the way.

    `body_file` is the user's SMPL file, or of a hand the MANO file, for networks that need one. Several files of one
    TensorFlow checkpoint count as one. What is wrong with one file does not stop the others; of what is wrong
    the first is raised:

    RecoveryError: "conversion" without torch or where the result is of no use, "checkpoint", "body_file",
    "body_file_unsafe" or "unwritable".
    """
    try:
        from ..weights.convert.recognise import read_checkpoint
        from ..weights.convert.tf_files import one_each
    except ImportError as error:
        raise RecoveryError(
            "conversion",
            f"Reading {', '.join(map(str, files))} needs packages that are not installed here: {error}.",
            "Run `pip install torch==2.13.0` with this Python (it is the extra `convert`), or import with another one: "
            "the result serves every installation.",
        ) from error
    body_file = body_file and body_file.expanduser().resolve()
    if body_file and not body_file.is_file():
        raise RecoveryError("body_file", f"There is no file {body_file}.", "Check the path after --smpl.")
    facts, errors = [], []
    for path in one_each([file.expanduser().resolve() for file in files]):
        try:
            announce(f"{path}: reading")
            facts.append(_keep(path, _convert(path, read_checkpoint(path), body_file)))
        except RecoveryError as error:
            errors.append(error)
    for error in errors[1:]:
        announce(str(error))
    if errors:
        raise errors[0]
    return facts


def _convert(path: Path, checkpoint: "Checkpoint", body_file: Path | None) -> Converted:
    from ..weights.convert.recognise import HmrCheckpoint, Pose2MeshCheckpoint

    if isinstance(checkpoint, HmrCheckpoint):
        return hmr.convert(path, checkpoint, body_file)
    if isinstance(checkpoint, Pose2MeshCheckpoint):
        return pose2mesh.convert(path, checkpoint, body_file)
    return i2l_meshnet.convert(path, checkpoint, body_file)


def _keep(path: Path, converted: Converted) -> imported.ImportFacts:
    body_file = converted.body_file
    if converted.embedded_body and not body_file:
        body_file = write_embedded_body(converted.embedded_body, f"{converted.name}_smpl")
        announce(f"{converted.name}: {body_file}. {LICENCE}")
    facts = imported.ImportFacts(
        kind=converted.kind,
        checkpoint=str(path),
        checkpoint_sha256=imported.checksum(path),
        body=str(body_file or ""),
        body_sha256=imported.checksum(body_file) if body_file else "",
        vertex_count=converted.vertex_count,
        onnx_sha256=hashlib.sha256(converted.contents).hexdigest(),
        with_parameters=converted.with_parameters,
        betas_of=converted.betas_of,
    )
    kept = imported.write(converted.name, converted.contents, facts)
    announce(f"{converted.name}: ready ({len(converted.contents) / 1e6:.0f} MB, {kept})")
    return facts
