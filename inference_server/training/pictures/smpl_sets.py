"""Human3.6M, MuCo-3DHP and 3DPW, in the files that I2L-MeshNet's authors publish beside their code (Moon 2020).

All are COCO's form: images [{id, file_name, width, height, ...}], annotations [{id, image_id, bbox, ...}]. Fits are
{pose 72, shape 10, trans 3 metres} of SMPL.

    Human3.6M: images/, annotations/ with, for each subject N, Human36M_subjectN_...
        data.json        images with subject, action_idx, subaction_idx, frame_idx, cam_idx
        camera.json      {camera: {R 3 x 3, t 3 (mm), f 2, c 2}}, world to camera
        joint_3d.json    {action: {subaction: {frame: [17 x 3], mm, world}}}
        smpl_param.json  {action: {subaction: {frame: fit in the world}}}; a fit may be missing, or the file
    MuCo: MuCo-3DHP.json, images with f 2, c 2, annotations with keypoints_img [21 x 2], keypoints_cam [21 x 3], mm;
        smpl_param.json, {annotation's id: fit in camera space}; pictures below the same folder
    3DPW: 3DPW_train.json, images with sequence, cam_param {focal 2, princpt 2}, annotations with joint_cam [24 x 3],
        metres, camera space, and smpl_param, a fit there; imageFiles/SEQUENCE/FILE_NAME beside or above

3DPW's betas are of its people's genders; whatever body is trained takes them for its own.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...body.model import Body
from ...body.skeleton import JOINT_NAMES
from ...errors import RecoveryError
from ..pose2mesh.bodies import into_camera
from ..reading import read_json, reading
from . import joint_names
from .person import Array, Fit, People, Person, View, in_sight

HUMAN36M_STEP = 5
TRAINED_ON = (1, 5, 6, 7, 8)
"""Human3.6M's subjects whom nobody is tested on."""
TESTED_WITH = (9, 11)
PELVIS = joint_names.MUCO.index("pelvis")


def read_human36m(folder: Path, body: Body) -> People:
    """Every fifth frame of the subjects to train on, from every camera. `body` is whom the fits are of: where its
    pelvis lies decides where a turned world puts it.
    """
    people = [person for person, _ in human36m_people(folder, body, TRAINED_ON, HUMAN36M_STEP)]
    return _found("Human3.6M", folder, people)


def human36m_people(folder: Path, body: Body, subjects: Sequence[int], step: int) -> list[tuple[Person, int]]:
    """Every so manieth frame of those subjects who are there, with the number of the camera, from 1."""
    people = []
    for subject in subjects:
        data = folder / "annotations" / f"Human36M_subject{subject}_data.json"
        if data.is_file():
            people += _subject(folder / "images", data, body, step)
    return people


def _subject(pictures: Path, data: Path, body: Body, step: int) -> list[tuple[Person, int]]:
    camera_file, joint_file, fit_file = (
        data.with_name(data.name.replace("data", part)) for part in ("camera", "joint_3d", "smpl_param")
    )
    content = read_json(data, "Human3.6M's pictures")
    cameras, joints = (read_json(path, "Human3.6M's annotations") for path in (camera_file, joint_file))
    fits = read_json(fit_file, "Human3.6M's annotations") if fit_file.is_file() else {}
    people = []
    with reading(data, "Human3.6M's pictures"):
        entries = {entry["id"]: entry for entry in content["images"]}
        for annotation in content["annotations"]:
            entry = entries[annotation["image_id"]]
            box = _array(annotation["bbox"], 4)
            if entry["frame_idx"] % step or not in_sight(box, entry):
                continue
            place = [str(entry[key]) for key in ("action_idx", "subaction_idx", "frame_idx")]
            camera = cameras[str(entry["cam_idx"])]
            rotation, translation = _array(camera["R"], 3, 3), _array(camera["t"], 3)
            view = View(_array(camera["f"], 2), _array(camera["c"], 2))
            seen = (_array(_at(joints, place), 17, 3) @ rotation.T + translation) / 1000
            fit = _at(fits, place)
            if fit is not None:
                fit = _in_camera(_fit(fit), body, rotation, translation / 1000)
            known = np.concatenate([view.project(seen), np.ones((17, 1))], axis=1)
            picture = pictures / entry["file_name"]
            person = Person(picture, box, joint_names.HUMAN36M, known, seen, view, fit)
            people.append((person, int(entry["cam_idx"])))
    return people


