"""Reads motion that is in SMPL's form already: AMASS's files, this program's results, and sets that were gathered."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...body.axes import Y_UP_TO_Z_UP
from ...body.rotation import (
    axis_angle_to_matrix,
    axis_angle_to_quaternion,
    matrix_to_axis_angle,
    quaternion_to_axis_angle,
)
from ...motion import HAND_FREE_JOINTS, UNREADABLE
from .clips import Clip
from .sampling import Sampling, every_thirtieth, frame_times, sample

WIDTHS = (66, 72, 156, 165)
"""Numbers a frame: 22 joints, SMPL, SMPL-H, SMPL-X."""


def read_npz(path: Path, name: str) -> list[Clip]:
    """A gathered set gives all its clips, any other file one. Raises ValueError where it is neither."""
    try:
        with np.load(path, allow_pickle=False) as file:
            if "clip" in file.files:
                return _gathered(file, name)
            return [Clip(name, _recorded(file))]
    except UNREADABLE as error:
        raise ValueError(str(error)) from error


def _gathered(file: Mapping[str, Any], name: str) -> list[Clip]:
    """Y up and 30 frames a second, as `gather` writes them."""
    poses, clips = file["poses"], file["clip"]
    names = file["clip_names"] if "clip_names" in file else [f"{name}/{k}" for k in range(clips.max() + 1)]
    starts = np.flatnonzero(np.diff(clips)) + 1
    runs = np.split(np.arange(len(clips)), starts)
    return [Clip(str(names[clips[run[0]]]), poses[run].astype(np.float32)) for run in runs]


def _recorded(file: Any) -> NDArray[np.float32]:
    """AMASS's names and axes: Z up, any frame rate. -> (F, 24, 3)"""
    if "poses" in file.files:
        poses = file["poses"]
    elif "root_orient" in file.files and "pose_body" in file.files:
        poses = np.concatenate([file["root_orient"], file["pose_body"]], axis=1)
    else:
        raise ValueError("it has no poses, and no root_orient and pose_body")
    flat = poses.reshape(len(poses), -1)
    if not len(flat) or flat.shape[1] not in WIDTHS or not np.isfinite(flat).all():
        raise ValueError(f"its poses are of the shape {poses.shape}, or hold what is no finite number")
    body = flat[:, : HAND_FREE_JOINTS * 3].reshape(len(flat), HAND_FREE_JOINTS, 3).astype(np.float64)
    body[:, 0] = matrix_to_axis_angle(Y_UP_TO_Z_UP.T @ axis_angle_to_matrix(body[:, 0]))
    sampling = _sampling(file, len(body))
    if sampling.is_exact:
        sampled = body[sampling.before]
    else:
        sampled = quaternion_to_axis_angle(
            sample(sampling, lambda rows: axis_angle_to_quaternion(body[rows]))
        )
    whole = np.zeros((len(sampled), 24, 3), dtype=np.float32)
    whole[:, :HAND_FREE_JOINTS] = sampled
    return whole


def _sampling(file: Any, count: int) -> Sampling:
    """Results of single pictures have the rate 0: each is a pose of its own, and all are taken."""
    rates = [float(file[name]) for name in ("mocap_framerate", "mocap_frame_rate") if name in file.files]
    if not rates:
        raise ValueError("it does not say its frame rate (mocap_framerate)")
    if rates[0] == 0:
        rows = np.arange(count)
        return Sampling(rows, rows, np.zeros(count))
    times = frame_times(count, rates[0])
    if "frames" in file.files:  # this program's: frames without the person are not there
        times = file["frames"] / rates[0]
    return every_thirtieth(times)
