#!/usr/bin/env python3
"""How long HMR takes a person and frame, and what cropping, decoding and the camera add to its network.

    .venv/bin/python scripts/measure_hmr.py [--threads 2] [--runs 15]

No checkpoint is needed: the weights are random. What is added is timed in the same runs as the network, and one by
one and several together in turn; medians are told. A busy machine still blurs how these two compare: a longer run
waits longer for a core.
"""

import argparse
import sys
import time
from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np
from onnxruntime import InferenceSession

from human_mesh_recovery.inference_server.hmr_layout import ORIGINAL, SMPL, SPIN
from human_mesh_recovery.inference_server.methods.hmr import method, network
from human_mesh_recovery.inference_server.methods.hmr.crops import cut
from human_mesh_recovery.inference_server.methods.method import Running
from human_mesh_recovery.inference_server.weights.convert.hmr_shapes import original_shapes, spin_shapes
from human_mesh_recovery.inference_server.weights.convert.hmr_to_onnx import convert_original, convert_spin
from human_mesh_recovery.inference_server.weights.sessions import start_session

FORMS = {ORIGINAL: (original_shapes, convert_original), SPIN: (spin_shapes, convert_spin)}
TOGETHER = 8
FRAME = (1080, 1920)
PERSON = (800.0, 200.0, 1100.0, 900.0)
"""Left, top, right and bottom of the person in the frame, pixels."""


def main() -> int:
    """Prints a table; returns the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--runs", type=int, default=15)
    options = parser.parse_args()
    cv2.setNumThreads(options.threads)
    print(f"HMR, one person in {FRAME[1]} x {FRAME[0]} pixels, {options.threads} CPU threads; ms a person:\n")
    print(
        f"| form | network | with crop, decoding, camera | added | network, {TOGETHER} together | with the rest "
        "| added | of the time one by one |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for form in FORMS:
        print(_row(form, options.threads, options.runs), flush=True)
    return 0


def _row(form: str, threads: int, runs: int) -> str:
    shapes, convert = FORMS[form]
    contents = convert(random_parameters(shapes()), "a measurement")
    session = Timed(start_session(lambda: contents, form, "", "cpu", threads))
    loaded = network.Network(session, form, SMPL)  # pyright: ignore[reportArgumentType]: it runs as a session does
    generator = np.random.default_rng(0)
    frame = generator.integers(0, 255, (*FRAME, 3), dtype=np.uint8)
    points = np.array(PERSON[:2]) + generator.random((25, 2)) * (np.array(PERSON[2:]) - PERSON[:2])
    keypoints = np.column_stack([points, np.ones(25)])

    def look(count: int) -> tuple[float, float]:
        """Seconds of all, and of the network therein, a person."""
        session.seconds, start = 0.0, time.perf_counter()
        crops = [cut(form, frame, keypoints) for _ in range(count)]
        method.look(loaded, Running(), crops)
        return (time.perf_counter() - start) / count, session.seconds / count

    rounds = np.array([[look(1), look(TOGETHER)] for _ in range(runs + 1)])[1:]  # (runs, 2, 2)
    added = np.median(rounds[..., 0] / rounds[..., 1] - 1, axis=0)
    whole, alone = 1000 * np.median(rounds, axis=0).T
    faster = np.median(rounds[:, 1, 0] / rounds[:, 0, 0])
    return (
        f"| {form} | {alone[0]:.1f} | {whole[0]:.1f} | {added[0]:.1%} | {alone[1]:.1f} | {whole[1]:.1f} | "
        f"{added[1]:.1%} | {faster:.2f} |"
    )


class Timed:
    """A session that remembers how long its runs took."""

    def __init__(self, session: InferenceSession) -> None:
        self.session = session
        self.seconds = 0.0

    def run(self, *arguments: Any) -> Any:
        start = time.perf_counter()
        outputs = self.session.run(*arguments)
        self.seconds += time.perf_counter() - start
        return outputs


def random_parameters(shapes: Mapping[str, tuple[int, ...]]) -> dict[str, np.ndarray]:
    """Such that the features neither vanish nor explode."""
    generator, parameters = np.random.default_rng(0), {}
    for name, shape in shapes.items():
        if len(shape) > 1 and shape[0] > 1:
            scale = np.sqrt(2 / np.prod(shape[1:])) * (0.3 if "conv3" in name else 1.0)
            values = generator.standard_normal(shape, dtype=np.float32) * np.float32(scale)
        else:
            values = np.full(shape, name.endswith("var") or "norm" in name or "bn" in name, np.float32)
        parameters[name] = values
    return (
        parameters | {"init_cam": np.array([[0.9, 0, 0]], np.float32)} if "init_cam" in shapes else parameters
    )


if __name__ == "__main__":
    sys.exit(main())
