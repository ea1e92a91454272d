"""Brings the user's I2L-MeshNet: the authors' snapshot, of a body or a hand -> a network for ONNX Runtime.

The snapshot of a body embeds SMPL; where it does not, or another file is preferred, the user's SMPL file is named. With
that of a hand the user's MANO file may be named, whose vertices it gives.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from ..body.files import MANO, build_body, load_body, load_hand
from ..body.model import Body
from ..errors import RecoveryError
from ..lixel_layout.kinds import BODY, HAND, whole_joint_regressor
from ..weights.fetch import announce
from .converted import LICENCE, Converted

if TYPE_CHECKING:
    from ..weights.convert.i2l_meshnet_checkpoint import I2LMeshNetCheckpoint

NAMES = {BODY.name: "i2l_meshnet", HAND.name: "i2l_meshnet_hand"}
"""The imported networks, by their kind."""
HINT = "Run once `recover-mesh weights import snapshot_8.pth.tar` with the authors' snapshot."
BODY_HINT = "Name the SMPL file whose vertices the snapshot was trained on, with --smpl."


def convert(snapshot: Path, checkpoint: "I2LMeshNetCheckpoint", body_file: Path | None) -> Converted:
    """Says what it is and what it lacks. `body_file` is the user's SMPL; by default it is that in the snapshot.

    Raises RecoveryError "body_file", "body_file_unsafe", or "conversion" where what comes out is of no use.
    """
    from ..networks.self_test import check_i2l_meshnet
    from ..weights.convert.i2l_meshnet_to_onnx import convert_i2l_meshnet

    kind, name, regressor = checkpoint.kind, NAMES[checkpoint.kind.name], checkpoint.joint_regressor
    if kind is BODY:
        body = _body(checkpoint, snapshot, body_file)
        if regressor is None and len(body.template) == kind.vertex_count:
            regressor = whole_joint_regressor(kind, body.joint_regressor)
    elif body_file:
        _check_hand(checkpoint, snapshot, body_file)
    with_parameters = checkpoint.with_parameters and regressor is not None
    what = "pose and shape" if with_parameters else "no pose or shape, which it was not trained for"
    announce(f"{name}: {checkpoint.vertex_count} vertices of a {kind.name}, {what}. Code: MIT. {LICENCE}")
    description = (
        f"I2L-MeshNet (Moon 2020), {kind.name}, converted from the user's own {snapshot.name}. "
        "Not to be passed on: the licences are between the user and the files' owners."
    )
    if not with_parameters:
        regressor = None
    contents = convert_i2l_meshnet(checkpoint.parameters, regressor, description)
    check_i2l_meshnet(snapshot, contents, kind, checkpoint.parameters, regressor)
    return Converted(
        name,
        contents,
        kind.name,
        body_file,
        checkpoint.body if kind is BODY and not body_file else None,
        checkpoint.vertex_count,
        with_parameters,
    )


def _check_hand(checkpoint: "I2LMeshNetCheckpoint", snapshot: Path, body_file: Path) -> None:
    """Raises RecoveryError where the file is not the hand whose vertices the network gives."""
    try:
        count = len(load_hand(body_file).template)
    except RecoveryError as error:
        message = f"{snapshot} is of a hand. {error.message}"
        raise RecoveryError(error.code, message, error.hint) from error
    if count != checkpoint.vertex_count:
        message = (
            f"{snapshot} gives {checkpoint.vertex_count} vertices of a hand, and {body_file} has {count}."
        )
        raise RecoveryError("body_file", message, MANO.hint)


def _body(checkpoint: "I2LMeshNetCheckpoint", snapshot: Path, body_file: Path | None) -> Body:
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
