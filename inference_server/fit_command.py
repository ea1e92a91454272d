"""`recover-mesh fit MESHES... --output OUT`: meshes of a body, in any pose, to a rigged and animated one."""

import argparse
import sys
from pathlib import Path
from typing import Final

import numpy as np
from tqdm import tqdm

from . import outputs
from .argument_types import positive, rate
from .body.axes import Y_UP_TO_Z_UP
from .body.files import load_body
from .body.model import JOINT_COUNT, Body, rest_joints
from .body.rotation import matrix_to_axis_angle
from .errors import RecoveryError
from .fitting.joints import NOISE, fit_joints
from .fitting.mesh_scale import UNITS, mesh_scale
from .fitting.vertices import FittedVertices, fit_vertices
from .media import FOLDER_FPS
from .mesh_files import read_meshes
from .motion import Motion
from .targets import plan

TO_WORLD: Final = {
    "y": Y_UP_TO_Z_UP,
    "z": np.eye(3),
    "camera": np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]]),
}
"""By --up: from the meshes' axes to the world's, Z up. A camera's y points down, and its z away from it."""
KNOWN_COUNTS: Final = {
    6890: ("SMPL", "Name your SMPL file with --body."),
    10475: ("SMPL-X", "SMPL-X is not supported: convert the meshes to SMPL, and name its file with --body."),
    778: ("MANO, a hand", "Hands alone are not supported."),
    5023: ("FLAME, a head", "Heads alone are not supported."),
    3889: ("SMAL, an animal", "Animals are not supported."),
}
"""Number of vertices -> whose mesh it is, and what to do."""
FAR: Final = 0.03
"""Metres: a residual that no noise explains."""


def add_arguments(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the `fit` command to the program's commands; `run` does it."""
    parser = subparsers.add_parser("fit", help="meshes of a body, frame by frame, to its rig and motion")
    parser.add_argument(
        "meshes", nargs="+", type=Path, metavar="MESHES",
        help=".obj files in their order, a folder of them, or a .npy or .npz file of frames x vertices x 3 "
        f"(frames x {JOINT_COUNT} x 3: the body's joints)",
    )  # fmt: skip
    parser.add_argument(
        "--output", "-o", required=True, type=Path, action="append", metavar="OUT",
        help=".blend, .glb, .fbx, .bvh or .npz; may be given several times",
    )  # fmt: skip
    parser.add_argument(
        "--body",
        default="free",
        metavar="free|FILE",
        help="whose mesh it is: the free body, or your SMPL file",
    )
    parser.add_argument(
        "--fps",
        type=rate,
        default=FOLDER_FPS,
        metavar="R",
        help="the meshes' frame rate (default: %(default)g)",
    )
    parser.add_argument(
        "--up", default="y", choices=TO_WORLD,
        help="the meshes' axis that points up (default: y); camera: y points down and z away",
    )  # fmt: skip
    parser.add_argument(
        "--noise", type=positive, metavar="MM",
        help="by how much the meshes' coordinates are off, in millimetres, as a network's are",
    )  # fmt: skip
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Does what the parsed arguments say; returns the exit code. Raises RecoveryError."""
    target = plan(options.meshes[:1], options.output, None, options.body)[0]
    body = load_body(options.body)
    points = read_meshes(options.meshes)
    fitted = _fit(body, points, options.noise and options.noise / 1000)
    motion = to_motion(body, fitted, TO_WORLD[options.up], options.fps)
    motion.body = options.body
    motion.source = str(options.meshes[0].resolve())
    outputs.write_all([motion], target.outputs, None)
    _report(fitted)
    return 0


def to_motion(body: Body, fitted: FittedVertices, to_world: np.ndarray, fps: float) -> Motion:
    """The fitted body in the world; `to_world` (3, 3) turns the meshes' axes into the world's."""
    rotations = fitted.rotations.copy()
    rotations[:, 0] = to_world @ rotations[:, 0]
    pelvis = rest_joints(body, fitted.betas)[0]  # which the root turns about
    return Motion(
        poses=matrix_to_axis_angle(rotations).astype(np.float32),
        betas=fitted.betas.astype(np.float32),
        trans=((fitted.trans + pelvis) @ to_world.T - pelvis).astype(np.float32),
        fps=fps,
        frames=np.arange(len(rotations)),
    )


def _fit(body: Body, points: np.ndarray, noise: float | None) -> FittedVertices:
    count = points.shape[1]
    if count == JOINT_COUNT:
        return fit_joints(body, points, noise=noise or NOISE)
    _check_count(body, count)
    scale = mesh_scale(body, points)
    if not scale.unit:
        print(
            f"Note: the meshes are {1 / scale.factor:.3g} times as large as the body in metres; they were scaled to "
            f"it, so the result is as large as the mean person.",
            file=sys.stderr,
        )
    elif scale.factor != UNITS["metres"]:
        print(f"The meshes are in {scale.unit}; the result is in metres.", file=sys.stderr)
    with tqdm(total=len(points), desc="fitting the body", unit="frame", disable=None) as bar:

        def show(done: int) -> None:
            bar.update(done - bar.n)

        return fit_vertices(body, points * scale.factor, noise=noise or 0.0, on_frames=show)


def _check_count(body: Body, count: int) -> None:
    """Raises RecoveryError "vertices" where the meshes are another body's."""
    if count == len(body.template):
        return
    whose, hint = KNOWN_COUNTS.get(count, ("", ""))
    if count == len(load_body("free").template):
        whose, hint = "the free body", "Leave --body out."
    message = f"The meshes have {count} vertices, and the body '{body.name}' has {len(body.template)}"
    raise RecoveryError(
        "vertices",
        f"{message}: they look like {whose}." if whose else f"{message}.",
        hint or "The meshes must be a body's own, vertex for vertex: name that body's file with --body.",
    )


def _report(fitted: FittedVertices) -> None:
    """What an artist would check first."""
    residual = 1000 * fitted.residual
    worst = int(residual.argmax())
    print(
        f"{len(residual)} {'frame' if len(residual) == 1 else 'frames'}; the body lies {residual.mean():.2f} mm from "
        f"the meshes on average, {residual[worst]:.2f} mm in frame {worst}.",
        file=sys.stderr,
    )
    if fitted.residual.mean() > FAR:
        print(
            "Note: that is far. The meshes may be mirrored, or of another body that has as many vertices, or have "
            "been exported with their vertices in another order.",
            file=sys.stderr,
        )
