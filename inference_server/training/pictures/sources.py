"""What somebody gives to train on, told apart by the files that are in it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ...body.model import Body
from ...errors import RecoveryError
from .coco import read_coco
from .freihand import read_freihand
from .leeds import read_leeds
from .mpi_inf_3dhp import read_mpi_inf_3dhp
from .mpii import NAME as MPII
from .mpii import read_mpii
from .person import People
from .rendered import read_drawn, read_rendered
from .smpl_sets import read_3dpw, read_human36m, read_muco


@dataclass(frozen=True)
class Layout:
    """A set's folder is known by a file in it, whose path may hold wildcards."""

    mark: str
    what: str
    read: Callable[[Path, Path, Body], People]
    """Of the folder, the file that was found, and the body that is to be trained."""


LAYOUTS = (
    Layout("annotations/person_keypoints_train*.json", "COCO", lambda folder, mark, body: read_coco(mark)),
    Layout(
        "annotations/Human36M_subject*_data.json",
        "Human3.6M",
        lambda folder, mark, body: read_human36m(folder, body),
    ),
    Layout("MuCo-3DHP.json", "MuCo-3DHP", lambda folder, mark, body: read_muco(folder)),
    Layout("3DPW_train.json", "3DPW", lambda folder, mark, body: read_3dpw(folder)),
    Layout("training_xyz.json", "FreiHAND", lambda folder, mark, body: read_freihand(folder)),
    Layout("joints.mat", "Leeds Sports Pose", lambda folder, mark, body: read_leeds(folder)),
    Layout(f"annotations/{MPII}", "MPII", lambda folder, mark, body: read_mpii(folder, mark)),
    Layout(MPII, "MPII", lambda folder, mark, body: read_mpii(folder, mark)),
    Layout("S[1-8]/Seq[12]/annot.mat", "MPI-INF-3DHP", lambda folder, mark, body: read_mpi_inf_3dhp(folder)),
    Layout("0000.png", "drawn figures", lambda folder, mark, body: read_drawn(folder)),
    Layout("*.npz", "rendered figures", lambda folder, mark, body: read_rendered(folder)),
)
KNOWN = "; ".join(f"{layout.what} ({layout.mark})" for layout in LAYOUTS)


def read_people(path: Path, body: Body) -> People:
    """Everybody in a set's folder, or in one file of COCO's. Fits stay where they are of `body`'s kind: the free
    body's betas mean nothing to SMPL, nor SMPL's to the free body. Raises RecoveryError.
    """
    people = _read(path.expanduser(), body)
    return people if people.free == (body.name == "free") else people.without_fits()


def _read(path: Path, body: Body) -> People:
    if path.is_file() and path.match("person_keypoints_*.json"):
        return read_coco(path)
    if not path.is_dir():
        what = "is no set that is known" if path.exists() else "is not there"
        raise RecoveryError("bad_data", f"{path} {what}.", f"Give a folder of one of these: {KNOWN}.")
    for layout in LAYOUTS:
        mark = next(iter(sorted(path.glob(layout.mark))), None)
        if mark is not None:
            return layout.read(path, mark, body)
    raise RecoveryError("bad_data", f"{path} holds no set that is known.", f"These are: {KNOWN}.")
