"""Makes the pictures in examples/ again, with their true poses: `python scripts/render_examples.py`.

Needs the extra `blender`. The still takes about a minute, the video about ten, on two cores.
"""

import argparse
from pathlib import Path

from examples import studio

from human_mesh_recovery.inference_server.body.files import load_body

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("only", nargs="?", choices=["still", "video"], help="make just this one")
    arguments = parser.parse_args()
    body = load_body("free")
    if arguments.only != "video":
        studio.take_still(body, EXAMPLES)
    if arguments.only != "still":
        studio.take_video(body, EXAMPLES)


if __name__ == "__main__":
    main()
