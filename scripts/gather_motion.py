#!/usr/bin/env python3
"""Turns anybody's motion into one set to train on.

    .venv/bin/python scripts/gather_motion.py MOTION.npz FILES_OR_FOLDERS...

Takes AMASS's .npz (SMPL, SMPL-H, SMPL-X), this program's own results, .bvh files of any person's skeleton whose bones
bear usual names, CMU's .amc files with their .asf beside them, and sets that were gathered before. Folders are
searched through. Files that can't be read are named at the end and left out.
The set holds `poses (N, 24, 3)`, axis-angle in SMPL's order, Y up, at 30 frames a second, `clip (N,)` and `clip_names`.
What the motion may be used for is between you and its owner.
"""

import argparse
import sys
from pathlib import Path

from human_mesh_recovery.inference_server.errors import RecoveryError
from human_mesh_recovery.inference_server.training.motion_files.gather import gather, save


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("output", type=Path, metavar="MOTION.npz")
    parser.add_argument("sources", type=Path, nargs="+", metavar="FILE_OR_FOLDER")
    given = parser.parse_args(arguments)
    gathered = gather(given.sources)
    print(gathered.summary())
    try:
        save(gathered, given.output)
    except RecoveryError as error:
        print(f"gather_motion: {error}", file=sys.stderr)
        return 1
    print(f"{given.output}: {given.output.stat().st_size / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
