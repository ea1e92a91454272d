"""`recover-mesh evaluate-set SET FOLDER`: how far a method is from the truth over a set of pictures."""

import argparse
import json
from pathlib import Path
from typing import Any

from tqdm import tqdm

from ..argument_types import count
from ..methods.catalogue import CATALOGUE, DEFAULT_METHOD
from ..people.networks import load_networks
from ..pipeline import Settings, check_solve_settings
from ..solve import SolveSettings
from ..whole_file import whole_file
from .joints_14 import read_regressor
from .picture_sets import PICTURE_SETS
from .recovering import recover_person
from .set_measures import SetMeasures, measure_set

SETS = "SET and what has to be in its FOLDER:\n" + "\n".join(
    f"  {name:13} {entry.label}: {entry.needs}" for name, entry in PICTURE_SETS.items()
)
NOTES = """
The person of every picture is looked for in the box that the set gives, as the papers have it; keypoints and all that
follows are the program's own. Human3.6M is measured by both protocols: over all cameras, and over the frontal one.
The joints are the 14 of Leeds Sports Pose. The papers take SMPL's by Human3.6M's regressor (--regressor); without it
they are the body's own, and lie up to centimetres from where a set has them. The sets' licences are between you and
their owners.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `recover-mesh evaluate-set`."""
    parser.epilog, parser.formatter_class = SETS + NOTES, argparse.RawDescriptionHelpFormatter
    parser.add_argument("set", choices=PICTURE_SETS, metavar="SET", help=", ".join(PICTURE_SETS))
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="where the set is")
    parser.add_argument("--method", default=DEFAULT_METHOD, choices=CATALOGUE, help="default: %(default)s")
    parser.add_argument(
        "--body",
        default="free",
        metavar="free|FILE",
        help="the free body, or your SMPL file: of a network, the one it was made for (default: free)",
    )
    parser.add_argument(
        "--regressor",
        type=Path,
        metavar="FILE",
        help="J_regressor_h36m.npy, for SMPL's joints as the papers take them",
    )
    parser.add_argument(
        "--every",
        type=count,
        metavar="N",
        help="one of so many people (default: 64 of Human3.6M's, else all)",
    )
    parser.add_argument("--device", default="auto", help="where networks run (default: auto)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures here")


def run(arguments: argparse.Namespace) -> int:
    """Prints the measures, writes them where --json says, and returns the exit code 0. Raises RecoveryError."""
    solve = SolveSettings(arguments.method, arguments.body, device=arguments.device)
    settings = Settings(solve, device=arguments.device)
    check_solve_settings(solve)
    regressor = read_regressor(arguments.regressor.expanduser()) if arguments.regressor else None
    entry = PICTURE_SETS[arguments.set]
    subjects = entry.read(arguments.folder.expanduser())[:: arguments.every or entry.every]
    networks = load_networks(arguments.device)
    shown = tqdm(subjects, unit="person")
    measured = measure_set(shown, lambda each: recover_person(each.person, settings, networks), regressor)
    print(table(measured, entry.label))
    if arguments.json:
        with whole_file(arguments.json, "The figures") as temporary:
            temporary.write_text(json.dumps(figures(measured), indent=2) + "\n", encoding="utf-8")
    return 0


def table(measured: SetMeasures, label: str) -> str:
    """The figures as text, one a line."""
    lines = [f"{measured.people} people of {label}; {len(measured.failed)} not recovered"]
    for (part, kind), errors in measured.joints.items():
        means = errors.means()
        if not means:
            continue
        lines += [
            f"{part or 'all'}, {kind}: {len(errors.mpjpe)} people",
            f"  MPJPE     {means['mpjpe']:8.1f} mm (hips together)",
            f"  PA-MPJPE  {means['pa_mpjpe']:8.1f} mm (the pose, whatever its size and heading)",
            f"  PCK@150   {100 * means['pck']:8.1f} %, aligned {100 * means['aligned_pck']:.1f} %",
            f"  AUC       {100 * means['auc']:8.1f} %, aligned {100 * means['aligned_auc']:.1f} %",
        ]
    for name, agreement in (("silhouette", measured.silhouette), ("six parts", measured.parts)):
        if agreement is not None:
            lines.append(f"{name}: accuracy {100 * agreement.accuracy:.2f} %, F1 {agreement.f1:.4f}")
    return "\n".join(lines + measured.failed)


def figures(measured: SetMeasures) -> dict[str, Any]:
    """As they are written to a file."""
    joints = [
        {"part": part or "all", "kind": kind, "people": len(errors.mpjpe), **errors.means()}
        for (part, kind), errors in measured.joints.items()
    ]
    areas = {
        name: {"accuracy": agreement.accuracy, "f1": agreement.f1}
        for name, agreement in (("silhouette", measured.silhouette), ("parts", measured.parts))
        if agreement is not None
    }
    return {"people": measured.people, "failed": measured.failed, "joints": joints, **areas}
