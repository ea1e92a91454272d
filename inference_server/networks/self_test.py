"""Compares what a conversion gives with what the network in torch gives, before it is kept.

Both are shown the same made-up pictures or poses. That finds a conversion that went wrong, a runtime that computes
otherwise, and a checkpoint of such numbers that nothing sensible can come out.
"""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ..body.rotation import axis_angle_to_matrix, rotation_6d_to_matrix
from ..errors import RecoveryError
from ..hmr_layout import CROP as HMR_CROP
from ..hmr_layout import ORIGINAL
from ..lixel_layout.kinds import CROP, LixelKind
from ..mesh_graphs.coarsening import MeshGraphs
from ..weights.convert.torch_layers import Parameters
from ..weights.sessions import start_session
from .hmr.original import OriginalHmr
from .hmr.spin import SpinHmr
from .i2l_meshnet.model import I2LMeshNet
from .pose2mesh.model import Pose2Mesh

SEED = 2018
TOLERANCE = 1e-3
"""Of an output's largest value, or of 1: single precision takes a hundredth of that."""
LARGEST = 1e6
"""In no output's unit is anything of a person as large."""
DECODED = {"rotation_6d": rotation_6d_to_matrix, "axis_angle": axis_angle_to_matrix}
"""Outputs that are compared as the rotation matrices that they stand for."""
HINT = "Download the checkpoint again. If it stays so, its training failed, or it is not what its names say."


def check_hmr(path: Path, contents: bytes, form: str, parameters: Parameters) -> None:
    """Raises RecoveryError "conversion" where the two disagree."""
    image = _picture(HMR_CROP)
    with torch.device("meta"):  # the parameters take the place of new ones
        model = OriginalHmr() if form == ORIGINAL else SpinHmr()
    with torch.inference_mode():
        *_, last = _loaded(model, parameters)(image)
    pose = "axis_angle" if form == ORIGINAL else "rotation_6d"
    wanted = {pose: last.rotations, "betas": last.betas, "camera": last.camera}
    _compare(path, contents, "image", image, wanted)


def check_i2l_meshnet(
    path: Path, contents: bytes, kind: LixelKind, parameters: Parameters, joint_regressor: NDArray | None
) -> None:
    """As `check_hmr`."""
    vertex_count = len(parameters["mesh_net.conv_x.0.bias"])
    regressor = None if joint_regressor is None else torch.from_numpy(joint_regressor)
    with torch.device("meta"):
        model = I2LMeshNet(kind.joint_count, vertex_count, kind.turned_count, regressor)
    image = _picture(CROP).sigmoid()
    with torch.inference_mode():
        joints, vertices, rotations, betas = _loaded(model, parameters)(image)
    wanted = {"joints": joints.positions, "joint_spread": joints.spread}
    wanted |= {"vertices": vertices.positions, "vertex_spread": vertices.spread}
    if rotations is not None:
        wanted |= {"rotation_6d": rotations, "betas": betas}
    _compare(path, contents, "image", image, wanted)


def check_pose2mesh(path: Path, contents: bytes, graphs: MeshGraphs, parameters: Parameters) -> None:
    """As `check_hmr`."""
    pose = torch.randn(2, len(graphs.joints), 2, generator=torch.Generator().manual_seed(SEED))
    with torch.inference_mode():
        vertices, lifted = _loaded(Pose2Mesh(graphs), parameters)(pose)
    _compare(path, contents, "pose2d", pose, {"pose3d_mm": lifted, "cam_mesh": vertices})


def _picture(side: int) -> Tensor:
    """(1, 3, S, S) of coarse and fine noise, its mean 0 and its deviation about 1."""
    generator = torch.Generator().manual_seed(SEED)
    coarse = torch.randn(1, 3, side // 32, side // 32, generator=generator)
    coarse = nn.functional.interpolate(coarse, size=(side, side), mode="bicubic")
    return coarse + 0.3 * torch.randn(1, 3, side, side, generator=generator)


def _loaded(model: nn.Module, parameters: Parameters) -> nn.Module:
    """What is not used may be missing in the parameters."""
    state = {
        name: torch.from_numpy(np.require(value, requirements="W")) for name, value in parameters.items()
    }
    model.load_state_dict(state, strict=False, assign=True)
    return model.eval()


def _compare(path: Path, contents: bytes, given: str, value: Tensor, wanted: dict[str, Tensor]) -> None:
    session = start_session(lambda: contents, path.name, HINT, "cpu")
    outputs = session.run(list(wanted), {given: value.numpy()})
    made = {name: np.asarray(output) for name, output in zip(wanted, outputs, strict=True)}
    for name, values in made.items():
        if not np.isfinite(values).all() or np.abs(values).max() > LARGEST:
            message = f"What comes of {path} gives numbers of no use as its {name}; it was not kept."
            raise RecoveryError("conversion", message, HINT)
    for name, tensor in wanted.items():
        known, values = tensor.numpy(), DECODED.get(name, np.asarray)(made[name])
        off = np.abs(values - known).max()
        if not off <= TOLERANCE * max(1.0, np.abs(known).max()):
            message = f"As its {name} what comes of {path} gives what torch does not, by {off:.2g}; it was not kept."
            raise RecoveryError("conversion", message, HINT)