def read_muco(folder: Path) -> People:
    """In every picture whoever is nearest to the camera, as the authors take them."""
    content = read_json(folder / "MuCo-3DHP.json", "MuCo's annotations")
    fits = read_json(folder / "smpl_param.json", "MuCo's fits")
    people = []
    with reading(folder / "MuCo-3DHP.json", "MuCo's annotations"):
        nearest: dict[int, dict[str, Any]] = {}
        for annotation in content["annotations"]:
            known = nearest.setdefault(annotation["image_id"], annotation)
            if _depth(annotation) < _depth(known):
                nearest[annotation["image_id"]] = annotation
        for entry in content["images"]:
            annotation = nearest.get(entry["id"])
            if annotation is None or not in_sight(box := _array(annotation["bbox"], 4), entry):
                continue
            view = View(_array(entry["f"], 2), _array(entry["c"], 2))
            seen = _array(annotation["keypoints_cam"], 21, 3) / 1000
            known = np.concatenate([_array(annotation["keypoints_img"], 21, 2), np.ones((21, 1))], axis=1)
            fit = fits.get(str(annotation["id"]))
            picture = folder / entry["file_name"]
            people.append(
                Person(picture, box, joint_names.MUCO, known, seen, view, None if fit is None else _fit(fit))
            )
    return _found("MuCo", folder, people)


def read_3dpw(folder: Path) -> People:
    """Those of 3DPW_train.json, all of whom have fits."""
    path = folder / "3DPW_train.json"
    content = read_json(path, "3DPW's annotations")
    pictures = next(
        (up / "imageFiles" for up in (folder, folder.parent) if (up / "imageFiles").is_dir()), None
    )
    if pictures is None:
        raise RecoveryError(
            "bad_data",
            f"{folder} lacks its pictures: there is no imageFiles.",
            "Unpack imageFiles.zip there.",
        )
    people = []
    with reading(path, "3DPW's annotations"):
        entries = {entry["id"]: entry for entry in content["images"]}
        for annotation in content["annotations"]:
            entry = entries[annotation["image_id"]]
            if not in_sight(box := _array(annotation["bbox"], 4), entry):
                continue
            view = View(_array(entry["cam_param"]["focal"], 2), _array(entry["cam_param"]["princpt"], 2))
            picture = pictures / entry["sequence"] / entry["file_name"]
            fit = _fit(annotation["smpl_param"])
            seen = _array(annotation["joint_cam"], 24, 3)
            known = np.concatenate([view.project(seen), np.ones((24, 1))], axis=1)
            people.append(Person(picture, box, JOINT_NAMES, known, seen, view, fit))
    return _found("3DPW", folder, people)


def _found(name: str, folder: Path, people: list[Person]) -> People:
    if not people:
        raise RecoveryError("bad_data", f"{folder} holds nobody of {name} to train on.", "Is it whole?")
    return People(f"{name} in {folder}", people, flat=False)


def _fit(entry: dict[str, Any]) -> Fit:
    return Fit(_array(entry["pose"], 24, 3), _array(entry["shape"], -1)[:10], _array(entry["trans"], 3))


def _in_camera(fit: Fit, body: Body, rotation: Array, translation: Array) -> Fit:
    pose, trans = into_camera(body, fit.pose[None], fit.betas[None], fit.trans[None], rotation, translation)
    return Fit(pose[0], fit.betas, trans[0])


def _depth(annotation: dict[str, Any]) -> float:
    return annotation["keypoints_cam"][PELVIS][2]


def _at(content: dict[str, Any], place: list[str]) -> Any:
    """What lies below those keys, one in another; None where it is missing."""
    for key in place:
        content = content.get(key) if content else None  # pyright: ignore[reportAssignmentType]
    return content


def _array(values: Any, *shape: int) -> Array:
    return np.array(values, dtype=np.float64).reshape(shape)
