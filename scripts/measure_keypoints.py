#!/usr/bin/env python3
"""Measures where on the free body the networks put their keypoints, on pictures whose true poses are known.

    .venv/bin/python scripts/measure_keypoints.py RENDERED.npz OUT.json

RENDERED.npz is what detect_rendered.py wrote. For each of the 25 keypoints the place on the resting body is
sought whose projection through the true pose and camera comes closest to the detections over all pictures: linear
least squares, reweighted so that misses do not count, left and right mirrored into one.
"""

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from human_mesh_recovery.inference_server.body import model
from human_mesh_recovery.inference_server.body.files import load_body
from human_mesh_recovery.inference_server.body.skeleton import JOINT_NAMES, KEYPOINT_NAMES
from human_mesh_recovery.inference_server.fitting.body_keypoints import attach_keypoints

Array = NDArray[np.float64]
MIRROR = np.array([-1.0, 1.0, 1.0])
OUTLIER = 0.03
"""Metres at the person's depth from which a detection counts less and less (Cauchy's weight)."""
LEAST_CONFIDENCE = 0.3
ROUNDS = 30


@dataclass(frozen=True)
class Sighting:
    """One keypoint detected in one picture: matrix (2, 3) @ place (3,) = target (2,) in metres at its depth."""

    matrix: Array
    target: Array
    weight: float


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("rendered", type=Path)
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args()
    with np.load(arguments.rendered, allow_pickle=False) as file:
        pictures = {name: file[name] for name in ("rays", "confidence", "rotations", "betas", "pelvis")}
    sightings: dict[str, list[Sighting]] = {name: [] for name in KEYPOINT_NAMES}
    for number in range(len(pictures["rays"])):
        picture = {name: values[number] for name, values in pictures.items()}
        for name, sighting in _sightings(**picture).items():
            sightings[name].append(sighting)
    table = {}
    for name in KEYPOINT_NAMES:
        if not name.startswith("right_"):
            table |= _both_sides(name, sightings)
    arguments.out.write_text(json.dumps(table, indent=1))
    print(f"{len(pictures['rays'])} pictures used")
    return 0


def _sightings(
    rays: Array, confidence: Array, rotations: Array, betas: Array, pelvis: Array
) -> dict[str, Sighting]:
    """A keypoint at rest place p (mean shape) lies at R (p + d - J) + P, where d moves it with the betas."""
    body = load_body("free")
    attached = attach_keypoints(body, body)
    rest = model.rest_joints(body, betas)
    turned, joints = model.forward_kinematics(rotations, rest)
    joints = joints - joints[0] + pelvis
    sightings = {}
    for index, name in enumerate(KEYPOINT_NAMES):
        if confidence[index] < LEAST_CONFIDENCE:
            continue
        joint = attached.joints[index]
        moved = attached.shape_directions[index] @ betas - rest[joint]
        start = turned[joint] @ moved + joints[joint]
        # x = X / Z, so X - x Z = 0, which is linear in the place
        project = np.array([[1, 0, -rays[index, 0]], [0, 1, -rays[index, 1]]])
        sightings[name] = Sighting(project @ turned[joint], -project @ start, float(confidence[index]))
    return sightings


def _both_sides(name: str, sightings: dict[str, list[Sighting]]) -> dict[str, dict]:
    """The table's entries of a keypoint and of its twin."""
    twin = name.replace("left_", "right_")
    left, right = sightings[name], sightings[twin] if twin != name else []
    matrices = np.array([s.matrix for s in left] + [s.matrix * MIRROR for s in right])
    targets = np.array([s.target for s in left + right])
    weights = np.array([s.weight for s in left + right])
    # the nose lies in the middle
    free = np.eye(3) if twin != name else np.eye(3)[:, 1:]
    place, residuals = _robust_fit(matrices @ free, targets, weights)
    place = free @ place
    entries = {}
    for side, position in ((name, place), (twin, place * MIRROR)):
        index = KEYPOINT_NAMES.index(side)
        body = load_body("free")
        joint = int(attach_keypoints(body, body).joints[index])
        entries[side] = {
            "parent": JOINT_NAMES[joint],
            "position": _rounded(position),
            "offset": _rounded(position - body.joint_template[joint]),
            "spread": round(float(np.median(residuals)), 4),
            "sightings": len(weights),
        }
    print(name, entries[name])
    return entries


def _rounded(position: Array) -> list[float]:
    """Tenths of a millimetre; adding 0 turns -0.0 into 0.0."""
    return [round(float(value), 4) + 0.0 for value in position]


def _robust_fit(matrices: Array, targets: Array, weights: Array) -> tuple[Array, Array]:
    """(K, 2, N), (K, 2), (K,) -> the place (N,), and (K,) how many metres it misses each target by."""
    robust = np.ones(len(weights))
    place = np.zeros(matrices.shape[2])
    for _ in range(ROUNDS):
        scale = np.sqrt(weights * robust)[:, None]
        rows = (matrices * scale[..., None]).reshape(-1, matrices.shape[2])
        place = np.linalg.lstsq(rows, (targets * scale).ravel(), rcond=None)[0]
        residuals = np.linalg.norm(matrices @ place - targets, axis=1)
        robust = 1 / (1 + (residuals / OUTLIER) ** 2)
    return place, residuals


if __name__ == "__main__":
    sys.exit(main())
