"""Fragments of the sets that HMR learns from and is measured on, made up in the layouts in which they are published."""

from pathlib import Path
from typing import Any

import numpy as np
from scipy.io import savemat

INTRINSIC = "1500.0 0 1024.5 0 0 1510.0 1020.5 0 0 0 1 0 0 0 0 1"


def write_leeds(folder: Path, count: int = 3, extended: bool = False) -> np.ndarray:
    """-> the places (count, 14, 2) in pixels; of the first person the right ankle is not to be seen."""
    places = np.random.default_rng(8).uniform(20, 100, (count, 14, 2)).round(3)
    flag = np.ones((count, 14, 1)) if extended else np.zeros((count, 14, 1))
    flag[0, 0] = 1 - flag[0, 0]
    joints = np.concatenate([places, flag], axis=2)
    folder.mkdir(parents=True, exist_ok=True)
    order = (1, 2, 0) if extended else (2, 1, 0)
    savemat(folder / "joints.mat", {"joints": joints.transpose(order)})
    return places


def write_mpii(folder: Path) -> Path:
    """Four pictures: two people, one of whom is alone; one alone, half annotated; nobody; and one to test with."""

    def person(points: list[int]) -> dict[str, Any]:
        point = [{"x": 10.0 * k, "y": 5.0 * k + 1, "id": k, "is_visible": "1"} for k in points]
        return {"x1": 1, "annopoints": {"point": structures(point)}, "scale": 2.0}

    rectangles = [
        structures([person([1]), person(list(range(16)))]),
        person([2, 3, 9]),
        np.zeros((0, 0)),
        {"scale": 2.0},
    ]
    annolist = structures(
        [{"image": {"name": f"{k}.jpg"}, "annorect": each} for k, each in enumerate(rectangles)]
    )
    alone = np.empty(4, dtype=object)
    alone[:] = [np.array([2]), np.array([1]), np.zeros((0, 0)), np.array([1])]
    release = {"annolist": annolist, "img_train": np.array([1, 1, 1, 0]), "single_person": alone}
    path = folder / "annotations" / "mpii_human_pose_v1_u12_1.mat"
    path.parent.mkdir(parents=True, exist_ok=True)
    savemat(path, {"RELEASE": release})
    return path


def write_mpi_inf_3dhp(folder: Path, frames: int = 12) -> np.ndarray:
    """Two cameras, of which the pictures of the second were unpacked; -> its joints (F, 28, 3) in millimetres."""
    joints = np.random.default_rng(9).normal(0, 300, (2, frames, 28, 3)) + [0, 0, 4000]
    pixels = joints[..., :2] / joints[..., 2:] * [1500, 1510] + [1024.5, 1020.5]
    sequence = folder / "S1" / "Seq2"
    pictures = sequence / "imageFrames" / "video_1"
    pictures.mkdir(parents=True)
    cells = {name: np.empty((2, 1), dtype=object) for name in ("annot2", "annot3")}
    for name, values in (("annot2", pixels), ("annot3", joints)):
        for camera in range(2):
            cells[name][camera, 0] = values[camera].reshape(frames, -1)
    savemat(sequence / "annot.mat", cells)
    for frame in range(1, frames + 1):
        (pictures / f"frame_{frame:06d}.jpg").touch()
    camera = f"name          0\n  sensor      10 10\n  intrinsic   {INTRINSIC} \n  extrinsic   1 0 0 0\n"
    (sequence / "camera.calibration").write_text("Skeletool Camera Calibration File V1.0\n" + 2 * camera)
    return joints[1]


def structures(entries: list[dict[str, Any]]) -> np.ndarray:
    """MATLAB's array of structures."""
    names = list(dict.fromkeys(name for entry in entries for name in entry))
    array = np.empty(len(entries), dtype=[(name, object) for name in names])
    for row, entry in enumerate(entries):
        for name in names:
            array[name][row] = entry.get(name, np.zeros((0, 0)))
    return array
