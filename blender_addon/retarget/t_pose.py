"""The pose in which a rig stands as the source does in its T-pose: in numbers, the user's own rest stays as it is.

Every bone of a limb is swung, by the shortest way, to where the source's points at rest; what hangs from it goes with
it first, so that no twist comes between the two. Directions are taken from joints, never from a bone's own axes,
which some importers leave beside the limb. Trunk, neck, head and collars stand upright in every rest and stay.
"""

import numpy as np

from .humanoid import FINGERS, PARENTS, SIDES, Mapping, finger_bones
from .skeleton import Skeleton
from .turns import AHEAD, UP, about, angle_about, swing, unit

SEGMENTS = {
    "UpperArm": "LowerArm",
    "LowerArm": "Hand",
    "UpperLeg": "LowerLeg",
    "LowerLeg": "Foot",
}
"""The bones of a limb that are swung, and whose joint is at their other end."""
LYING = np.radians(45)
"""A trunk that rests further from upright lies, as those do that an importer has not stood up."""
BENT = np.radians(20)
"""An elbow that is bent so far at rest shows about which axis it bends."""
FOREARM_SHARE = 0.5
"""Of a hand's twist, what the forearm takes where it is large."""
LARGE_TWIST = np.radians(45)

Joints = dict[str, np.ndarray]


def first_bones(skeleton: Skeleton, mapping: Mapping) -> dict[str, int]:
    """The hub's names -> the number of the first of the rig's bones."""
    return {name: skeleton.index[bones[0]] for name, bones in mapping.bones.items() if bones}


def rest_positions(skeleton: Skeleton, mapping: Mapping) -> Joints:
    """The hub's names -> (3,) their joints at rest, world; of a hand, foot or toes that lack the end of what is above.

    The end of the toes, "leftToesEnd", is there too.
    """
    joints = {name: skeleton.heads[bone] for name, bone in first_bones(skeleton, mapping).items()}
    for side in SIDES:
        for above, end in (("LowerArm", "Hand"), ("LowerLeg", "Foot"), ("Foot", "Toes"), ("Toes", "ToesEnd")):
            if side + end not in joints and mapping.bones.get(side + above):
                joints[side + end] = _far_end(skeleton, skeleton.index[mapping.bones[side + above][-1]])
    return joints


def _far_end(skeleton: Skeleton, bone: int) -> np.ndarray:
    """(3,) where a bone ends, world: by the bones that hang from it, such as five toes, else by its tail."""
    ends = skeleton.heads[list(skeleton.children[bone])]
    lengths = np.linalg.norm(ends - skeleton.heads[bone], axis=1)
    if not len(ends) or lengths.max() < 1e-9:
        return skeleton.ends[bone]
    return ends[lengths > 0.5 * lengths.max()].mean(axis=0)


def upright(joints: Joints) -> np.ndarray:
    """(3, 3) what stands a rig up that lies at rest, else nothing."""
    legs = (joints["leftLowerLeg"] + joints["rightLowerLeg"]) / 2
    top = (joints["leftUpperArm"] + joints["rightUpperArm"]) / 2
    along = unit(top - legs)
    if along @ UP > np.cos(LYING):
        return np.eye(3)
    nearest = np.zeros(3)
    longest = np.argmax(np.abs(along))
    nearest[longest] = np.sign(along[longest])
    return swing(nearest, UP)


def heading(joints: Joints) -> np.ndarray:
    """(3, 3) about the vertical: from facing -Y to where a rig that stands looks at rest, by its hips and shoulders."""
    across = np.zeros(3)
    for part in ("UpperLeg", "UpperArm"):
        across += unit((joints[f"left{part}"] - joints[f"right{part}"]) * [1, 1, 0])
    return about(UP, np.arctan2(across[1], across[0]))


def corrections(joints: Joints, source: Joints) -> dict[str, np.ndarray]:
    """The hub's bones -> (3, 3) from a rig's rest to where the source rests, both standing and facing -Y.

    `joints` are the rig's (`rest_positions`), `source` the source's, with at least all of the limbs' own. The bones
    that stay as they are have none.
    """
    turns: dict[str, np.ndarray] = {}
    for side in SIDES:
        for part, end in SEGMENTS.items():
            bone = side + part
            if bone not in joints:
                continue
            above = turns.get(PARENTS[bone] or "", np.eye(3))
            turns[bone] = _swung(above, joints, source, bone, side + end)
            if part == "UpperArm":
                turns[bone] = _elbow_twist(turns[bone], joints, side) @ turns[bone]
        _set_hand(turns, joints, source, side)
        _set_foot(turns, joints, source, side)
        _set_fingers(turns, joints, source, side)
    return turns


