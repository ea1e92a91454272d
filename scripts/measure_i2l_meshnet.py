#!/usr/bin/env python3
"""How long I2L-MeshNet's forms take for one crop, and how much memory: no checkpoint is needed, the weights are random.

    .venv/bin/python scripts/measure_i2l_meshnet.py [--threads 2] [--runs 20]

"drawn" is the authors' form in torch, which draws every joint into a volume; "separable" is the same without it, and
"onnx" what the program runs. Each is measured in a process of its own. Memory is what a run takes beside the weights,
at its peak; it is only known on Linux.
"""

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from human_mesh_recovery.inference_server.lixel_layout.kinds import BODY, CROP, GRID
from human_mesh_recovery.inference_server.networks.i2l_meshnet.model import I2LMeshNet
from human_mesh_recovery.inference_server.networks.i2l_meshnet.pose_features import SIGMA, Pose2Feat
from human_mesh_recovery.inference_server.weights.convert.i2l_meshnet_to_onnx import convert_i2l_meshnet
from human_mesh_recovery.inference_server.weights.sessions import start_session

FORMS = ("drawn", "separable", "onnx")
HIGHEST, FORGET_HIGHEST = "VmHWM:", "5"
"""The kernel's name of a process's largest memory, and what is written to start it anew."""


class DrawnPose2Feat(Pose2Feat):
    """The definition in the paper (Moon 2020)."""

    def forward(self, features: torch.Tensor, joints: torch.Tensor) -> torch.Tensor:
        places = torch.arange(GRID)
        z, y, x = torch.meshgrid(places, places, places, indexing="ij")
        away = [
            (axis - joints[:, :, number, None, None, None]) / SIGMA for number, axis in enumerate((x, y, z))
        ]
        volume = torch.exp(-(away[0] ** 2 + away[1] ** 2 + away[2] ** 2) / 2)
        return self.conv(torch.cat([features, volume.flatten(1, 2)], dim=1))


def main() -> int:
    """Prints a line a form; returns the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--form", choices=FORMS, help="measure one form, in this process")
    options = parser.parse_args()
    if not options.form:
        commands = [[sys.executable, __file__, *sys.argv[1:], "--form", form] for form in FORMS]
        return max(subprocess.run(command, check=False).returncode for command in commands)
    torch.set_num_threads(options.threads)
    run = prepare(options.form, options.threads)
    memory = peak_of(run)
    seconds = statistics.median(timed(run) for _ in range(options.runs))
    print(
        f"{options.form:10} {1000 * seconds:6.1f} ms   {memory / 1e6:6.0f} MB beside the weights", flush=True
    )
    return 0


def prepare(form: str, threads: int) -> Callable[[], object]:
    """The network, ready to look at one crop."""
    regressor = torch.rand(BODY.joint_count, BODY.vertex_count) / BODY.vertex_count
    model = I2LMeshNet(BODY.joint_count, BODY.vertex_count, BODY.turned_count, regressor).eval()
    image = torch.rand(1, 3, CROP, CROP)
    if form != "onnx":
        if form == "drawn":
            model.pose2feat.__class__ = DrawnPose2Feat
        return torch.inference_mode()(lambda: model(image))
    parameters = {name: value.numpy() for name, value in model.state_dict().items()}
    contents = convert_i2l_meshnet(parameters, regressor.numpy(), "a measurement")
    session = start_session(lambda: contents, form, "", "cpu", threads)
    return lambda: session.run(None, {"image": np.asarray(image)})


def timed(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def peak_of(run: Callable[[], object]) -> float:
    """Bytes that the second run takes at its peak over what was there before the first; NaN where it isn't told."""
    status, forget = Path("/proc/self/status"), Path("/proc/self/clear_refs")
    if not forget.exists():
        return float("nan")

    def highest() -> int:
        return (
            next(int(line.split()[1]) for line in status.read_text().splitlines() if HIGHEST in line) * 1024
        )

    forget.write_text(FORGET_HIGHEST)
    before = highest()
    run()
    forget.write_text(FORGET_HIGHEST)
    run()
    return highest() - before


if __name__ == "__main__":
    sys.exit(main())
