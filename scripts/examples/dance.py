"""The still's pose, written by hand: on one leg, the other knee drawn up to the side, the arms spread."""

import numpy as np

from human_mesh_recovery.inference_server.body.skeleton import JOINT_INDEX as J

from .gait import FootShape
from .legs import Leg, solve_leg
from .turns import Array, about_x, about_y, about_z

HEADING = np.radians(-38)
STANDING_LEG = 0.985


def dance(joints: Array, shape: FootShape) -> tuple[Array, Array]:
    """joints (24, 3) of the rest pose -> local rotations (1, 24, 3, 3) and pelvis position (1, 3) on the stage."""
    turns = {
        "pelvis": about_y(HEADING) @ about_z(0.10) @ about_x(0.04),
        "left_hip": about_y(0.85) @ about_x(-1.25) @ about_y(0.30),
        "left_knee": about_x(1.55),
        "left_ankle": about_x(0.55),
        "left_foot": about_x(0.15),
        "spine1": about_z(-0.06) @ about_y(0.06),
        "spine2": about_z(-0.08) @ about_y(0.10) @ about_x(-0.05),
        "spine3": about_z(-0.06) @ about_y(0.12) @ about_x(-0.06),
        "neck": about_y(0.14) @ about_z(0.04),
        "head": about_y(0.22) @ about_x(-0.06) @ about_z(0.05),
        "left_collar": about_z(0.22),
        "left_shoulder": about_y(-0.25) @ about_z(0.75) @ about_x(-0.35),
        "left_elbow": about_y(-0.30),
        "left_wrist": about_z(-0.25),
        "left_hand": about_z(-0.12),
        "right_collar": about_z(0.02),
        "right_shoulder": about_y(0.20) @ about_z(0.22) @ about_x(0.15),
        "right_elbow": about_y(0.28),
        "right_wrist": about_z(-0.20),
        "right_hand": about_z(0.18),
    }
    rotations = np.tile(np.eye(3), (1, 24, 1, 1))
    for name, turn in turns.items():
        rotations[0, J[name]] = turn
    leg = Leg(joints[J["right_hip"]], joints[J["right_knee"]], joints[J["right_ankle"]])
    foot = about_y(HEADING - 0.25)
    hip_offset = rotations[0, 0] @ (leg.hip - joints[0])
    ankle = np.array([0.0, shape.ankle_height, 0.0])
    # the pelvis stands a hand's breadth inside of the ankle, over the foot's middle
    inward = about_y(HEADING) @ np.array([0.035, 0, 0.05])
    across = np.linalg.norm((inward + hip_offset)[[0, 2]])
    rise = np.sqrt((STANDING_LEG * sum(leg.lengths)) ** 2 - across**2)
    pelvis = np.array([inward[0], ankle[1] + rise - hip_offset[1], inward[2]])
    forward = about_y(HEADING - 0.15) @ np.array([0, 0, 1.0])
    solved = solve_leg(leg, rotations[0, 0], pelvis + hip_offset, ankle, foot, forward)
    rotations[0, [J["right_hip"], J["right_knee"], J["right_ankle"]]] = solved
    return rotations, pelvis[None]
