"""What is measured over a set of pictures: joints, silhouettes and parts of bodies, person after person."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ..body.files import load_body
from ..body.model import pose_body
from ..body.rotation import axis_angle_to_matrix, matrix_to_axis_angle
from ..errors import RecoveryError
from ..motion import Motion
from ..similarity import LEAST_POINTS
from ..training.pictures.person import Array
from . import metrics
from .joints_14 import HIPS, joints_of_body, joints_of_person
from .parts import PARTS, UNKNOWN, Agreement, compare, draw_parts, part_of_vertices
from .picture_sets import Subject
from .recovering import Found

RECOVERED, SAID = "recovered", "as the network says"


@dataclass
class JointErrors:
    """Of so many people, as they were added; millimetres, PCK and AUC 0..1."""

    mpjpe: list[float] = field(default_factory=list)
    """With the middles of the hips together."""
    pa_mpjpe: list[float] = field(default_factory=list)
    pck: list[float] = field(default_factory=list)
    auc: list[float] = field(default_factory=list)
    aligned_pck: list[float] = field(default_factory=list)
    """After the similarity that PA-MPJPE takes, as HMR's paper has it besides."""
    aligned_auc: list[float] = field(default_factory=list)

    def add(self, found: Array, truth: Array, known: NDArray[np.bool_]) -> None:
        """Joints (14, 3) of one person; nothing where too few are known."""
        if known.sum() < LEAST_POINTS or not known[HIPS].all():
            return
        found, truth = (each[None] - each[HIPS].mean(axis=0) for each in (found, truth))
        found, truth = found[:, known], truth[:, known]
        aligned = metrics.align_similarity(found, truth)
        self.mpjpe.append(metrics.mpjpe(found, truth))
        self.pa_mpjpe.append(metrics.mpjpe(aligned, truth))
        self.pck.append(metrics.pck(found, truth))
        self.auc.append(metrics.auc(found, truth))
        self.aligned_pck.append(metrics.pck(aligned, truth))
        self.aligned_auc.append(metrics.auc(aligned, truth))

    def means(self) -> dict[str, float]:
        return {name: float(np.mean(values)) for name, values in vars(self).items() if values}


@dataclass
class SetMeasures:
    """What was measured over a set."""

    people: int = 0
    failed: list[str] = field(default_factory=list)
    """Pictures of whom nothing was recovered, and why."""
    joints: dict[tuple[str, str], JointErrors] = field(default_factory=dict)
    """By the part of the set, "" for all of it, and by whether it is what was recovered or what the network says."""
    silhouette: Agreement | None = None
    parts: Agreement | None = None


def measure_set(
    subjects: Iterable[Subject], recover: Callable[[Subject], Found], regressor: Array | None = None
) -> SetMeasures:
    """Recovers and measures one after the other; who cannot be recovered is noted, and counts in nothing else."""
    measured = SetMeasures()
    for each in subjects:
        try:
            found = recover(each)
        except RecoveryError as error:
            if error.code == "bad_data" or not each.person.picture.is_file():
                raise
            measured.failed.append(f"{each.person.picture}: {error.message}")
            continue
        measured.people += 1
        _add_joints(measured, each, found, regressor)
        if each.silhouette or each.parts:
            _add_parts(measured, each, found.motion)
    return measured


def _add_joints(measured: SetMeasures, subject: Subject, found: Found, regressor: Array | None) -> None:
    truth, known = joints_of_person(subject.person)
    if not known.any():
        return
    bodies = {RECOVERED: (_pose_before_camera(found.motion), found.motion.betas)}
    if found.said is not None:
        bodies[SAID] = found.said
    for kind, (pose, betas) in bodies.items():
        joints = joints_of_body(found.motion.body, pose, betas, regressor)
        for part in dict.fromkeys(("", subject.part_of or "")):
            measured.joints.setdefault((part, kind), JointErrors()).add(joints, truth, known)


def _add_parts(measured: SetMeasures, subject: Subject, motion: Motion) -> None:
    assert motion.camera is not None
    body = load_body(motion.body)
    vertices = motion.camera.to_camera(pose_body(body, motion.poses, motion.betas, motion.trans)[0][0])
    labels = part_of_vertices(body)
    for path, classes in ((subject.silhouette, 2), (subject.parts, len(PARTS))):
        if path is None:
            continue
        truth = _read_labels(path)
        height, width = truth.shape
        smaller = motion.camera.width / width
        camera = replace(
            motion.camera,
            focal_length=motion.camera.focal_length / smaller,
            principal_point=(np.asarray(motion.camera.principal_point) + 0.5) / smaller - 0.5,
            width=width,
            height=height,
        )
        drawn = draw_parts(vertices, body.faces, labels, camera)
        if classes == 2:
            agreement = compare((drawn > 0).astype(np.uint8), (truth > 0).astype(np.uint8), classes)
            measured.silhouette = agreement + measured.silhouette if measured.silhouette else agreement
        else:
            if not np.isin(truth, (*range(classes), UNKNOWN)).all():
                message = f"{path} holds other numbers than those of {len(PARTS)} parts and 255."
                raise RecoveryError("bad_data", message, "Is it a picture of Unite the People's six parts?")
            agreement = compare(drawn, truth, classes)
            measured.parts = agreement + measured.parts if measured.parts else agreement


def _pose_before_camera(motion: Motion) -> Array:
    """(24, 3) the pose of its frame, the root's relative to the camera."""
    assert motion.camera is not None
    pose = motion.poses[0].astype(np.float64)
    pose[0] = matrix_to_axis_angle(motion.camera.at(0).rotation @ axis_angle_to_matrix(pose[0]))
    return pose


def _read_labels(path: Path) -> NDArray[np.uint8]:
    data = np.frombuffer(path.read_bytes(), np.uint8)
    image = cv2.imdecode(data, cv2.IMREAD_GRAYSCALE) if len(data) else None
    if image is None:
        raise RecoveryError("bad_data", f"The picture {path} is damaged.", "Is the set unpacked as a whole?")
    return np.asarray(image, dtype=np.uint8)
