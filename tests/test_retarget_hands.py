"""Hands that touch something in the source touch it on a body of other proportions, where that is asked for."""

from dataclasses import replace

import numpy as np
import pytest

from human_mesh_recovery.blender_addon.retarget.humanoid import HumanMotion, Mapping
from human_mesh_recovery.blender_addon.retarget.retargeted import Settings
from human_mesh_recovery.blender_addon.retarget.solver import retarget
from human_mesh_recovery.blender_addon.retarget.sources import human_motion
from human_mesh_recovery.inference_server.body.skeleton import JOINT_INDEX as J
from human_mesh_recovery.scripts.retargeting.contact_motion import contact_motion

from .made_up_rigs import made_up_rig, plain_names, world_joints

NAMES = plain_names(without=("Thumb", "Index", "Middle", "Ring", "Little"))


def posed(degrees: dict[str, tuple[float, float, float]], frames: int = 20) -> HumanMotion:
    """Somebody who goes from the T-pose into a pose: degrees of axis-angle of the left joints, mirrored."""
    motion = contact_motion(frames).motion
    poses = motion.poses.copy()
    poses[:, 1:] = 0
    poses[:] = poses[:1]
    for joint, angles in degrees.items():
        turned = np.radians(angles) * np.linspace(0, 1, frames)[:, None]
        poses[:, J[f"left_{joint}"]] = turned
        poses[:, J[f"right_{joint}"]] = turned * [1, -1, -1]
    return human_motion(
        replace(motion, poses=poses, trans=np.repeat(motion.trans[:1], frames, axis=0), hand_poses=None)
    )


def short_arms(bone: str, joint: np.ndarray) -> np.ndarray:
    side = np.sign(joint[0])
    shorter = {"LowerArm": 0.05, "Hand": 0.12}
    return joint - next(
        (by * side * np.array([1.0, 0, 0]) for end, by in shorter.items() if bone.endswith(end)), np.zeros(3)
    )


CLAP = {"shoulder": (0.0, -84.0, 0.0), "elbow": (0.0, -58.0, 0.0)}


@pytest.mark.parametrize("hands", [False, True])
def test_hands_that_meet_meet(hands: bool) -> None:
    person = posed(CLAP)
    rig = made_up_rig(NAMES, stretch=short_arms)
    joints = world_joints(rig, NAMES, retarget(person, rig, Mapping("made up", NAMES), Settings(hands=hands)))
    own = np.linalg.norm(
        np.subtract(*(person.joints[:, person.bones.index(f"{side}Hand")] for side in ("left", "right"))),
        axis=1,
    )
    apart = np.linalg.norm(joints["leftHand"] - joints["rightHand"], axis=1)
    assert own[-1] < 0.12
    if hands:
        assert abs(apart[-1] - own[-1]) < 0.02
        assert np.abs(np.diff(apart, n=2)).max() < 0.02
    else:
        assert abs(apart[-1] - own[-1]) > 0.05
    # far from everything nothing changes
    assert abs(joints["leftHand"][0, 2] - joints["leftUpperArm"][0, 2]) < 0.02


def long_arms(bone: str, joint: np.ndarray) -> np.ndarray:
    return 2 * joint - short_arms(bone, joint)


def test_hands_on_the_floor_are_on_the_floor() -> None:
    person = posed({"shoulder": (0.0, 0.0, -80.0)})
    low = replace(person, joints=person.joints - [0.0, 0.0, 0.82])
    wrist = low.joints[-1, low.bones.index("leftHand"), 2]
    assert 0 < wrist < 0.1
    rig = made_up_rig(NAMES, stretch=long_arms)
    floor = min(rig.heads[:, 2].min(), rig.ends[:, 2].min())
    heights = {}
    for hands in (True, False):
        settings = Settings(feet="never", hands=hands)
        moved = retarget(low, rig, Mapping("made up", NAMES), settings)
        heights[hands] = world_joints(rig, NAMES, moved)["leftHand"][-1, 2] - floor
    assert heights[False] < wrist - 0.08
    assert abs(heights[True] - wrist) < 0.01
