"""MPI-INF-3DHP (Mehta 2017), as it is published, its videos unpacked into pictures.

S1 to S8, each with Seq1 and Seq2
    annot.mat            for every camera annot2 [F x 56: 28 joints' pixels], annot3 [F x 84: their mm, camera space]
    camera.calibration   text; every camera's line "intrinsic" has the 16 numbers of a 4 x 4 matrix
    imageFrames/video_0/frame_000001.jpg ...    of imageSequence/video_0.avi, numbered from 1
"""

import re
from pathlib import Path

import numpy as np

from ...errors import RecoveryError
from ..reading import read_matlab, reading
from . import joint_names
from .person import Array, People, Person, View, box_of

WHAT = "MPI-INF-3DHP's annotations"
SIDE = 2048
"""Pixels of every picture."""
STEP = 10
"""Of these frames one is taken, as in SPIN's training."""
MARGIN = 1.1
"""The box's sides over those of the joints'."""
HINT = (
    "Unpack the videos: ffmpeg -i imageSequence/video_0.avi -qscale:v 2 imageFrames/video_0/frame_%06d.jpg."
)


def read_mpi_inf_3dhp(folder: Path) -> People:
    """Every tenth frame that is there and shows somebody whole. Raises RecoveryError("bad_data")."""
    people = [
        person
        for annotations in sorted(folder.glob("S[1-8]/Seq[12]/annot.mat"))
        for person in _sequence(annotations)
    ]
    if not people:
        raise RecoveryError("bad_data", f"{folder} has no pictures S1/Seq1/imageFrames/video_0/*.jpg.", HINT)
    return People(f"MPI-INF-3DHP in {folder}", people, flat=False)


def _sequence(annotations: Path) -> list[Person]:
    content = read_matlab(annotations, WHAT)
    views = _views(annotations.with_name("camera.calibration"))
    people = []
    for folder in sorted(annotations.parent.glob("imageFrames/video_*")):
        with reading(annotations, WHAT):
            camera = int(folder.name.removeprefix("video_"))
            pixels, metres = (
                np.array(content[name][camera, 0], dtype=np.float64).reshape(-1, 28, axes) / unit
                for name, axes, unit in (("annot2", 2, 1), ("annot3", 3, 1000))
            )
            for picture in sorted(folder.glob("frame_*.jpg"))[::STEP]:
                frame = int(picture.stem.removeprefix("frame_")) - 1
                known = np.concatenate([pixels[frame], np.ones((28, 1))], axis=1)
                box = box_of(known, MARGIN)
                if box is not None and (pixels[frame] >= 0).all() and (pixels[frame] < SIDE).all():
                    person = Person(
                        picture, box, joint_names.MPI_INF_3DHP, known, metres[frame], views[camera]
                    )
                    people.append(person)
    return people


def _views(path: Path) -> list[View]:
    with reading(path, "MPI-INF-3DHP's cameras"):
        lines = re.findall(r"^\s*intrinsic\s+(.*)$", path.read_text(), re.MULTILINE)
        matrices: list[Array] = [np.array(line.split(), dtype=np.float64).reshape(4, 4) for line in lines]
        return [View(matrix[[0, 1], [0, 1]], matrix[:2, 2]) for matrix in matrices]


def read_mpi_inf_3dhp_test(folder: Path) -> list[Person]:
    """Everybody in the frames that the set marks as valid, of TS1 to TS6.

    TSn/annot_data.mat (MATLAB 7.3: HDF5) holds annot2 [F x 1 x 17 x 2, pixels], univ_annot3 [F x 1 x 17 x 3, mm, of
    people all of one size] and valid_frame [F x 1]; TSn/imageSequence/img_000001.jpg, ...

    Raises RecoveryError("bad_data"), or "evaluation" where h5py is not installed.
    """
    people = [
        person
        for annotations in sorted(folder.glob("TS[1-6]/annot_data.mat"))
        for person in _test_sequence(annotations)
    ]
    if not people:
        message = f"{folder} has no TS1/annot_data.mat with valid frames."
        raise RecoveryError("bad_data", message, "Unpack mpi_inf_3dhp_test_set.zip there.")
    return people


def _test_sequence(annotations: Path) -> list[Person]:
    try:
        import h5py
    except ImportError as error:
        message = "MPI-INF-3DHP's test set is in HDF5, and h5py is not installed here."
        raise RecoveryError("evaluation", message, "Install the extra `evaluate`.") from error
    people, names = [], joint_names.MPI_INF_3DHP_TEST
    with reading(annotations, WHAT), h5py.File(annotations, "r") as file:
        pixels, joints, valid = (
            np.asarray(file[name], dtype=np.float64) for name in ("annot2", "univ_annot3", "valid_frame")
        )
        pixels, joints = pixels.reshape(-1, len(names), 2), joints.reshape(-1, len(names), 3) / 1000
        for frame in np.flatnonzero(valid.ravel()):
            known = np.concatenate([pixels[frame], np.ones((len(names), 1))], axis=1)
            box = box_of(known, MARGIN)
            if box is not None:
                picture = annotations.parent / "imageSequence" / f"img_{frame + 1:06d}.jpg"
                people.append(Person(picture, box, names, known, joints[frame]))
    return people
