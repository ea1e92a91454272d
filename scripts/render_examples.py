#!/usr/bin/env python3
"""Makes the pictures in examples/ again, with their true poses: `python scripts/render_examples.py`.

Needs the extra `blender`. On two cores the still takes about a minute, the video about five to ten.

`python scripts/render_examples.py varied FOLDER MOTION.npz [--count 60]` renders small pictures of many poses instead,
for scripts/measure_keypoints.py.
"""

import argparse
from pathlib import Path

from examples import studio, varied
from human_mesh_recovery.inference_server.body.files import load_body

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
    many.add_argument("motion", type=Path, help="an .npz with poses (F, 24, 3), Y up")
    many.add_argument("--count", type=int, default=60)
    arguments = parser.parse_args()
    body = load_body("free")
    if arguments.kind == "varied":
        varied.take_varied(body, arguments.motion, arguments.folder, arguments.count)
    if arguments.kind in (None, "still"):
        studio.take_still(body, EXAMPLES)
    if arguments.kind in (None, "video"):
        studio.take_video(body, EXAMPLES)


if __name__ == "__main__":
    main()
