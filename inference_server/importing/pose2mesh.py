"""Brings the user's Pose2Mesh: the authors' checkpoint and the user's SMPL file -> a network for ONNX Runtime.

The checkpoint does not hold the mesh's graphs: they are made of SMPL's faces. Nothing of SMPL comes with the program.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from ..body.files import load_body
from ..errors import RecoveryError
from ..mesh_graphs.coarsening import build_graphs
from ..mesh_graphs.layers import CHANNELS
from ..weights.fetch import announce
from .converted import LICENCE, Converted

if TYPE_CHECKING:
    from ..weights.convert.pose2mesh_checkpoint import Pose2MeshCheckpoint

NAME = "pose2mesh"
HINT = (
    "Run once `recover-mesh weights import final.pth.tar --smpl SMPL_NEUTRAL.pkl` with the authors' "
    "checkpoint and your SMPL file."
)
BODY_HINT = "Choose the SMPL file, whose 6,890 vertices the checkpoint was trained on."


def convert(path: Path, checkpoint: "Pose2MeshCheckpoint", body_file: Path | None) -> Converted:
    """Says what it is and what it lacks. Raises RecoveryError "body_file" or "body_file_unsafe", or "conversion" where
    what comes out is of no use.
    """
    from ..networks.self_test import check_pose2mesh
    from ..weights.convert.pose2mesh_to_onnx import convert_pose2mesh

    parameters, joint_set = checkpoint.parameters, checkpoint.joint_set
    if body_file is None:
        message = f"{path} is Pose2Mesh, whose graphs are made of SMPL's faces, and it does not hold them."
        raise RecoveryError("body_file", message, "Name your SMPL file with --smpl.")
    body = load_body(body_file)
    try:
        graphs = build_graphs(body.faces, joint_set)
    except ValueError as error:
        message = f"No graphs can be made of the mesh in {body_file}: {error}."
        raise RecoveryError("body_file", message, BODY_HINT) from error
    trained = len(parameters["pose2mesh.fc.bias"]) // CHANNELS[1][0]
    if graphs.network_sizes[-1] != trained or graphs.counts[0] != len(body.template):
        message = (
            f"{path} was trained on another mesh than that of {body_file}: its graphs grow from {trained} "
            f"nodes, the mesh's from {graphs.network_sizes[-1]}."
        )
        raise RecoveryError("body_file", message, BODY_HINT)
    announce(f"{NAME}: {joint_set.name} joints, {graphs.counts[0]} vertices. Code: MIT. {LICENCE}")
    description = (
        f"Pose2Mesh (Choi 2020), {joint_set.name} joints, converted from the user's own {path.name} for the mesh "
        f"of {body_file.name}. Not to be passed on: the licences are between the user and the files' owners."
    )
    contents = convert_pose2mesh(parameters, graphs, description)
    check_pose2mesh(path, contents, graphs, parameters)
    return Converted(NAME, contents, joint_set.name, body_file, vertex_count=graphs.counts[0])
