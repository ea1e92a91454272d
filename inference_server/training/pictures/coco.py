"""COCO's people, as person_keypoints_*.json annotates them, and the bodies that I2L-MeshNet's authors fitted to them.

annotations/person_keypoints_train2017.json
    images [{id, file_name, width, height}], annotations [{id, image_id, iscrowd, num_keypoints,
    bbox [left, top, width, height], keypoints [17 x (x, y, visibility), 0 where it is not annotated]}]
annotations/coco_smplifyx_train.json, if it is there
    {annotation's id: {smpl_param {pose 72, shape 10, trans 3}, cam_param {focal 2, princpt 2}}}, metres
train2017/ or images/train2017/
"""

from pathlib import Path
from typing import Any

import numpy as np

from ...errors import RecoveryError
from ..reading import read_json, reading
from . import joint_names
from .person import Fit, People, Person, View, in_sight, with_pelvis

WHAT = "COCO's keypoints"
FITS = "coco_smplifyx_train.json"


def read_coco(annotations: Path) -> People:
    """Everybody who has a keypoint, crowds left out. Raises RecoveryError("bad_data")."""
    content = read_json(annotations, WHAT)
    fits = {}
    if (beside := annotations.with_name(FITS)).is_file() and "train" in annotations.stem:
        fits = read_json(beside, "COCO's fits")
    folder = _pictures(annotations)
    people = []
    with reading(annotations, WHAT):
        pictures = {entry["id"]: entry for entry in content["images"]}
        for entry in content["annotations"]:
            box = np.array(entry["bbox"], dtype=np.float64)
            picture = pictures[entry["image_id"]]
            if entry["iscrowd"] or not entry["num_keypoints"] or not in_sight(box, picture):
                continue
            joints = np.array(entry["keypoints"], dtype=np.float64).reshape(17, 3)
            joints[:, 2] = joints[:, 2] > 0
            joints = with_pelvis(joints, joint_names.COCO)
            view, fit = _fit(fits.get(str(entry["id"])))
            names = (*joint_names.COCO, "pelvis")
            people.append(
                Person(folder / picture["file_name"], box, names, joints, None, view, fit),
            )
    if not people:
        raise RecoveryError("bad_data", f"{annotations} annotates nobody's keypoints.", "Is it damaged?")
    return People(f"COCO ({annotations.name})", people, flat=True)


def _pictures(annotations: Path) -> Path:
    name = annotations.stem.removeprefix("person_keypoints_")
    root = annotations.parent.parent
    folders = [root / name, root / "images" / name, annotations.parent / name]
    found = next((folder for folder in folders if folder.is_dir()), None)
    if found is None:
        message = f"{annotations} lacks its pictures: there is no {folders[0]}, and no {folders[1]}."
        raise RecoveryError("bad_data", message, f"Unpack COCO's {name}.zip there.")
    return found


def _fit(entry: dict[str, Any] | None) -> tuple[View | None, Fit | None]:
    if entry is None:
        return None, None
    body, camera = entry["smpl_param"], entry["cam_param"]
    pose, betas, trans, focal_length, principal_point = (
        np.ravel(np.array(value, dtype=np.float64))
        for value in (body["pose"], body["shape"], body["trans"], camera["focal"], camera["princpt"])
    )
    return View(focal_length, principal_point), Fit(pose.reshape(24, 3), betas[:10], trans)
