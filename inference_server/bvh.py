"""A motion as a Biovision hierarchy (.bvh): one person, metres, Y up.

Blender's importer stands it up with its default axes, at its true size.
"""

from pathlib import Path

import numpy as np

from . import resampling
from .body import rotation
from .body.axes import Y_UP_TO_Z_UP
from .body.model import Body, rest_joints, rest_rig, rest_tips
from .body.skeleton import JOINT_NAMES, PARENTS, RIG_NAMES, RIG_PARENTS
from .motion import Motion
from .whole_file import whole_file

END_SITE_LENGTH = 0.08
"""Metres from a hand's, a toe's or the head's joint to the end of its bone."""
END_DIRECTIONS = {
    "head": (0.0, 1.0, 0.0),
    "left_foot": (0.0, 0.0, 1.0),
    "right_foot": (0.0, 0.0, 1.0),
    "left_hand": (1.0, 0.0, 0.0),
    "right_hand": (-1.0, 0.0, 0.0),
}


def write_bvh(motion: Motion, body: Body, path: str | Path, fps: float | None = None) -> None:
    """Writes one person at `fps`, or at the motion's own rate; the first frame is the person's first.

    The bones' offsets are the body's at the motion's betas. The root carries the place of the pelvis and
    its orientation; every joint turns about Z, then X, then Y of its own axes. The fingers are among them where
    the motion knows them and the body has some. The file appears whole or not at all. Raises
    RecoveryError("unwritable").
    """
    path = Path(path)
    fps = fps or resampling.rate(motion)
    samples = resampling.resample(motion, resampling.even_positions([motion], fps))
    joints, tips = rest_joints(body, motion.betas), np.zeros((0, 3))
    if motion.hand_poses is not None and body.fingers is not None:
        joints, tips = rest_rig(body, motion.betas), rest_tips(body, motion.betas)
    matrices = rotation.quaternion_to_matrix(samples.quaternions[:, : len(joints)])
    matrices[:, 0] = Y_UP_TO_Z_UP.T @ matrices[:, 0]
    order, hierarchy = _hierarchy(joints, tips)
    angles = euler_zxy(matrices)[:, order].reshape(len(matrices), -1)
    root = (joints[0] + samples.trans) @ Y_UP_TO_Z_UP
    table = np.concatenate([root, angles], axis=1)
    lines = [
        *hierarchy,
        "MOTION",
        f"Frames: {len(table)}",
        f"Frame Time: {1 / fps:.8f}",
        *(" ".join(f"{value:.6f}" for value in row) for row in table),
    ]
    with whole_file(path, "The motion") as temporary:
        temporary.write_text("\n".join(lines) + "\n", encoding="ascii")


def euler_zxy(matrices: np.ndarray) -> np.ndarray:
    """Rotation matrices (F, ..., 3, 3) as angles about Z, X and Y in degrees (F, ..., 3): R = Rz Rx Ry.

    Without jumps of a whole turn along the first axis. Where X is a quarter turn, Z and Y turn about the
    same axis: all of it is given to Z.
    """
    m = np.asarray(matrices, dtype=np.float64)
    sine = np.clip(m[..., 2, 1], -1.0, 1.0)
    locked = np.abs(sine) > 1 - 1e-10
    z = np.where(locked, np.arctan2(m[..., 1, 0], m[..., 0, 0]), np.arctan2(-m[..., 0, 1], m[..., 1, 1]))
    y = np.where(locked, 0.0, np.arctan2(-m[..., 2, 0], m[..., 2, 2]))
    angles = np.stack([z, np.arcsin(sine), y], axis=-1)
    return np.degrees(np.unwrap(angles, axis=0))


def _hierarchy(joints: np.ndarray, tips: np.ndarray) -> tuple[list[int], list[str]]:
    """Rest joints (J, 3) -> the joints in the order of the file's channels, and the file's first part.

    tips (T, 3): the ends of the fingers, in their order, where the joints have them.
    """
    parents = RIG_PARENTS[: len(joints)]
    ends = {int(joint): tip for joint, tip in zip(range(len(PARENTS) + 2, len(joints), 3), tips, strict=True)}
    order: list[int] = []
    lines = ["HIERARCHY"]

    def write(joint: int, depth: int) -> None:
        order.append(joint)
        root = depth == 0
        # the root's place is in its channels; programs that add the offset to them must not count it twice
        offset = np.zeros(3) if root else joints[joint] - joints[parents[joint]]
        channels = "6 Xposition Yposition Zposition" if root else "3"
        tab = "\t" * depth
        lines.extend(
            [
                f"{tab}{'ROOT' if root else 'JOINT'} {RIG_NAMES[joint]}",
                f"{tab}{{",
                f"{tab}\tOFFSET {_numbers(offset)}",
                f"{tab}\tCHANNELS {channels} Zrotation Xrotation Yrotation",
            ]
        )
        children = np.flatnonzero(np.equal(parents, joint))
        for child in children:
            write(int(child), depth + 1)
        if not len(children):
            end = (
                ends[joint] - joints[joint]
                if joint in ends
                else np.array(END_DIRECTIONS[JOINT_NAMES[joint]]) * END_SITE_LENGTH
            )
            lines.extend([f"{tab}\tEnd Site", f"{tab}\t{{", f"{tab}\t\tOFFSET {_numbers(end)}", f"{tab}\t}}"])
        lines.append(f"{tab}}}")

    write(0, 0)
    return order, lines


def _numbers(values: np.ndarray) -> str:
    return " ".join(f"{value:.6f}" for value in values)
