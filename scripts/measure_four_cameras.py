#!/usr/bin/env python3
"""Recovers a man whom four calibrated cameras filmed, each camera alone, and compares with the reference.

    .venv/bin/python scripts/measure_four_cameras.py [FOLDER]

FOLDER (by default ../shared/media/four_cameras beside the repository) holds cam01.mp4 .. cam04.mp4 and
reference.npz. Measured are 12 joints, with the focal length given and with it estimated.
"""

import json
import sys
import tempfile
from pathlib import Path

import numpy as np

from human_mesh_recovery.inference_server.cli import main as recover_mesh

FOLDER = Path(__file__).resolve().parents[2] / "shared" / "media" / "four_cameras"
FIGURES = {
    "pa_mpjpe": "PA-MPJPE mm",
    "root_aligned_mpjpe": "root-aligned MPJPE mm",
    "acceleration": "acceleration mm/frame^2",
}


def main() -> int:
    """Prints a Markdown table for each way; returns the exit code: a failing command's, else 0."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    if not (folder / "reference.npz").is_file():
        print(f"Not measured: {folder} holds no reference.npz.")
        return 0
    with np.load(folder / "reference.npz", allow_pickle=False) as reference:
        focal_lengths = reference["K"][:, 0, 0]
    for title, given in (("Focal length given", True), ("Focal length estimated", False)):
        rows = []
        for camera, focal_length in enumerate(focal_lengths, start=1):
            options = ["--focal", f"{focal_length:.2f}"] if given else []
            rows.append(_measure(folder, camera, options))
        print(f"\n{title}\n\n" + _table(rows), flush=True)
    return 0


def _measure(folder: Path, camera: int, options: list[str]) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as scratch:
        result, figures = Path(scratch, "result.npz"), Path(scratch, "figures.json")
        video, reference = folder / f"cam{camera:02}.mp4", folder / "reference.npz"
        _run("recover", str(video), "--output", str(result), "--people", "1", *options)
        _run("evaluate", str(result), str(reference), "--camera", str(camera), "--json", str(figures))
        return json.loads(figures.read_text(encoding="utf-8"))


def _run(*arguments: str) -> None:
    print(f"$ recover-mesh {' '.join(arguments)}", flush=True)
    code = recover_mesh(list(arguments))
    if code:
        sys.exit(code)


def _table(rows: list[dict[str, float]]) -> str:
    means = {name: float(np.mean([row[name] for row in rows])) for name in FIGURES}
    named = [(f"camera {number}", row) for number, row in enumerate(rows, start=1)] + [("mean", means)]
    lines = [f"| | {' | '.join(FIGURES.values())} |", "|---" * (len(FIGURES) + 1) + "|"]
    lines += [f"| {name} | {' | '.join(f'{row[key]:.1f}' for key in FIGURES)} |" for name, row in named]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
