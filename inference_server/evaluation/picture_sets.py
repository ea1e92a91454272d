"""The sets that HMR's paper measures on, each in its published layout; and rendered figures.

Their readers are the trainings', and are imported when a set is read.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..body.files import load_body
from ..errors import RecoveryError

if TYPE_CHECKING:
    from ..training.pictures.person import Person

FRONTAL = 4
"""Human3.6M's camera 60457274, by its number in the annotations: the only one of protocol 2."""
FRONTAL_ONLY = "protocol 2: the frontal camera"


@dataclass(frozen=True, eq=False)
class Subject:
    """Somebody to measure with."""

    person: "Person"
    part_of: str | None = None
    """What part of the set is measured by itself, too, if they belong to one."""
    silhouette: Path | None = None
    """A picture of where the body is: 0 elsewhere."""
    parts: Path | None = None
    """A picture of which of its parts are where."""


@dataclass(frozen=True)
class PictureSet:
    label: str
    needs: str
    """What has to be in its folder."""
    read: Callable[[Path], list[Subject]]
    """Raises RecoveryError("bad_data")."""
    every: int = 1
    """Of so many people one is taken, unless it is asked otherwise: neighbouring frames of a video are alike."""


def _human36m(folder: Path) -> list[Subject]:
    from ..training.pictures.smpl_sets import TESTED_WITH, human36m_people

    found = human36m_people(folder, load_body("free"), TESTED_WITH, step=1)
    if not found:
        message = f"{folder} has no annotations of the subjects to test with, 9 and 11."
        raise RecoveryError(
            "bad_data", message, "It takes annotations/Human36M_subject9_data.json and others."
        )
    return [Subject(person, FRONTAL_ONLY if camera == FRONTAL else None) for person, camera in found]


def _leeds(folder: Path) -> list[Subject]:
    from ..training.pictures.leeds import read_leeds_test

    subjects = []
    for person in read_leeds_test(folder).people:
        pictures = [
            folder / "data" / "lsp" / f"{person.picture.stem}_{kind}.png"
            for kind in ("segmentation", "part_segmentation")
        ]
        silhouette, parts = (picture if picture.is_file() else None for picture in pictures)
        if silhouette or parts:
            subjects.append(Subject(person, silhouette=silhouette, parts=parts))
    if not subjects:
        message = f"{folder} has no data/lsp/im1001_segmentation.png, and no im1001_part_segmentation.png."
        raise RecoveryError("bad_data", message, "Unpack the segmentations of Unite the People there.")
    return subjects


def _mpi_inf_3dhp(folder: Path) -> list[Subject]:
    from ..training.pictures.mpi_inf_3dhp import read_mpi_inf_3dhp_test

    return [Subject(person) for person in read_mpi_inf_3dhp_test(folder)]


def _rendered(folder: Path) -> list[Subject]:
    from ..training.pictures.rendered import read_rendered

    return [Subject(person) for person in read_rendered(folder).people]


PICTURE_SETS = {
    "human36m": PictureSet(
        "Human3.6M, subjects 9 and 11",
        "annotations/Human36M_subject9_data.json, ..., images/, as I2L-MeshNet's authors publish them",
        _human36m,
        every=64,
    ),
    "mpi-inf-3dhp": PictureSet(
        "MPI-INF-3DHP's test set",
        "TS1/annot_data.mat, TS1/imageSequence/img_000001.jpg, ... (needs h5py)",
        _mpi_inf_3dhp,
    ),
    "lsp": PictureSet(
        "Leeds Sports Pose's second thousand",
        "joints.mat, images/, and Unite the People's data/lsp/im1001_segmentation.png and ..._part_segmentation.png",
        _leeds,
    ),
    "rendered": PictureSet(
        "rendered figures",
        "0000.jpg, 0000.npz, ..., as scripts/render_examples.py writes them",
        _rendered,
    ),
}
"""By the names on the command line."""
