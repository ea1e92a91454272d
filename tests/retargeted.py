"""What tests of retargeting share: poses that rigs rest in, and how far limbs are off."""

import numpy as np

from human_mesh_recovery.blender_addon.retarget.humanoid import SIDES, HumanMotion, Mapping
from human_mesh_recovery.blender_addon.retarget.retargeted import Settings
from human_mesh_recovery.blender_addon.retarget.skeleton import Skeleton
from human_mesh_recovery.blender_addon.retarget.solver import retarget
from human_mesh_recovery.blender_addon.retarget.turns import about

from .made_up_rigs import Names, angles_between, world_joints

LIMBS = (("UpperArm", "LowerArm"), ("LowerArm", "Hand"), ("UpperLeg", "LowerLeg"), ("LowerLeg", "Foot"))
EXACT = Settings(feet="never")
T_POSE: dict[str, tuple[float, float, float]] = {}
A_POSE = {
    "UpperArm": (10.0, 50.0, 0.0),
    "LowerArm": (0.0, 0.0, -47.0),
    "UpperLeg": (-5.0, -7.0, 0.0),
    "LowerLeg": (8.0, 0.0, 0.0),
}
ODD_POSE = {
    "Shoulder": (0.0, -10.0, 5.0),
    "UpperArm": (30.0, -60.0, 20.0),
    "LowerArm": (0.0, 20.0, -60.0),
    "Hand": (70.0, 10.0, 0.0),
    "UpperLeg": (-25.0, -20.0, 0.0),
    "LowerLeg": (40.0, 0.0, 0.0),
}
LYING = about(np.array([1.0, 0.0, 0.0]), np.pi / 2)


def joints_of(motion: HumanMotion) -> dict[str, np.ndarray]:
    return {bone: motion.joints[:, number] for number, bone in enumerate(motion.bones)}


def moved_joints(
    motion: HumanMotion, rig: Skeleton, names: Names, settings: Settings = EXACT, root: str | None = None
) -> dict[str, np.ndarray]:
    return world_joints(rig, names, retarget(motion, rig, Mapping("made up", names, root), settings))


def limb_errors(
    motion: HumanMotion, joints: dict[str, np.ndarray], turn: np.ndarray | None = None
) -> np.ndarray:
    """(N, F) degrees between the limbs of a rig, in the heading that it rests in, and the person's."""
    own, back = joints_of(motion), np.eye(3) if turn is None else turn
    errors = []
    for side in SIDES:
        for start, end in LIMBS:
            if side + end in joints:
                limb = (joints[side + end] - joints[side + start]) @ back
                errors.append(angles_between(limb, own[side + end] - own[side + start]))
    return np.array(errors)
