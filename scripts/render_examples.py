#!/usr/bin/env python3
"""Makes the pictures in examples/ again, with their true poses: `python scripts/render_examples.py`.

Needs the extra `blender`. On two cores the still takes about a minute, the video about five to ten.

`python scripts/render_examples.py varied FOLDER MOTION.npz [--count 1200] [--test]` renders small pictures of many
poses instead, on which the keypoint networks are measured; about a second each. `clips FOLDER MOTION.npz` renders short
videos in the same way.
"""

import argparse
from pathlib import Path

from examples import clips, studio, varied
from human_mesh_recovery.inference_server.body.files import load_body
from human_mesh_recovery.inference_server.training.motions import load_motions, split

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    kinds = parser.add_subparsers(dest="kind")
    kinds.add_parser("still", help="only examples/still.jpg and still.npz")
    kinds.add_parser("video", help="only examples/walk.mp4 and walk.npz")
    many = kinds.add_parser("varied", help="many small pictures to measure the keypoint networks with")
    many.add_argument("folder", type=Path, help="where to write them")
    many.add_argument("motion", type=Path, help="an .npz with poses (N, 24, 3), Y up, and clip (N,)")
    many.add_argument("--count", type=int, default=1200)
    many.add_argument("--test", action="store_true", help="of the clips that nothing is learned from")
    films = kinds.add_parser("clips", help="short videos of the clips that nothing is learned from")
    films.add_argument("folder", type=Path, help="where to write them")
    films.add_argument("motion", type=Path, help="an .npz with poses (N, 24, 3), Y up, and clip (N,)")
    films.add_argument("--count", type=int, default=8)
    arguments = parser.parse_args()
    body = load_body("free")
    if arguments.kind == "varied":
        learned, tested = split(load_motions(arguments.motion))
        motions, seed = (tested, 1) if arguments.test else (learned, 0)
        varied.take_varied(body, motions, arguments.folder, arguments.count, seed)
    if arguments.kind == "clips":
        tested = split(load_motions(arguments.motion))[1]
        clips.take_clips(body, tested, arguments.folder, arguments.count, 2)
    if arguments.kind in (None, "still"):
        studio.take_still(body, EXAMPLES)
    if arguments.kind in (None, "video"):
        studio.take_video(body, EXAMPLES)


if __name__ == "__main__":
    main()
