"""Sets of people annotated with SMPL, in the layouts in which they are published, and clips of motion.

The authors leave out fits that are far from a set's own joints, measured with regressors made of SMPL; here a fit is
left out only for what it is itself: numbers that are none, or somebody behind the camera.
"""

from pathlib import Path
from typing import Any

import numpy as np

from ...body.axes import Y_UP_TO_Z_UP
from ...body.model import Body
from ...body.pickles import read_pickle
from ...body.rotation import axis_angle_to_matrix, matrix_to_axis_angle
from ...body.stand_ins import as_array
from ...errors import RecoveryError
from ..motions import load_motions
from ..reading import USUAL_BETAS, read_json, reading
from .bodies import Array, Bodies, into_camera

FAR = 100.0
"""Metres: at this distance a perspective camera stands for a scaled orthographic one."""
RATE = 10.0
"""Frames a second of motion: closer ones say the same."""
HUMAN36M_STEP = 5


def read_motion(path: Path) -> Bodies:
    """An .npz with poses (N, 24, 3) and clip (N,), Y up, 30 frames a second."""
    motions = load_motions(path)
    return Bodies(matrix_to_axis_angle(motions.rotations).astype(np.float32), None, None)


def read_amass(folder: Path) -> Bodies:
    """AMASS: every .npz below the folder that has poses (N, 72 or more) and betas; Z up. The hands stay straight."""
    poses, betas = [], []
    for path in _files(folder, "**/*.npz", "AMASS"):
        with reading(path, "a motion of AMASS"), np.load(path, allow_pickle=False) as file:
            if "poses" not in file:  # beside the motions lie the people's shapes
                continue
            step = max(
                1, round(float(file.get("mocap_framerate", file.get("mocap_frame_rate", 60.0))) / RATE)
            )
            pose = file["poses"][::step, :66].reshape(-1, 22, 3).astype(np.float64)
            pose = np.concatenate([pose, np.zeros((len(pose), 2, 3))], axis=1)
            pose[:, 0] = matrix_to_axis_angle(Y_UP_TO_Z_UP.T @ axis_angle_to_matrix(pose[:, 0]))
            poses.append(pose)
            betas.append(np.broadcast_to(file["betas"].ravel()[:10], (len(pose), 10)))
    return _checked(folder, poses, betas, None)


def read_3dpw(folder: Path, body: Body) -> Bodies:
    """3DPW: every .pkl of sequenceFiles/train, or of the folder itself. Frames without a sure camera are left out."""
    inside = folder / "sequenceFiles" / "train"
    poses, betas, trans = [], [], []
    for path in _files(inside if inside.is_dir() else folder, "*.pkl", "3DPW"):
        with reading(path, "a sequence of 3DPW"):
            content = read_pickle(path)
            camera = as_array(content["cam_poses"]).astype(np.float64)
            for person in range(len(content["poses"])):
                pose, shape, moved, sure = (
                    as_array(content[key][person]) for key in ("poses", "betas", "trans", "campose_valid")
                )
                kept = np.flatnonzero(sure)
                frames = len(kept)
                shapes = np.tile(shape.ravel()[:10], (frames, 1))
                turned, place = into_camera(
                    body,
                    pose[kept].reshape(-1, 24, 3),
                    shapes,
                    moved[kept],
                    camera[kept, :3, :3],
                    camera[kept, :3, 3],
                )
                poses.append(turned)
                betas.append(shapes)
                trans.append(place)
    return _checked(folder, poses, betas, trans)


def read_human36m(folder: Path, body: Body) -> Bodies:
    """Human3.6M as I2L-MeshNet and Pose2Mesh publish its fits: Human36M_subject*_smpl_param.json, and _camera.json
    beside each. Every fifth frame, from every camera.
    """
    poses, betas, trans = [], [], []
    for path in _files(folder, "Human36M_subject*_smpl_param.json", "Human3.6M"):
        beside = path.with_name(path.name.replace("smpl_param", "camera"))
        cameras = read_json(beside, "the cameras of Human3.6M")
        with reading(path, "the fits of Human3.6M"):
            fits = [
                fit
                for action in read_json(path, "the fits of Human3.6M").values()
                for subaction in action.values()
                for frame, fit in subaction.items()
                if int(frame) % HUMAN36M_STEP == 0
            ]
            pose, shape, moved = (_stack(fits, key) for key in ("pose", "shape", "trans"))
        with reading(beside, "the cameras of Human3.6M"):
            for camera in cameras.values():
                rotation = np.array(camera["R"], dtype=np.float64).reshape(3, 3)
                translation = np.array(camera["t"], dtype=np.float64).ravel() / 1000
                turned, place = into_camera(
                    body, pose.reshape(-1, 24, 3), shape, moved, rotation, translation
                )
                poses.append(turned)
                betas.append(shape)
                trans.append(place)
    return _checked(folder, poses, betas, trans)


def read_coco(path: Path) -> Bodies:
    """COCO as I2L-MeshNet and Pose2Mesh publish its fits: coco_smplify_train.json, with scaled orthographic cameras."""
    with reading(path, "the fits of COCO"):
        fits = [fit["smpl_param"] for fit in read_json(path, "the fits of COCO").values()]
        pose, shape = _stack(fits, "pose").reshape(-1, 24, 3), _stack(fits, "shape")
    place = np.tile([0.0, 0.0, FAR], (len(pose), 1))
    return _checked(path, [pose], [shape], [place])


def _stack(fits: list[dict[str, Any]], key: str) -> Array:
    return np.array([np.ravel(fit[key]) for fit in fits], dtype=np.float64)


def _checked(source: Path, poses: list[Array], betas: list[Array], trans: list[Array] | None) -> Bodies:
    """All that was read, without what is no number or lies behind the camera. Raises RecoveryError for nothing."""
    if not poses:
        raise RecoveryError("bad_data", f"{source} holds no poses.", "Is it the right folder?")
    pose, shape = np.concatenate(poses), np.concatenate(betas).copy()
    place = None if trans is None else np.concatenate(trans)
    shape[(np.abs(shape) > USUAL_BETAS).any(axis=1)] = 0
    kept = np.isfinite(pose).all(axis=(1, 2)) & np.isfinite(shape).all(axis=1)
    if place is not None:
        kept &= np.isfinite(place).all(axis=1) & (place[:, 2] > 0)
    if not kept.any():
        raise RecoveryError("bad_data", f"{source} holds no poses that can be used.", "Is it damaged?")
    return Bodies(
        pose[kept].astype(np.float32),
        shape[kept].astype(np.float32),
        None if place is None else place[kept].astype(np.float32),
    )


def _files(folder: Path, pattern: str, what: str) -> list[Path]:
    found = sorted(folder.glob(pattern))
    if not found:
        raise RecoveryError(
            "bad_data", f"{folder} has no {pattern}.", f"Give the folder of {what}'s annotations."
        )
    return found