def _swung(above: np.ndarray, joints: Joints, source: Joints, bone: str, end: str) -> np.ndarray:
    """What `above` does to the bone, and then the swing to where the source's points."""
    if any(name not in known for name in (bone, end) for known in (joints, source)):
        return above
    return swing(above @ (joints[end] - joints[bone]), source[end] - source[bone]) @ above


def _elbow_twist(turn: np.ndarray, joints: Joints, side: str) -> np.ndarray:
    """(3, 3) about the upper arm: brings an elbow that is bent at rest to bend forwards, as the source's do."""
    upper = joints[f"{side}LowerArm"] - joints[f"{side}UpperArm"]
    if f"{side}Hand" not in joints:
        return np.eye(3)
    lower = joints[f"{side}Hand"] - joints[f"{side}LowerArm"]
    hinge = np.cross(unit(upper), unit(lower))
    if np.linalg.norm(hinge) < np.sin(BENT):
        return np.eye(3)
    arm = turn @ upper
    return about(arm, angle_about(arm, turn @ hinge, np.cross(arm, AHEAD)))


def _set_hand(turns: dict[str, np.ndarray], joints: Joints, source: Joints, side: str) -> None:
    """The hand goes with the forearm, and turns its palm down where the knuckles show where it looks."""
    hand, forearm = f"{side}Hand", f"{side}LowerArm"
    if hand not in joints or forearm not in turns:
        return
    turns[hand] = turns[forearm]
    palm, wanted = palm_normal(joints, side), palm_normal(source, side)
    if palm is None:
        return
    if wanted is None:
        wanted = -UP
    along = turns[forearm] @ (joints[hand] - joints[forearm])
    twist = float(angle_about(along, turns[forearm] @ palm, wanted))
    if abs(twist) > LARGE_TWIST:
        turns[forearm] = about(along, FOREARM_SHARE * twist) @ turns[forearm]
    turned = about(along, twist) @ turns[hand]
    turns[hand] = swing(turned @ palm, wanted) @ turned


def palm_normal(joints: Joints, side: str) -> np.ndarray | None:
    """(3,) out of the palm, by the wrist and two knuckles; None where there are no two."""
    knuckles = [
        joints[name] for name in (f"{side}{finger}Proximal" for finger in FINGERS[1:]) if name in joints
    ]
    if len(knuckles) < 2 or f"{side}Hand" not in joints:
        return None
    first, last = knuckles[0] - joints[f"{side}Hand"], knuckles[-1] - joints[f"{side}Hand"]
    normal = np.cross(first, last) * (-1 if side == "left" else 1)
    return unit(normal) if np.linalg.norm(normal) > 1e-9 else None


def _set_foot(turns: dict[str, np.ndarray], joints: Joints, source: Joints, side: str) -> None:
    """The foot keeps its own sole on the floor; its toes point where the source's do, seen from above."""
    foot, toes = f"{side}Foot", f"{side}Toes"
    if foot not in joints:
        return
    turns[foot] = np.eye(3)
    if all(name in known for name in (foot, toes) for known in (joints, source)):
        points, wanted = joints[toes] - joints[foot], source[toes] - source[foot]
        if np.linalg.norm(points[:2]) > 0.3 * np.linalg.norm(points):
            turns[foot] = about(UP, angle_about(UP, points, wanted))
    if toes in joints:
        turns[toes] = turns[foot]


def _set_fingers(turns: dict[str, np.ndarray], joints: Joints, source: Joints, side: str) -> None:
    """The bones of the fingers that the source has too, each along the source's; the last goes with the one before."""
    for finger in FINGERS:
        above = turns.get(f"{side}Hand", np.eye(3))
        bones = [bone for bone in finger_bones(side, finger) if bone in joints and bone in source]
        for number, bone in enumerate(bones):
            if number + 1 < len(bones):
                above = _swung(above, joints, source, bone, bones[number + 1])
            turns[bone] = above
