#!/usr/bin/env python3
"""Measures where on the free body the networks put their keypoints, on pictures whose true poses are known.

    python scripts/measure_keypoints.py FOLDER OUT.json

FOLDER is what `render_examples.py varied` wrote. For each of the 25 keypoints the place on the resting body is
sought whose projection through the true pose and camera comes closest to the detections over all pictures: linear
least squares, reweighted so that misses do not count, left and right mirrored into one.
"""

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from human_mesh_recovery.inference_server.body import model, rotation
from human_mesh_recovery.inference_server.body.files import load_body
from human_mesh_recovery.inference_server.body.skeleton import JOINT_NAMES, KEYPOINT_NAMES
from human_mesh_recovery.inference_server.fitting.body_keypoints import attach_keypoints
from human_mesh_recovery.inference_server.motion import Motion, load_motion
from human_mesh_recovery.inference_server.people.crop import Picture
from human_mesh_recovery.inference_server.people.detect import detect_people
from human_mesh_recovery.inference_server.people.keypoints import box_region, estimate_anew
from human_mesh_recovery.inference_server.people.networks import Networks, load_networks

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
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args()
    networks = load_networks("cpu")
    sightings: dict[str, list[Sighting]] = {name: [] for name in KEYPOINT_NAMES}
    pictures = 0
    for path in sorted(arguments.folder.glob("*.png")):
        motion = load_motion(path.with_suffix(".npz"))
        keypoints = _detect(networks, path)
        if keypoints is None:
            print(f"{path.name}: nobody found")
            continue
        pictures += 1
        for name, sighting in _sightings(motion, keypoints).items():
            sightings[name].append(sighting)
    table = {}
    for name in KEYPOINT_NAMES:
        if not name.startswith("right_"):
            table |= _both_sides(name, sightings)
    arguments.out.write_text(json.dumps(table, indent=1))
    print(f"{pictures} pictures used")
    return 0


def _detect(networks: Networks, path: Path) -> Array | None:
    """(25, 3) keypoints of the person in the best box."""
    picture = Picture(cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB))
    boxes = detect_people(networks, picture, thorough=True)
    found = estimate_anew(networks, picture, box_region(boxes[0, :4])) if len(boxes) else None
    return None if found is None else found.keypoints


def _sightings(motion: Motion, keypoints: Array) -> dict[str, Sighting]:
    """A keypoint at rest place p (mean shape) lies at R (p + d - J) + P, where d moves it with the betas."""
    assert motion.camera is not None and motion.joints is not None
    body = load_body("free")
    attached = attach_keypoints(body, body)
    rest = model.rest_joints(body, motion.betas)
    turned, _ = model.forward_kinematics(rotation.axis_angle_to_matrix(motion.poses[0]), rest)
    turned = motion.camera.rotation @ turned
    rays = (keypoints[:, :2] - motion.camera.principal_point) / motion.camera.focal_length
    sightings = {}
    for index, name in enumerate(KEYPOINT_NAMES):
        if keypoints[index, 2] < LEAST_CONFIDENCE:
            continue
        joint = attached.joints[index]
        moved = attached.shape_directions[index] @ motion.betas - rest[joint]
        start = turned[joint] @ moved + motion.joints[0, joint]
        # x = X / Z, so X - x Z = 0, which is linear in the place
        project = np.array([[1, 0, -rays[index, 0]], [0, 1, -rays[index, 1]]])
        sightings[name] = Sighting(project @ turned[joint], -project @ start, float(keypoints[index, 2]))
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
