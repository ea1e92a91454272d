#!/usr/bin/env python3
"""Draws figures to try a training out on, a hundred a second: `python scripts/draw_figures.py FOLDER MOTION.npz`.

They look like nobody, and teach nothing of real pictures. `scripts/render_examples.py varied` renders some that do.
"""

import argparse
from pathlib import Path

from tqdm import tqdm

from human_mesh_recovery.inference_server.body.files import load_body
from human_mesh_recovery.inference_server.training.motions import load_motions, split
from human_mesh_recovery.inference_server.training.pictures.drawn import write_drawn


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="where to write them")
    parser.add_argument("motion", type=Path, help="an .npz with poses (N, 24, 3), Y up, and clip (N,)")
    parser.add_argument("--count", type=int, default=12000)
    parser.add_argument("--test", action="store_true", help="of the clips that nothing is learned from")
    arguments = parser.parse_args()
    learned, tested = split(load_motions(arguments.motion))
    motions, seed = (tested, 1) if arguments.test else (learned, 0)
    with tqdm(total=arguments.count, unit="figure") as bar:
        write_drawn(load_body("free"), motions, arguments.folder, arguments.count, seed, bar.update)


if __name__ == "__main__":
    main()
