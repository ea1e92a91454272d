"""`recover-mesh evaluate RESULT REFERENCE`: how far a result is from the truth."""

import argparse
import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from ..errors import RecoveryError
from ..whole_file import whole_file
from . import metrics
from .references import NamedJoints, joints_of_motion, read_reference

LIMB_JOINTS = tuple(
    f"{side}_{joint}"
    for side in ("left", "right")
    for joint in ("hip", "knee", "ankle", "shoulder", "elbow", "wrist")
)
"""The 12 joints that every body model and every detector has, so that figures compare."""


@dataclass(frozen=True)
class Measured:
    """One result against one reference. Millimetres; PCK and AUC 0..1; accelerations in mm/frame^2.

    All but `mpjpe` and `pa_mpjpe` are relative to the root, the middle of the hips.
    """

    frames: int
    joints: tuple[str, ...]
    mpjpe: float
    root_aligned_mpjpe: float
    pa_mpjpe: float
    pck: float
    auc: float
    acceleration: float
    reference_acceleration: float
    acceleration_error: float


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `recover-mesh evaluate`."""
    parser.add_argument("result", type=Path, metavar="RESULT", help="a motion file (.npz)")
    parser.add_argument(
        "reference", type=Path, metavar="REFERENCE", help="another, or a multi-camera reference (.npz)"
    )
    parser.add_argument("--camera", type=int, metavar="N", help="of a multi-camera reference, from 1")
    parser.add_argument(
        "--joints",
        metavar="NAMES",
        default=",".join(LIMB_JOINTS),
        help='comma-separated names, or "all" (default: hips, knees, ankles, shoulders, elbows, wrists)',
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures here")


def run(arguments: argparse.Namespace) -> int:
    """Prints the measures, writes them where --json says, and returns the exit code 0."""
    result = joints_of_motion(arguments.result)
    reference = read_reference(arguments.reference, arguments.camera)
    shared = [name for name in result.names if name in reference.names]
    names = shared if arguments.joints == "all" else [name.strip() for name in arguments.joints.split(",")]
    unknown = [name for name in names if name not in shared]
    if unknown:
        raise RecoveryError(
            "joints", f"Not in both files: {', '.join(unknown)}.", f"Both have: {', '.join(shared)}."
        )
    measured = measure(result, reference, names)
    print(table(measured))
    if arguments.json:
        _write_json(measured, arguments.json)
    return 0


def measure(result: NamedJoints, reference: NamedJoints, names: list[str]) -> Measured:
    """Compares the joints `names` in the source frames that both sides have."""
    frames, ours, theirs = np.intersect1d(result.frames, reference.frames, return_indices=True)
    if not len(frames):
        raise RecoveryError(
            "no_common_frames",
            "The result and the reference have no source frame in common.",
            "Check that both come from the same video.",
        )
    estimated = result.joints[ours][:, [result.names.index(name) for name in names]]
    truth = reference.joints[theirs][:, [reference.names.index(name) for name in names]]
    estimated_relative = metrics.relative_to(estimated, _root(result)[ours])
    truth_relative = metrics.relative_to(truth, _root(reference)[theirs])
    return Measured(
        frames=len(frames),
        joints=tuple(names),
        mpjpe=metrics.mpjpe(estimated, truth),
        root_aligned_mpjpe=metrics.mpjpe(estimated_relative, truth_relative),
        pa_mpjpe=metrics.pa_mpjpe(estimated, truth),
        pck=metrics.pck(estimated_relative, truth_relative),
        auc=metrics.auc(estimated_relative, truth_relative),
        acceleration=metrics.acceleration(estimated_relative, frames),
        reference_acceleration=metrics.acceleration(truth_relative, frames),
        acceleration_error=metrics.acceleration_error(estimated_relative, truth_relative, frames),
    )


def table(measured: Measured) -> str:
    """The figures as text, one a line; a still has no accelerations."""
    lines = [
        f"{measured.frames} {'frame' if measured.frames == 1 else 'frames'}, {len(measured.joints)} joints",
        f"PA-MPJPE            {measured.pa_mpjpe:8.1f} mm (the pose, whatever its size and heading)",
        f"root-aligned MPJPE  {measured.root_aligned_mpjpe:8.1f} mm (the pose as the camera sees it)",
        f"MPJPE               {measured.mpjpe:8.1f} mm (with the distance to the camera, mostly a guess)",
        f"PCK at 150 mm       {100 * measured.pck:8.1f} %",
        f"AUC                 {100 * measured.auc:8.1f} %",
    ]
    if not math.isnan(measured.acceleration):
        lines += [
            f"acceleration        {measured.acceleration:8.2f} mm/frame^2"
            f" (reference {measured.reference_acceleration:.2f})",
            f"acceleration error  {measured.acceleration_error:8.2f} mm/frame^2",
        ]
    return "\n".join(lines)


def _root(named: NamedJoints) -> np.ndarray:
    """(F, 3) the middle of the hips: definitions of the pelvis differ by centimetres."""
    hips = [named.names.index(name) for name in ("left_hip", "right_hip") if name in named.names]
    if len(hips) != 2:
        raise RecoveryError("joints", "The reference has no hips to align the roots by.", "Use another.")
    return named.joints[:, hips].mean(axis=1)


def _write_json(measured: Measured, path: Path) -> None:
    """Figures that don't exist (an acceleration of two frames) become null."""
    values = {
        name: None if isinstance(value, float) and math.isnan(value) else value
        for name, value in asdict(measured).items()
    }
    with whole_file(path, "The figures") as temporary:
        temporary.write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")
