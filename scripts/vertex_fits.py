#!/usr/bin/env python3
"""From meshes to poses: how long a frame takes and how near the body comes, beside the package `smplfitter`.

    .venv/bin/python scripts/vertex_fits.py [--frames 64]

The targets are the free body in random poses, as they are and with noise. `smplfitter` 0.6.0 (MIT) is measured where
it can be imported; the project does not need it. Times are of one thread, without what other programs take.
"""

import argparse
import importlib
import importlib.util
import pickle
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from human_mesh_recovery.inference_server.body.files import load_body
from human_mesh_recovery.inference_server.body.model import Body, pose_body
from human_mesh_recovery.inference_server.body.rotation import axis_angle_to_matrix, matrix_to_axis_angle
from human_mesh_recovery.inference_server.body.skeleton import PARENTS
from human_mesh_recovery.inference_server.fitting.vertices import fit_vertices

SIZE = 0.3
"""Radians, normal, by which every joint is turned about each axis."""
NOISES = (0.0, 0.01)
"""Metres, normal, on every coordinate."""
ITERATIONS = (1, 3)
"""smplfitter's default, and what came nearest here; its other regularisers and shared betas came no nearer."""
ROUNDS = 3

Posed = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Poses (F, 24, 3), betas (10,) or (F, 10), and translations (F, 3)."""


@dataclass(frozen=True)
class Fitter:
    name: str
    fit: Callable[[np.ndarray], Posed]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--frames", type=int, default=64)
    arguments = parser.parse_args()
    with threadpool_limits(1):
        print(report(arguments.frames))


def report(frames: int) -> str:
    """The figures as Markdown."""
    body = load_body("free")
    generator = np.random.default_rng(0)
    poses = SIZE * generator.normal(size=(frames, 24, 3))
    truth = pose_body(body, poses, generator.normal(size=10), generator.normal(size=(frames, 3)))[0]
    lines = [
        f"{frames} meshes of the free body, joints turned by {SIZE} rad; the best of {ROUNDS} rounds, one thread:",
        "",
        "| noise, mm | fit | ms a frame | vertices off, mm | joints off, degrees |",
        "|---|---|---|---|---|",
    ]
    with _others(body) as others:
        for noise in NOISES:
            seen = truth + noise * generator.normal(size=truth.shape)
            for fitter in [Fitter("this project", lambda mesh: _ours(body, mesh)), *others]:
                seconds, found = _timed(fitter, seen)
                off = np.linalg.norm(pose_body(body, *found)[0] - truth, axis=2).mean()
                between = axis_angle_to_matrix(found[0]).swapaxes(2, 3) @ axis_angle_to_matrix(poses)
                turned = np.linalg.norm(matrix_to_axis_angle(between), axis=2).mean()
                lines.append(
                    f"| {1000 * noise:.0f} | {fitter.name} | {1000 * seconds / frames:.1f} | {1000 * off:.3f} | "
                    f"{np.degrees(turned):.2f} |"
                )
        if not others:
            lines.append("\nsmplfitter is not installed, so it was not measured beside ours.")
    return "\n".join(lines) + "\n"


def _timed(fitter: Fitter, seen: np.ndarray) -> tuple[float, Posed]:
    found = fitter.fit(seen[:1])
    seconds = []
    for _ in range(ROUNDS):
        start = time.process_time()
        found = fitter.fit(seen)
        seconds.append(time.process_time() - start)
    return min(seconds), found


def _ours(body: Body, seen: np.ndarray) -> Posed:
    fitted = fit_vertices(body, seen)
    return matrix_to_axis_angle(fitted.rotations), fitted.betas, fitted.trans


@contextmanager
def _others(body: Body) -> Iterator[list[Fitter]]:
    """smplfitter by its torch, or else by its numpy; the body lies where it looks for SMPL meanwhile."""
    if importlib.util.find_spec("smplfitter") is None:
        yield []
        return
    with tempfile.TemporaryDirectory() as folder:
        _write_body(body, Path(folder))
        backend = "pt" if importlib.util.find_spec("torch") else "np"
        library = importlib.import_module(f"smplfitter.{backend}")
        fitter = library.BodyFitter(library.BodyModel("smpl", "neutral", model_root=folder))
        yield [
            Fitter(
                f"smplfitter ({backend}), {count} iteration{'s' * (count > 1)}",
                _their_fit(fitter, backend, count),
            )
            for count in ITERATIONS
        ]


def _their_fit(fitter, backend: str, iterations: int) -> Callable[[np.ndarray], Posed]:
    keys = ["pose_rotvecs", "shape_betas", "trans"]
    options = {"num_iter": iterations, "requested_keys": keys}

    def fit(seen: np.ndarray) -> Posed:
        mesh = seen.astype(np.float32)
        if backend == "pt":
            torch = importlib.import_module("torch")
            torch.set_num_threads(1)
            with torch.inference_mode():
                found = fitter.fit(torch.from_numpy(mesh), **options)
            found = {key: value.numpy() for key, value in found.items()}
        else:
            found = fitter.fit(mesh, **options)
        poses, betas, trans = (found[key].astype(np.float64) for key in keys)
        return poses.reshape(-1, 24, 3), betas, trans

    return fit


def _write_body(body: Body, folder: Path) -> None:
    """As SMPL's owner names the file and its arrays."""
    parents = np.where(PARENTS < 0, 2**32 - 1, PARENTS).astype(np.uint32)
    blank = np.zeros((*body.template.shape, 207))
    content = {
        "v_template": body.template,
        "f": body.faces.astype(np.uint32),
        "shapedirs": body.shape_directions,
        "posedirs": blank if body.pose_directions is None else body.pose_directions,
        "J_regressor": body.joint_regressor,
        "weights": body.weights,
        "kintree_table": np.stack([parents, np.arange(24, dtype=np.uint32)]),
    }
    with open(folder / "basicmodel_neutral_lbs_10_207_0_v1.1.0.pkl", "wb") as file:
        pickle.dump(content, file)
    np.save(folder / "kid_template.npy", np.zeros_like(body.template))


if __name__ == "__main__":
    main()
