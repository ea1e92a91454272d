"""What `recover-mesh evaluate-set` does: recovers the people of a set, and tells how far they are from the truth."""

import argparse
import json
from typing import Any

from tqdm import tqdm

from ..people.networks import load_networks
from ..pipeline import Settings, check_solve_settings
from ..solve import SolveSettings
from ..whole_file import whole_file
from .joints_14 import read_regressor
from .picture_sets import PICTURE_SETS
from .recovering import recover_person
from .set_measures import SetMeasures, measure_set


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
