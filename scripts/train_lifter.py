#!/usr/bin/env python3
"""Trains the lifter that ships with the default method, from motion capture and rendered figures.

    .venv/bin/python scripts/render_examples.py varied RENDERED/learn MOTION.npz --count 5000
    .venv/bin/python scripts/render_examples.py varied RENDERED/test MOTION.npz --count 200 --test
    .venv/bin/python scripts/detect_rendered.py RENDERED/learn RENDERED/learn.npz
    .venv/bin/python scripts/detect_rendered.py RENDERED/test RENDERED/test.npz
    .venv/bin/python scripts/train_lifter.py MOTION.npz RENDERED WORK

Needs the extra `train`. Writes lifter.onnx and the training's curve to WORK; run again, it goes on from the last stage.
On two cores the pictures take an hour and a half, single frames 25 minutes and windows 8.
"""

import argparse
from pathlib import Path

import torch

from human_mesh_recovery.inference_server.training.lifter.to_onnx import lifter_to_onnx
from human_mesh_recovery.inference_server.training.lifter.train import Recipe, train

DESCRIPTION = (
    "From keypoints to a free body's pose, shape and camera. CC0. Trained on motion from mocap.cs.cmu.edu; that "
    "database was created with funding from NSF EIA-0196217."
)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("motion", type=Path)
    parser.add_argument("rendered", type=Path, help="the folder of learn.npz and test.npz")
    parser.add_argument("work", type=Path)
    parser.add_argument("--steps", type=int, default=11000, help="of single frames, 512 each")
    parser.add_argument("--window-steps", type=int, default=2200, help="of windows")
    parser.add_argument("--makers", type=int, default=1, help="processes that make samples")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="cpu")
    given = parser.parse_args()
    torch.set_num_threads(2)
    learned, tested = given.rendered / "learn.npz", given.rendered / "test.npz"
    recipe = Recipe(given.motion, learned, tested, given.steps, given.window_steps, given.makers, given.seed)
    lifter = train(recipe, given.work, given.device)
    network = given.work / "lifter.onnx"
    network.write_bytes(lifter_to_onnx(lifter, DESCRIPTION))
    print(f"{network}: {network.stat().st_size / 1e6:.1f} MB; it belongs in inference_server/lifting")


if __name__ == "__main__":
    main()
