#!/usr/bin/env python3
"""Runs the keypoint networks over rendered figures and keeps what they saw beside the truth.

    .venv/bin/python scripts/detect_rendered.py FOLDER... OUT.npz

Each FOLDER is what `render_examples.py varied` wrote. The lifter's training makes its errors from OUT.npz, and
measure_keypoints.py finds from it where on the body the networks put their points.
"""

import argparse
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from human_mesh_recovery.inference_server.body.files import load_body
from human_mesh_recovery.inference_server.body.rotation import axis_angle_to_matrix
from human_mesh_recovery.inference_server.fitting.body_keypoints import BodyKeypoints, attach_keypoints
from human_mesh_recovery.inference_server.fitting.kinematics import keypoint_positions
from human_mesh_recovery.inference_server.fitting.observations import observe
from human_mesh_recovery.inference_server.motion import Motion, load_motion
from human_mesh_recovery.inference_server.people.crop import Picture
from human_mesh_recovery.inference_server.people.detect import detect_people
from human_mesh_recovery.inference_server.people.keypoints import (
    PoseObservation,
    box_region,
    estimate_anew,
)
from human_mesh_recovery.inference_server.people.networks import Networks, load_networks

FAR_OFF = 0.25
"""Of the person's size: where the typical keypoint is farther away than this, somebody else was found, or something."""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", type=Path, nargs="+", metavar="FOLDER")
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args()
    networks = load_networks("cpu", threads=1)
    free = load_body("free")
    keypoints = attach_keypoints(free, free)
    kept: dict[str, list[NDArray]] = {}
    paths = [path for folder in arguments.folders for path in sorted(folder.glob("*.npz"))]
    for path in tqdm(paths, unit="picture"):
        found = _detect(networks, path.with_suffix(".jpg"))
        entry = None if found is None else _compare(keypoints, load_motion(path), found)
        for name, value in (entry or {}).items():
            kept.setdefault(name, []).append(value)
    np.savez_compressed(arguments.out, **{name: np.array(values) for name, values in kept.items()})
    print(f"{len(kept['rays'])} of {len(paths)} pictures: in the others the person was not found")


def _detect(networks: Networks, path: Path) -> PoseObservation | None:
    """The person in the best box of the picture as a camera might have taken it."""
    image = _as_filmed(cv2.imread(str(path)), np.random.default_rng(int(path.stem)))
    picture = Picture(cv2.cvtColor(image, cv2.COLOR_BGR2RGB))
    boxes = detect_people(networks, picture, thorough=True)
    return estimate_anew(networks, picture, box_region(boxes[0, :4])) if len(boxes) else None


def _as_filmed(image: NDArray, random: np.random.Generator) -> NDArray:
    """(H, W, 3) uint8 darker or lighter, out of focus or moved, grainy, and compressed: each by chance, all mildly."""
    bright = 255 * (image / 255.0) ** np.exp(random.normal(0, 0.35))
    if random.random() < 0.3:
        bright = cv2.GaussianBlur(bright, (0, 0), random.uniform(0.4, 1.6))
    elif random.random() < 0.4:
        length = int(random.integers(3, 10))
        streak = np.zeros((length, length))
        cv2.line(streak, (0, int(random.integers(length))), (length - 1, int(random.integers(length))), [1.0])
        bright = cv2.filter2D(bright, -1, streak / streak.sum())
    grainy = bright + random.normal(0, 1, image.shape) * random.choice([0, 3, 8])
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(random.integers(25, 96))]
    _, packed = cv2.imencode(".jpg", np.clip(grainy, 0, 255).astype(np.uint8), quality)
    return cv2.imdecode(packed, cv2.IMREAD_COLOR)


def _compare(keypoints: BodyKeypoints, motion: Motion, found: PoseObservation) -> dict[str, NDArray] | None:
    """In the camera's axes: what was seen, the true pose, and where the pelvis is; None if it is somebody else."""
    camera, body = motion.camera, load_body("free")
    assert camera is not None and motion.joints is not None
    rotations = axis_angle_to_matrix(motion.poses)
    betas = motion.betas.astype(np.float64)
    places = camera.to_camera(keypoint_positions(body, keypoints, rotations, betas, motion.trans))
    seen = observe(
        found.keypoints[None],
        found.joints_3d[None],
        found.crop_centre[None],
        camera.focal_length,
        camera.principal_point,
        1.0,
    )
    assert seen.joints_3d is not None
    true_rays = places[0, :, :2] / places[0, :, 2:]
    apart = np.linalg.norm(seen.rays[0] - true_rays, axis=1)
    if np.median(apart) > FAR_OFF * np.ptp(true_rays, axis=0).max():
        return None
    return {
        "rays": seen.rays[0],
        "confidence": seen.confidence[0],
        "joints_3d": seen.joints_3d[0],
        "rotations": np.concatenate([(camera.rotation @ rotations[0, :1]), rotations[0, 1:]]),
        "betas": betas,
        "pelvis": motion.joints[0, 0].astype(np.float64),
    }


if __name__ == "__main__":
    main()
