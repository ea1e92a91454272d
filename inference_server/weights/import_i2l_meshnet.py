"""Brings the user's I2L-MeshNet: the authors' snapshot, of a body or a hand -> a network for ONNX Runtime.

The snapshot of a body embeds SMPL; where it does not, or another file is preferred, the user's SMPL file is named. With
that of a hand the user's MANO file may be named, whose vertices it gives.
"""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from ..body.files import MANO, build_body, load_body, load_hand
from ..body.model import Body
from ..errors import RecoveryError
from ..lixel_layout.kinds import BODY, HAND, whole_joint_regressor
from . import imported
from .embedded_body import LICENCE, write_embedded_body
from .fetch import announce

if TYPE_CHECKING:
    from .convert.i2l_meshnet_checkpoint import Checkpoint

NAMES = {BODY.name: "i2l_meshnet", HAND.name: "i2l_meshnet_hand"}
"""The imported networks, by their kind."""
HINT = "Run once `recover-mesh weights import-i2l-meshnet snapshot_8.pth.tar` with the authors' snapshot."
BODY_HINT = "Name the SMPL file whose vertices the snapshot was trained on, with --smpl."


def import_i2l_meshnet(snapshot: Path, body_file: Path | None = None) -> imported.ImportFacts:
    """Converts the snapshot and puts it into the folder of networks, and says so on the way.

    Raises RecoveryError: "conversion" without torch, "checkpoint", "body_file", "body_file_unsafe" or "unwritable".
    """
    try:
        from .convert.i2l_meshnet_checkpoint import read_checkpoint
        from .convert.i2l_meshnet_to_onnx import convert_i2l_meshnet
    except ImportError as error:
        raise RecoveryError(
            "conversion",
            f"Reading {snapshot} needs packages that are not installed here: {error}.",
            "Install the extra `convert`, or import with another Python: the result serves every installation.",
        ) from error
    snapshot = snapshot.expanduser().resolve()
    body_file = body_file and body_file.expanduser().resolve()
    checkpoint = read_checkpoint(snapshot)
    kind, name, regressor = checkpoint.kind, NAMES[checkpoint.kind.name], checkpoint.joint_regressor
    if kind is BODY:
        body = _body(checkpoint, snapshot, body_file)
        if regressor is None and len(body.template) == kind.vertex_count:
            regressor = whole_joint_regressor(kind, body.joint_regressor)
    elif body_file and len(load_hand(body_file).template) != checkpoint.vertex_count:
        message = (
            f"{snapshot} gives {checkpoint.vertex_count} vertices of a hand, and {body_file} has others."
        )
        raise RecoveryError("body_file", message, MANO.hint)
    with_parameters = checkpoint.with_parameters and regressor is not None
    what = "pose and shape" if with_parameters else "no pose or shape, which it was not trained for"
    announce(f"{name}: {checkpoint.vertex_count} vertices of a {kind.name}, {what}; converting")
    description = (
        f"I2L-MeshNet (Moon 2020), {kind.name}, converted from the user's own {snapshot.name}. "
        "Not to be passed on: the licences are between the user and the files' owners."
    )
    contents = convert_i2l_meshnet(checkpoint.parameters, regressor if with_parameters else None, description)
    if checkpoint.body and kind is BODY and not body_file:
        body_file = write_embedded_body(checkpoint.body, f"{name}_smpl")
        announce(f"{name}: {body_file}. {LICENCE}")
    facts = imported.ImportFacts(
        kind=kind.name,
        checkpoint=str(snapshot),
        checkpoint_sha256=imported.checksum(snapshot),
        body=str(body_file or ""),
        body_sha256=imported.checksum(body_file) if body_file else "",
        vertex_count=checkpoint.vertex_count,
        onnx_sha256=hashlib.sha256(contents).hexdigest(),
        with_parameters=with_parameters,
    )
    path = imported.write(name, contents, facts)
    announce(f"{name}: ready ({len(contents) / 1e6:.0f} MB, {path})")
    return facts


def _body(checkpoint: "Checkpoint", snapshot: Path, body_file: Path | None) -> Body:
    """The user's, else that in the snapshot."""
    if not body_file:
        if checkpoint.body is None:
            raise RecoveryError("body_file", f"{snapshot} embeds no SMPL, and one is needed.", BODY_HINT)
        return build_body(snapshot, checkpoint.body)
    body = load_body(body_file)
    if len(body.template) != checkpoint.vertex_count:
        have, wanted = len(body.template), checkpoint.vertex_count
        message = f"{snapshot} gives {wanted} vertices, and {body_file} has {have}."
        raise RecoveryError("body_file", message, BODY_HINT)
    return body
