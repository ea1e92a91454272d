"""Leeds Sports Pose (Johnson 2010) and its extension (Johnson 2011), as they are published.

lsp_dataset           joints.mat [3 x 14 x 2000: x, y, and 1 where it is hidden], images/im0001.jpg ... im2000.jpg
hr-lspet, lspet       joints.mat [14 x 3 x 10000: x, y, and 1 where it is annotated], images/im00001.jpg ...

The first 1000 people of the one are to train on, the others to test with; all of the other are to train on.
"""

from pathlib import Path

import numpy as np

from ...errors import RecoveryError
from ..reading import read_matlab, reading
from . import joint_names
from .person import Array, People, Person, box_of, with_pelvis

WHAT = "Leeds Sports Pose's joints"
TRAINED_ON = 1000


def read_leeds(folder: Path) -> People:
    """Those to train on. Raises RecoveryError("bad_data")."""
    joints, extended = _joints(folder)
    chosen = range(len(joints)) if extended else range(min(TRAINED_ON, len(joints)))
    return _people(folder, joints, extended, chosen)


def read_leeds_test(folder: Path) -> People:
    """Those to test with: im1001.jpg to im2000.jpg. Raises RecoveryError("bad_data")."""
    joints, extended = _joints(folder)
    if extended or len(joints) <= TRAINED_ON:
        message = (
            f"{folder / 'joints.mat'} has nobody to test with: that is in Leeds Sports Pose itself, of 2000."
        )
        raise RecoveryError("bad_data", message, "Unpack lsp_dataset.zip, not its extension.")
    return _people(folder, joints, extended, range(TRAINED_ON, len(joints)))


def _joints(folder: Path) -> tuple[Array, bool]:
    """(N, 14, 3) x, y, known; and whether it is the extension."""
    path = folder / "joints.mat"
    content = read_matlab(path, WHAT)
    with reading(path, WHAT):
        joints = np.asarray(content["joints"], dtype=np.float64)
        extended = joints.shape[0] == 14
        joints = joints.transpose(2, 0, 1) if extended else joints.transpose(2, 1, 0)
        if joints.shape[1:] != (14, 3):
            raise ValueError(f"its joints are {content['joints'].shape}")
    joints[..., 2] = joints[..., 2] > 0 if extended else joints[..., 2] == 0
    return joints, extended


def _people(folder: Path, joints: Array, extended: bool, chosen: range) -> People:
    digits, people = 5 if extended else 4, []
    for row in chosen:
        # of the set itself, those that are hidden are annotated, too
        placed = joints[row] if extended else np.column_stack([joints[row, :, :2], np.ones(14)])
        box = box_of(placed)
        if box is not None:
            picture = folder / "images" / f"im{row + 1:0{digits}d}.jpg"
            names = (*joint_names.LEEDS, "pelvis")
            people.append(Person(picture, box, names, with_pelvis(joints[row], joint_names.LEEDS)))
    if not people:
        raise RecoveryError("bad_data", f"{folder / 'joints.mat'} annotates nobody.", "Is it damaged?")
    return People(f"Leeds Sports Pose{' Extended' if extended else ''} in {folder}", people, flat=True)
