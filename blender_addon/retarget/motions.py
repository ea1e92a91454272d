"""The motion that is to be retargeted, from the scene or from a file, in the scene's frames."""

from dataclasses import replace
from pathlib import Path

import bpy
import numpy as np

from ...inference_server.body import rotation
from ...inference_server.errors import RecoveryError
from ...inference_server.motion import load_motion
from ..scene import timeline
from .bvh_source import read_bvh_motion
from .humanoid import HumanMotion
from .read import read_skeleton
from .read_poses import animated_frames, read_poses
from .recognition import recognise
from .rig_source import from_skeleton
from .sources import human_motion

SUFFIXES = (".npz", ".bvh")


def of_armature(rig: bpy.types.Object, fps: float) -> HumanMotion:
    """How an armature of the scene moves, at each whole frame that it is keyed for.

    Raises RecoveryError("no_motion"), or what `recognise` raises where it is no human being.
    """
    span = animated_frames(rig)
    if span is None:
        raise RecoveryError(
            "no_motion",
            f"{rig.name} doesn't move: its action is empty.",
            "Choose a recovered person, or an armature with an action.",
        )
    skeleton = read_skeleton(rig)
    mapping = recognise(skeleton)
    frames = np.arange(span[0], span[1] + 1, dtype=np.float64)
    return from_skeleton(skeleton, mapping, read_poses(rig, skeleton, frames), fps, frames)


def of_file(path: Path, fps: float, first_frame: int) -> HumanMotion:
    """A file's motion at the scene's frame rate, beginning at `first_frame`. Raises RecoveryError."""
    suffix = path.suffix.lower()
    if suffix == ".npz":
        motion = load_motion(path)
        plan = timeline.plan([motion], fps, first_frame)
        return human_motion(motion, plan.positions, plan.fps, first_frame)
    if suffix == ".bvh":
        skeleton, poses, rate = read_bvh_motion(path)
        mapping = recognise(skeleton)
        frames = first_frame + np.arange(len(poses)) * fps / rate
        return at_whole_frames(from_skeleton(skeleton, mapping, poses, rate, frames), fps)
    raise RecoveryError(
        "motion_file",
        f"{path.name} is no motion file that is known.",
        f"Use one of {', '.join(SUFFIXES)}: an SMPL or AMASS motion, or a BVH file.",
    )


def at_whole_frames(human: HumanMotion, fps: float) -> HumanMotion:
    """The same motion at the scene's whole frames: turned along the shorter arcs, moved straight."""
    first = np.ceil(human.frames[0] - 1e-4)
    frames = np.arange(first, max(first, np.floor(human.frames[-1] + 1e-4)) + 1)
    if len(frames) == len(human.frames) and np.abs(frames - human.frames).max() < 1e-4:
        return replace(human, fps=fps, frames=frames)
    rows = np.interp(frames, human.frames, np.arange(len(human.frames)))
    before = np.minimum(rows.astype(np.int64), max(0, len(human.frames) - 2))
    after = np.minimum(before + 1, len(human.frames) - 1)
    share = rows - before
    quaternions = rotation.matrix_to_quaternion(human.rotations)
    turned = rotation.slerp(quaternions[before], quaternions[after], share[:, None])
    moved = human.joints[before] + (human.joints[after] - human.joints[before]) * share[:, None, None]
    return replace(
        human, fps=fps, frames=frames, rotations=rotation.quaternion_to_matrix(turned), joints=moved
    )
