"""MPII Human Pose (Andriluka 2014), as it is published.

annotations/mpii_human_pose_v1_u12_1.mat (or beside images/): RELEASE, with, for every picture,
    annolist     image.name, annorect: whoever is in it, with annopoints.point [x, y, id], ids of `joint_names.MPII`
    img_train    1 for those to train on, of which alone the joints are published
    single_person    the numbers, from 1, of the annorects of whom nobody else is near
images/
"""

from pathlib import Path
from typing import Any

import numpy as np

from ...errors import RecoveryError
from ..reading import read_matlab, reading
from . import joint_names
from .person import Array, People, Person, box_of

WHAT = "MPII's annotations"
NAME = "mpii_human_pose_v1_u12_1.mat"


def read_mpii(folder: Path, annotations: Path) -> People:
    """Everybody to train on whom nobody else is near, as HMR's authors take them. Raises RecoveryError("bad_data")."""
    release = read_matlab(annotations, WHAT, squeezed=True).get("RELEASE")
    people = []
    with reading(annotations, WHAT):
        entries = _several(release.annolist)  # pyright: ignore[reportOptionalMemberAccess]
        trained_on, alone = _several(release.img_train), _alone(release.single_person, len(entries))  # pyright: ignore[reportOptionalMemberAccess]
        for entry, is_trained_on, numbers in zip(entries, trained_on, alone, strict=True):
            if not is_trained_on:
                continue
            rectangles = _several(entry.annorect)
            for number in numbers:
                joints = _joints(rectangles[int(number) - 1])
                box = box_of(joints)
                if box is not None:
                    picture = folder / "images" / str(entry.image.name)
                    people.append(Person(picture, box, joint_names.MPII, joints))
    if not people:
        raise RecoveryError("bad_data", f"{annotations} annotates nobody to train on.", "Is it damaged?")
    return People(f"MPII in {folder}", people, flat=True)


def _joints(rectangle: Any) -> Array:
    """(16, 3) x, y, and whether it is annotated."""
    joints = np.zeros((len(joint_names.MPII), 3))
    points = getattr(rectangle, "annopoints", None)
    for point in _several(getattr(points, "point", ())):
        joints[int(point.id)] = [float(point.x), float(point.y), 1]
    return joints


def _alone(numbers: Any, count: int) -> list[Any]:
    """The numbers of everybody who is alone, by picture; of one picture they are not in a list of their own."""
    return [_several(each) for each in (numbers if count > 1 else [numbers])]


def _several(values: Any) -> list[Any]:
    """MATLAB does not tell one from a list of one."""
    return list(np.atleast_1d(np.asarray(values, dtype=object)))
