#!/usr/bin/env python3
"""Measures what each part of the default method is worth, on footage whose truth is known.

    .venv/bin/python scripts/measure_lifter.py FOLDER...

A FOLDER is what `render_examples.py varied --test` or `clips` wrote, or that of the four calibrated cameras (cam01.mp4
.. cam04.mp4 and reference.npz). Focal lengths are given. The table's rows: BlazePose's own 3D with the bones of the
mean body; the lifter on 2D alone, with that 3D, and over time; and the whole solve.
"""

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from tqdm import tqdm

from human_mesh_recovery.inference_server.body.files import load_body
from human_mesh_recovery.inference_server.body.model import forward_kinematics, rest_joints
from human_mesh_recovery.inference_server.body.skeleton import JOINT_NAMES
from human_mesh_recovery.inference_server.evaluation.commands import LIMB_JOINTS, measure
from human_mesh_recovery.inference_server.evaluation.references import NamedJoints, read_reference
from human_mesh_recovery.inference_server.fitting.body_keypoints import attach_keypoints
from human_mesh_recovery.inference_server.fitting.initial import in_own_proportions, initial_state
from human_mesh_recovery.inference_server.fitting.observations import Observations, observe
from human_mesh_recovery.inference_server.lifting.lifter import lift
from human_mesh_recovery.inference_server.media import open_source
from human_mesh_recovery.inference_server.motion import load_motion
from human_mesh_recovery.inference_server.people.networks import load_networks
from human_mesh_recovery.inference_server.people.track_files import SeenPeople
from human_mesh_recovery.inference_server.pipeline import Settings, see_people
from human_mesh_recovery.inference_server.solve import Footage, SolveSettings, solve_people

FPS = 30.0
"""Of rendered clips."""
FIGURES = ("pa_mpjpe", "root_aligned_mpjpe", "acceleration")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", type=Path, nargs="+", metavar="FOLDER")
    networks = load_networks("cpu")
    for folder in parser.parse_args().folders:
        rows: dict[str, list[list[float]]] = {}
        sources = list(_sources(folder))
        for path, reference, focal_length in tqdm(sources, unit="source", desc=folder.name):
            seen = see_people(open_source(path, FPS), Settings(people=1), networks)
            for name, result in _results(seen, focal_length) if seen.tracks else ():
                measured = measure(result, reference, list(LIMB_JOINTS))
                rows.setdefault(name, []).append([getattr(measured, figure) for figure in FIGURES])
        print(f"\n{folder.name}: {len(next(iter(rows.values())))} of {len(sources)} sources\n")
        print("| | PA-MPJPE mm (median) | root-aligned MPJPE mm (median) | acceleration mm/frame^2 |")
        print("|---|---|---|---|")
        for name, figures in rows.items():
            mean, middle = np.mean(figures, axis=0), np.median(figures, axis=0)
            print(
                f"| {name} | {mean[0]:.1f} ({middle[0]:.1f}) | {mean[1]:.1f} ({middle[1]:.1f}) | {mean[2]:.1f} |"
            )


def _sources(folder: Path) -> Iterator[tuple[Path, NamedJoints, float]]:
    """Every source with its reference and its focal length in pixels."""
    if (folder / "reference.npz").is_file():
        with np.load(folder / "reference.npz", allow_pickle=False) as file:
            focal_lengths = file["K"][:, 0, 0]
        for camera, focal_length in enumerate(focal_lengths, start=1):
            reference = read_reference(folder / "reference.npz", camera)
            yield folder / f"cam{camera:02}.mp4", reference, float(focal_length)
        return
    for truth in sorted(folder.glob("*.npz")):
        camera = load_motion(truth).camera
        assert camera is not None
        pictures = truth.with_suffix("")
        source = pictures if pictures.is_dir() else truth.with_suffix(".jpg")
        yield source, read_reference(truth, None), camera.focal_length


def _results(seen: SeenPeople, focal_length: float) -> Iterator[tuple[str, NamedJoints]]:
    body = load_body("free")
    keypoints = attach_keypoints(body, body)
    track, footage = seen.tracks[0], Footage(seen.width, seen.height, seen.fps, seen.path)
    given = observe(
        track.keypoints,
        track.joints_3d,
        track.crop_centres,
        focal_length,
        footage.principal_point,
        seen.fps,
    )
    closed = initial_state(body, keypoints, in_own_proportions(body, keypoints, given))
    yield "BlazePose's 3D", _joints(track.frames, closed.rotations, closed.betas, closed.trans)
    for name, told in (
        ("lifter, 2D alone", replace(given, joints_3d=None, fps=0.0)),
        ("lifter, with that 3D", replace(given, fps=0.0)),
        ("lifter over time, 2D alone", replace(given, joints_3d=None)),
        ("lifter over time, with that 3D", given),
    ):
        if seen.fps > 0 or "time" not in name:
            yield name, _lifted(track.frames, told)
    motion = solve_people([track], footage, SolveSettings(focal_length=focal_length))[0]
    assert motion.joints is not None
    yield "the whole solve", NamedJoints(JOINT_NAMES, motion.frames, motion.joints.astype(np.float64))


def _lifted(frames: np.ndarray, given: Observations) -> NamedJoints:
    lifted = lift(given)
    return _joints(frames, lifted.rotations, lifted.betas, lifted.trans)


def _joints(frames: np.ndarray, rotations: np.ndarray, betas: np.ndarray, trans: np.ndarray) -> NamedJoints:
    _, joints = forward_kinematics(rotations, rest_joints(load_body("free"), betas))
    return NamedJoints(JOINT_NAMES, frames, joints + trans[:, None])


if __name__ == "__main__":
    main()
