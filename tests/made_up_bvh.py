"""Made-up .bvh files: SMPL's motion on a skeleton with other names, another rest and other axes."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.spatial.transform import Rotation

from human_mesh_recovery.inference_server.body import rotation
from human_mesh_recovery.inference_server.body.files import load_body
from human_mesh_recovery.inference_server.body.model import forward_kinematics
from human_mesh_recovery.inference_server.body.skeleton import JOINT_NAMES, PARENTS

MIXAMO = (
    "Hips LeftUpLeg RightUpLeg Spine LeftLeg RightLeg Spine1 LeftFoot RightFoot Spine2 LeftToeBase RightToeBase Neck "
    "LeftShoulder RightShoulder Head LeftArm RightArm LeftForeArm RightForeArm LeftHand RightHand LeftHandMiddle1 "
    "RightHandMiddle1"
)
BIOVISION = (
    "Hips LeftHip RightHip Chest LeftKnee RightKnee Chest2 LeftAnkle RightAnkle Chest3 LeftToe RightToe Neck "
    "LeftCollar RightCollar Head LeftShoulder RightShoulder LeftElbow RightElbow LeftWrist RightWrist "
    "LeftFinger RightFinger"
)
CHARACTER_CREATOR = (
    "Pelvis L_Thigh R_Thigh Waist L_Calf R_Calf Spine01 L_Foot R_Foot Spine02 L_ToeBase R_ToeBase NeckTwist01 "
    "L_Clavicle R_Clavicle Head L_Upperarm R_Upperarm L_Forearm R_Forearm L_Hand R_Hand L_Mid1 R_Mid1"
)
Rest = dict[str, tuple[float, float, float]]
ARMS_DOWN: Rest = {"shoulder": (0, 0, -45), "elbow": (0, -15, 0), "hip": (0, 0, 6)}
"""An A-pose: degrees, of the left side."""


@dataclass(frozen=True)
class Rig:
    """What a made-up file is like."""

    names: str
    """Of SMPL's joints, in their order."""
    prefix: str = ""
    rest: Rest = field(default_factory=dict)
    axes: np.ndarray = field(default_factory=lambda: np.eye(3))
    """(3, 3) from SMPL's axes to those that the skeleton rests in."""
    world: np.ndarray = field(default_factory=lambda: np.eye(3))
    """(3, 3) from a world with Y up to the file's."""
    order: str = "ZXY"
    scale: float = 100.0
    fps: float = 30.0


def rest_turns(rig: Rig) -> np.ndarray:
    """(24, 3, 3) how far each of SMPL's joints is turned from its T-pose in the rig's rest."""
    local = np.tile(np.eye(3), (24, 1, 1))
    for part, degrees in rig.rest.items():
        for side, signs in (("left", (1, 1, 1)), ("right", (1, -1, -1))):
            turn = np.radians(np.array(degrees) * signs)
            local[JOINT_NAMES.index(f"{side}_{part}")] = rotation.axis_angle_to_matrix(turn)
    return forward_kinematics(local, load_body("free").joint_template)[0]


def bvh_text(rig: Rig, poses: np.ndarray) -> str:
    """The motion `poses` (F, 24, 3), axis-angle with Y up, as the rig's file."""
    joints = load_body("free").joint_template
    rest = rest_turns(rig)
    offsets = np.zeros((24, 3))
    offsets[1:] = (rest[PARENTS[1:]] @ (joints[1:] - joints[PARENTS[1:]])[..., None])[..., 0] @ rig.axes.T
    whole = forward_kinematics(rotation.axis_angle_to_matrix(poses), joints)[0]
    whole = rig.world @ whole @ rest.swapaxes(-1, -2) @ rig.axes.T
    local = whole.copy()
    local[:, 1:] = whole[:, PARENTS[1:]].swapaxes(-1, -2) @ whole[:, 1:]
    lines: list[str] = []
    order: list[int] = []
    _write(rig, offsets * rig.scale, 0, lines, order)
    angles = Rotation.from_matrix(local[:, order].reshape(-1, 3, 3)).as_euler(rig.order, degrees=True)
    rows = np.concatenate([np.zeros((len(poses), 3)), angles.reshape(len(poses), -1)], axis=1)
    lines += ["MOTION", f"Frames: {len(rows)}", f"Frame Time: {1 / rig.fps:.8f}", *map(_numbers, rows)]
    return "HIERARCHY\n" + "\n".join(lines) + "\n"


def _write(rig: Rig, offsets: np.ndarray, joint: int, lines: list[str], order: list[int]) -> None:
    order.append(joint)
    turning = " ".join(f"{axis}rotation" for axis in rig.order)
    moving = "3 " if joint else "6 Xposition Yposition Zposition "
    lines += [f"{'JOINT' if joint else 'ROOT'} {rig.prefix}{rig.names.split()[joint]} {{"]
    lines += [f"OFFSET {_numbers(offsets[joint])}", f"CHANNELS {moving}{turning}"]
    children = np.flatnonzero(np.equal(PARENTS, joint))
    for child in children:
        _write(rig, offsets, int(child), lines, order)
    if not len(children):
        lines += ["End Site", "{", "OFFSET 0 0 1", "}"]
    lines.append("}")


def _numbers(values: Sequence[float] | np.ndarray) -> str:
    return " ".join(f"{value:.6f}" for value in values)


def smooth_poses() -> np.ndarray:
    """(31, 24, 3) a second of smooth motion of all joints, Y up, the root turning round; hands straight."""
    random = np.random.default_rng(4)
    phases = random.uniform(0, 2 * np.pi, (24, 3))
    turns = 0.25 * np.sin(2 * np.pi * np.arange(31)[:, None, None] / 30 + phases)
    turns[:, 0] += np.linspace(0, 2, 31)[:, None] * (0.1, 1, 0.1)
    turns[:, 22:] = 0
    return turns
