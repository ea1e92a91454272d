"""Where the controls of limbs that move by inverse kinematics go."""

import numpy as np

from .control_rigs import IkLimb
from .retargeted import Retargeted
from .skeleton import Skeleton

CHAINS = {"Hand": ("UpperArm", "LowerArm", "Hand"), "Foot": ("UpperLeg", "LowerLeg", "Foot")}


def place_controls(
    limb: IkLimb, retargeted: Retargeted, skeleton: Skeleton
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Basis rotations (F, 3, 3) and locations (F, 3) of the end's control, and locations (F, 3) of the pole's if any.

    The end's control turns with the hand or the foot. The pole stands as far from the elbow or the knee as at rest,
    where it leads Blender's solver to bend the limb as wanted: the solver turns the chain about its line from root
    to end until the root bone's axis at the pole angle looks at the pole (ConstrainPoleVector of Blender's iksolver),
    and bends the chain in the plane in which it is bent at rest. skeleton: the whole rig.
    """
    side = "left" if limb.limb.startswith("left") else "right"
    names = [side + part for part in CHAINS[limb.limb.removeprefix(side)]]
    root, middle, end = (_in_armature(skeleton, retargeted.world_joints[name]) for name in names)
    rest = [_rest(skeleton, name)[:3, 3] for name in limb.bones]
    turns = skeleton.turn.T @ retargeted.world_turns[names[2]] @ skeleton.turn
    rotations, locations = _basis(skeleton, limb.end_control, limb.end_parent, turns, rest[2], end)
    if not limb.pole_control:
        return rotations, locations, None
    pole = _rest(skeleton, limb.pole_control)[:3, 3]
    reach = np.linalg.norm(pole - rest[1])
    along = _unit(end - root)
    lean = np.sum(_unit(middle - root) * along, axis=1, keepdims=True)
    turned = _bend_from_pole(skeleton, limb, rest)
    angle = np.arctan2(np.sin(turned), np.cos(turned) * lean)
    bent = _unit(middle - root - along * np.sum((middle - root) * along, axis=1, keepdims=True))
    beside = np.cross(along, bent)
    place = middle + reach * (np.cos(angle) * bent - np.sin(angle) * beside)
    still = np.broadcast_to(np.eye(3), turns.shape)
    _, poles = _basis(skeleton, limb.pole_control, limb.pole_parent, still, pole, place)
    return rotations, locations, poles


def _bend_from_pole(skeleton: Skeleton, limb: IkLimb, rest: list[np.ndarray]) -> float:
    """Radians about the root bone from its axis that looks at the pole to the side to which the limb bends."""
    axes = _rest(skeleton, limb.bones[0])[:3, :3]
    up = axes[:, 0] * np.cos(limb.pole_angle) + axes[:, 2] * np.sin(limb.pole_angle)
    along = _unit(rest[1] - rest[0])
    up = _unit(up - along * (up @ along))
    bent = rest[0] - rest[2]
    bent = _unit(bent - along * (bent @ along))
    return float(np.arctan2(np.cross(up, bent) @ along, up @ bent))


def _basis(
    skeleton: Skeleton, name: str, parent: str, turns: np.ndarray, start: np.ndarray, places: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Basis rotations and locations of a control that is turned by `turns` (F, 3, 3) from rest.

    It goes along rigidly with a point that is at `start` (3,) at rest and at `places` (F, 3). Armature space.
    """
    rest = _rest(skeleton, name)
    axes, joint = rest[:3, :3], rest[:3, 3]
    moved = places + turns @ (joint - start) - joint
    if skeleton.local_location[skeleton.index[name]]:
        counted = axes
    else:
        # then Blender counts a location in the posed axes of the parent, which stands at rest
        counted = _rest(skeleton, parent)[:3, :3] if parent else np.eye(3)
    return axes.T @ turns @ axes, moved @ counted


def _in_armature(skeleton: Skeleton, points: np.ndarray) -> np.ndarray:
    inverse = np.linalg.inv(skeleton.evenly_to_world)
    return points @ inverse[:3, :3].T + inverse[:3, 3]


def _rest(skeleton: Skeleton, name: str) -> np.ndarray:
    return skeleton.rest[skeleton.index[name]]


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
