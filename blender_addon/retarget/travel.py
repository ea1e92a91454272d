"""Where a rig stands, the way that it goes, and which of its bones carries it there."""

from dataclasses import dataclass

import numpy as np

from .contacts import leg_length, legs_length
from .humanoid import SIDES, HumanMotion, Mapping
from .posed import Posed
from .retargeted import Settings
from .skeleton import Skeleton
from .t_pose import Joints, heading, rest_positions, upright
from .turns import Array


@dataclass(frozen=True)
class Stand:
    """How a rig stands at rest, and where it goes."""

    base: np.ndarray
    """(3, 3) what stands it up."""
    joints: Joints
    """The hub's names -> (3,) metres, world, stood up."""
    facing: np.ndarray
    """(3, 3) from -Y to where it looks."""
    goes: np.ndarray
    """(3, 3) from the source's axes to those of the motion."""
    scale: float
    """Of the way, over the source's."""


def find_stand(skeleton: Skeleton, mapping: Mapping, motion: HumanMotion, settings: Settings) -> Stand:
    _ = skeleton.turn  # refuses an object that is scaled to nothing
    joints = rest_positions(skeleton, mapping)
    base = upright(joints)
    stood = {name: base @ joint for name, joint in joints.items()}
    facing = heading(stood)
    goes = facing @ motion.facing.T if settings.place == "character" else np.eye(3)
    scale = legs_length(stood) / leg_length(motion)
    return Stand(base, stood, facing, goes, scale)


def find_path(motion: HumanMotion, stand: Stand, settings: Settings) -> Array:
    """(F, 3) where the middle of the hip joints goes, world.

    It is as high over the ankles that stand as the source's, times the scale; on the floor it goes the source's way
    times the scale, from where the rig stands, or from where the source does.
    """
    numbers = [motion.bones.index(f"{side}UpperLeg") for side in SIDES]
    ankles = [motion.bones.index(f"{side}Foot") for side in SIDES]
    centre = motion.joints[:, numbers].mean(axis=1)
    way = stand.scale * (centre - centre[0]) @ stand.goes.T
    ankle = np.mean([stand.joints[f"{side}Foot"] for side in SIDES], axis=0)
    height = stand.scale * (centre[:, 2] - motion.rest_joints[ankles, 2].mean())
    start = _rest_centre(stand) if settings.place == "character" else centre[0]
    path = start + way
    path[:, 2] = ankle[2] + height
    return path


def _rest_centre(stand: Stand) -> Array:
    return np.mean([stand.joints[f"{side}UpperLeg"] for side in SIDES], axis=0)


def hip_centre(posed: Posed) -> Array:
    """(F, 3) the middle of the hip joints."""
    return (posed.joint("leftUpperLeg") + posed.joint("rightUpperLeg")) / 2


def move_root(
    posed: Posed, skeleton: Skeleton, mapping: Mapping, path: np.ndarray, stand: Stand, settings: Settings
) -> None:
    """Takes the way over the floor from the hips, or gives it to the root bone too, where the rig has one."""
    level = (path - _rest_centre(stand)) * [1, 1, 0]
    if settings.root == "in_place":
        posed.move(-level)
    elif settings.root == "root" and mapping.root is not None:
        root = posed.chain.bones.index(skeleton.index[mapping.root])
        # the hips and what goes with them are where they belong already
        between = set(posed.below(root)) - set(posed.below(posed.chain.named["hips"]))
        posed.joints[:, sorted(between)] += level[:, None]


def find_carrier(posed: Posed, skeleton: Skeleton) -> int:
    """The number, in the chain, of the bone that moves the hips: they themselves, or what they are tied to.

    A bone that hips are tied to by Blender is brought to where it takes them to their place.
    """
    hips = carrier = posed.chain.named["hips"]
    while skeleton.connected is not None and skeleton.connected[posed.chain.bones[carrier]]:
        above = posed.chain.parents[carrier]
        if above < 0:
            break
        carrier = above
    if carrier != hips:
        heads = skeleton.heads[[posed.chain.bones[hips], posed.chain.bones[carrier]]]
        way = posed.joint("hips") - posed.joints[:, carrier] - (heads[0] - heads[1])
        between = set(posed.below(carrier)) - set(posed.below(hips))
        posed.joints[:, sorted(between)] += way[:, None]
    return carrier
