"""Figures drawn to try a training out on."""

from pathlib import Path

import cv2
import numpy as np

from human_mesh_recovery.inference_server.body.files import load_body
from human_mesh_recovery.inference_server.body.skeleton import JOINT_NAMES
from human_mesh_recovery.inference_server.motion import load_motion
from human_mesh_recovery.inference_server.training.motions import Motions
from human_mesh_recovery.inference_server.training.pictures.drawn import (
    COLOURS,
    FILLED,
    SIDE,
    face_colours,
    write_drawn,
)
from human_mesh_recovery.inference_server.training.pictures.sources import read_people


def test_what_is_drawn_is_where_the_file_says(tmp_path: Path):
    body = load_body("free")
    rotations = np.broadcast_to(np.eye(3, dtype=np.float32), (4, 24, 3, 3)).copy()
    motions = Motions(rotations, np.arange(4), 30.0)
    write_drawn(body, motions, tmp_path, 18, 0)
    found = read_people(tmp_path, body)
    assert found.name.startswith("drawn figures") and len(found.people) == 18 and found.free
    assert not any(person.mirrors for person in found.people), "each limb has its own colour"
    likeness = list[float]()
    for person in found.people:
        assert person.joints_2d is not None and person.joints_3d is not None and person.fit is not None
        assert person.joints_3d[:, 2].min() > 1 and abs(person.box[2:].max() - FILLED * SIDE) < 1.5
        picture = cv2.cvtColor(cv2.imread(str(person.picture)), cv2.COLOR_BGR2RGB).astype(float)
        assert picture.shape == (SIDE, SIDE, 3)
        head = person.joints_2d[JOINT_NAMES.index("head"), :2].round().astype(int)
        shown = picture[head[1] - 1 : head[1] + 2, head[0] - 1 : head[0] + 2].mean(axis=(0, 1))
        colour = np.array(COLOURS["head"])
        likeness.append(shown @ colour / np.linalg.norm(shown) / np.linalg.norm(colour))
        motion = load_motion(person.picture.with_suffix(".npz"))
        assert motion.camera is not None and motion.joints is not None
        up = motion.camera.to_world(motion.joints[0][[15, 7]])
        assert up[0, 2] - up[1, 2] > 1.0, "upright in a world with Z up"
    assert np.median(likeness) > 0.99, "the head is where it is said to be, whatever the light"
    again = tmp_path / "again"
    write_drawn(body, motions, again, 18, 0)
    assert (again / "0017.png").read_bytes() == (tmp_path / "0017.png").read_bytes()


def test_every_triangle_has_the_colour_of_its_limb():
    body = load_body("free")
    colours = face_colours(body)
    assert colours.shape == (len(body.faces), 3)
    corner, joint = body.faces[:, 0], JOINT_NAMES.index
    for name, colour in (
        ("left_hand", "left_wrist"),
        ("right_foot", "right_ankle"),
        ("spine3", ""),
        ("head", "head"),
    ):
        carried = body.weights[corner, joint(name)] > 0.6
        assert carried.any() and (colours[carried] == COLOURS[colour]).all()
