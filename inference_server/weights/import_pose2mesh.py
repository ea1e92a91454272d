"""Brings the user's Pose2Mesh: the authors' checkpoint and the user's SMPL file -> a network for ONNX Runtime.

The checkpoint does not hold the mesh's graphs: they are made of SMPL's faces. Nothing of SMPL comes with the program.
"""

import hashlib
from pathlib import Path

from ..body.files import load_body
from ..errors import RecoveryError
from ..mesh_graphs.coarsening import build_graphs
from ..mesh_graphs.layers import CHANNELS
from . import imported
from .fetch import announce

NAME = "pose2mesh"
HINT = (
    "Run once `recover-mesh weights import-pose2mesh final.pth.tar --smpl SMPL_NEUTRAL.pkl` with the authors' "
    "checkpoint and your SMPL file."
)
BODY_HINT = "Choose the SMPL file, whose 6,890 vertices the checkpoint was trained on."


def import_pose2mesh(checkpoint: Path, body_file: Path) -> imported.ImportFacts:
    """Converts the checkpoint and puts it into the folder of networks, and says so on the way.

    Raises RecoveryError: "conversion" without torch, "checkpoint", "body_file", "body_file_unsafe" or "unwritable".
    """
    try:
        from .convert.pose2mesh_checkpoint import read_checkpoint
        from .convert.pose2mesh_to_onnx import convert_pose2mesh
    except ImportError as error:
        raise RecoveryError(
            "conversion",
            f"Reading {checkpoint} needs packages that are not installed here: {error}.",
            "Install the extra `convert`, or import with another Python: the result serves every installation.",
        ) from error
    checkpoint, body_file = checkpoint.expanduser().resolve(), body_file.expanduser().resolve()
    body = load_body(body_file)
    parameters, joint_set = read_checkpoint(checkpoint)
    try:
        graphs = build_graphs(body.faces, joint_set)
    except ValueError as error:
        message = f"No graphs can be made of the mesh in {body_file}: {error}."
        raise RecoveryError("body_file", message, BODY_HINT) from error
    trained = len(parameters["pose2mesh.fc.bias"]) // CHANNELS[1][0]
    if graphs.network_sizes[-1] != trained or graphs.counts[0] != len(body.template):
        message = (
            f"{checkpoint} was trained on another mesh than that of {body_file}: its graphs grow from {trained} "
            f"nodes, the mesh's from {graphs.network_sizes[-1]}."
        )
        raise RecoveryError("body_file", message, BODY_HINT)
    announce(f"{NAME}: {joint_set.name} joints, {graphs.counts[0]} vertices; converting")
    description = (
        f"Pose2Mesh (Choi 2020), {joint_set.name} joints, converted from the user's own {checkpoint.name} for the mesh "
        f"of {body_file.name}. Not to be passed on: the licences are between the user and the files' owners."
    )
    contents = convert_pose2mesh(parameters, graphs, description)
    facts = imported.ImportFacts(
        kind=joint_set.name,
        checkpoint=str(checkpoint),
        checkpoint_sha256=imported.checksum(checkpoint),
        body=str(body_file),
        body_sha256=imported.checksum(body_file),
        vertex_count=graphs.counts[0],
        onnx_sha256=hashlib.sha256(contents).hexdigest(),
    )
    path = imported.write(NAME, contents, facts)
    announce(f"{NAME}: ready ({len(contents) / 1e6:.0f} MB, {path})")
    return facts
