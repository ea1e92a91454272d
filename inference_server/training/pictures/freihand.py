"""FreiHAND's right hands (Zimmermann 2019), as it is published.

training_xyz.json    [32560 x 21 x 3] joints in metres, camera space
training_verts.json  [32560 x 778 x 3] MANO's vertices, likewise
training_K.json      [32560 x 3 x 3] cameras
training/rgb/00000000.jpg ...  four times as many: the same hands before other backgrounds
"""

from pathlib import Path

import numpy as np

from ...errors import RecoveryError
from ..reading import read_json, reading
from .joint_names import HAND_JOINTS
from .person import People, Person, View, box_around

WHAT = "FreiHAND's annotations"
SIDE = 224
"""Pixels of every picture."""
MARGIN = 1.2
"""The box's sides over those of the joints', as I2L-MeshNet's authors take it."""


def read_freihand(folder: Path) -> People:
    """Every picture that is there. Raises RecoveryError("bad_data")."""
    joints, vertices, cameras = (
        read_json(folder / f"training_{part}.json", WHAT, list) for part in ("xyz", "verts", "K")
    )
    people = []
    for picture in sorted((folder / "training" / "rgb").glob("*.jpg")):
        with reading(folder / "training_xyz.json", WHAT):
            number = int(picture.stem) % len(joints)
            places = np.array(joints[number], dtype=np.float64).reshape(21, 3)
            surface = np.array(vertices[number], dtype=np.float64).reshape(778, 3)
            camera = np.array(cameras[number], dtype=np.float64).reshape(3, 3)
        view = View(camera[[0, 1], [0, 1]], camera[:2, 2])
        known = np.concatenate([view.project(places), np.ones((21, 1))], axis=1)
        box = box_around(known[:, :2], SIDE, SIDE, MARGIN)
        if box is not None:
            people.append(Person(picture, box, HAND_JOINTS, known, places, view, vertices=surface))
    if not people:
        message = f"{folder} has no pictures of hands in training/rgb."
        raise RecoveryError("bad_data", message, "Unpack FreiHAND_pub_v2.zip there.")
    return People(f"FreiHAND in {folder}", people, flat=False, hands=True)
