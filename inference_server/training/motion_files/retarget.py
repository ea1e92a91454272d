"""A recorded skeleton's motion as rotations of SMPL's 24 joints.

Every joint takes over how far the recorded bone has turned from its rest. The two rests differ: arms may hang
where SMPL's are stretched out. So each bone of SMPL is first swung, by the shortest way, to where the recorded one
rests. Trunk, neck, head and collars need no swing: they stand upright in every rest, whatever their bones are like.
"""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ...body.axes import Y_UP_TO_Z_UP
from ...body.files import load_body
from ...body.rotation import matrix_to_quaternion, quaternion_to_matrix, slerp
from ...body.skeleton import JOINT_INDEX as J
from ...body.skeleton import JOINT_NAMES, PARENTS
from .bone_names import NEEDED, recognise
from .skeleton import Recording, Skeleton, common_ancestor, path_between, rest_joints, turned

Array = NDArray[np.float64]

CHILDREN = {
    "hip": "knee",
    "knee": "ankle",
    "ankle": "foot",
    "shoulder": "elbow",
    "elbow": "wrist",
    "wrist": "hand",
}
"""The joint at the other end of each bone that is swung."""
STANDING = np.radians(60)
"""A thigh that rests further from straight down is no standing person's."""
UPRIGHT = 0.9
"""Cosine of how far a standing person's trunk leans away from upright, over a whole clip."""
FOOT_BEND, HAND_BEND = np.radians(25), np.radians(60)
"""A foot points at least so far away from the shin, a hand at most so far from the forearm; else it says nothing."""
SPINES = (J["spine1"], J["spine2"], J["spine3"])


def to_smpl(recording: Recording) -> Array:
    """-> (F, 24, 3, 3), each relative to its parent, the root's to a world with Y up.

    Raises ValueError where the skeleton is no person's that can be recognised.
    """
    skeleton = recording.skeleton
    found = recognise(skeleton)
    axes = _rest_axes(skeleton, found)
    swings = _swings(skeleton, found, axes)
    rotations = turned(recording)
    pelvis = common_ancestor(skeleton, [found[J["left_hip"]], found[J["right_hip"]]])
    upright = _world(axes, rotations[:, pelvis])

    def of(joint: int, swing: Array) -> Array:
        return upright @ rotations[:, joint] @ axes @ swing

    whole = np.empty((len(rotations), len(JOINT_NAMES), 3, 3))
    whole[:, 0] = of(pelvis, np.eye(3))
    _trunk(skeleton, found, pelvis, lambda joint: of(joint, np.eye(3)), whole)
    for joint in range(1, len(JOINT_NAMES)):
        if joint in found and joint in swings:
            whole[:, joint] = of(found[joint], swings[joint])
        elif joint in swings:
            # not recorded (toes, hands, collars, ...): it goes with what it hangs from
            whole[:, joint] = whole[:, PARENTS[joint]]
    local = whole.copy()
    local[:, 1:] = whole[:, PARENTS[1:]].swapaxes(-1, -2) @ whole[:, 1:]
    return local


def _rest_axes(skeleton: Skeleton, found: dict[int, int]) -> Array:
    """(3, 3) SMPL's axes (left, up, ahead) as columns in the file's, each along one of them."""
    joints = rest_joints(skeleton)

    def at(side: str, part: str) -> Array:
        return joints[found[J[f"{side}_{part}"]]]

    sides = ("left", "right")
    up = _nearest_axis(np.sum([at(side, "shoulder") - at(side, "hip") for side in sides], axis=0))
    # all of the limbs, since the hips alone may be in one place
    across = np.sum([at("left", part) - at("right", part) for part in NEEDED], axis=0)
    left = _nearest_axis(across * (up == 0))
    axes = np.stack([left, up, np.cross(left, up)], axis=1)
    for side in sides:
        thigh = at(side, "knee") - at(side, "hip")
        if -thigh @ up < np.cos(STANDING) * np.linalg.norm(thigh):
            raise ValueError("the pose of its skeleton without rotations is not a standing person's")
    return axes


def _nearest_axis(vector: Array) -> Array:
    axis = np.zeros(3)
    longest = np.argmax(np.abs(vector))
    axis[longest] = 1.0 if vector[longest] > 0 else -1.0
    return axis


def _world(axes: Array, pelvis: Array) -> Array:
    """(3, 3) the file's world -> one with Y up. The pelvis' rotations (F, 3, 3) tell which axis is up.

    The format has Y up. But who rests along Z mostly moves in a world with Z up, if the root does not stand him up;
    and who is upright along Z throughout has been stood up there, whatever the rest.
    """
    mean = (pelvis @ axes[:, 1]).mean(axis=0)
    rests_along_y = axes[1, 1] > 0
    z_is_up = mean[2] > (UPRIGHT if rests_along_y else mean[1])
    return Y_UP_TO_Z_UP.T if z_is_up else np.eye(3)


@lru_cache(maxsize=1)
def _smpl_bones() -> dict[int, Array]:
    """(3,) each swung bone's direction in SMPL's rest, from the free body."""
    joints = load_body("free").joint_template
    bones = {}
    for side in ("left", "right"):
        for start, end in CHILDREN.items():
            bones[J[f"{side}_{start}"]] = joints[J[f"{side}_{end}"]] - joints[J[f"{side}_{start}"]]
    return bones


def _swings(skeleton: Skeleton, found: dict[int, int], axes: Array) -> dict[int, Array]:
    """SMPL's joint -> (3, 3) from SMPL's rest to the recorded one, in SMPL's axes, for all joints of the limbs."""
    swings: dict[int, Array] = {}
    is_smpl = set(JOINT_NAMES) <= set(skeleton.names)  # whose T-pose it is, whatever the person's shape
    for joint in range(1, len(JOINT_NAMES)):
        if "_" not in JOINT_NAMES[joint]:
            continue
        parent = swings.get(int(PARENTS[joint]), np.eye(3))
        direction = None if is_smpl else _direction(skeleton, found, joint)
        # carried along with the bone above first, so that between the two there is no twist
        swings[joint] = parent
        if direction is not None:
            swings[joint] = _shortest_turn(parent @ _smpl_bones()[joint], axes.T @ direction) @ parent
    return swings


def _direction(skeleton: Skeleton, found: dict[int, int], joint: int) -> Array | None:
    """(3,) where the recorded bone points in its rest, in the file's axes; None where that is not to be known."""
    side, part = JOINT_NAMES[joint].split("_")
    if joint not in found or part not in CHILDREN:
        return None
    joints = rest_joints(skeleton)
    start = joints[found[joint]]
    end = found.get(J[f"{side}_{CHILDREN[part]}"]) if part != "wrist" else None
    if end is not None:
        vector = joints[end] - start
    else:
        children = [number for number, above in enumerate(skeleton.parents) if above == found[joint]]
        fingers = [number for number in children if "thumb" not in skeleton.names[number].lower()]
        middle = [number for number in fingers if "mid" in skeleton.names[number].lower()]
        ends = [joints[number] - start for number in middle or fingers]
        vector = np.mean(ends, axis=0) if ends else skeleton.tips.get(found[joint], np.zeros(3))
    if np.linalg.norm(vector) < 1e-6:
        return None
    if part in ("ankle", "wrist"):
        bone = start - joints[found[int(PARENTS[joint])]]
        cosine = vector @ bone / (np.linalg.norm(vector) * np.linalg.norm(bone))
        says = cosine < np.cos(FOOT_BEND) if part == "ankle" else cosine > np.cos(HAND_BEND)
        return vector if says else None
    return vector


def _shortest_turn(start: Array, end: Array) -> Array:
    """(3, 3) the rotation by the smallest angle that takes one direction to the other."""
    start, end = start / np.linalg.norm(start), end / np.linalg.norm(end)
    halfway = start + end
    if np.linalg.norm(halfway) < 1e-6:  # opposite: any axis across will do
        halfway = np.cross(start, np.eye(3)[np.argmin(np.abs(start))])
    halfway /= np.linalg.norm(halfway)
    # a half turn about each of two axes is a turn about the axis across by twice the angle between them
    half_turns = [2 * np.outer(axis, axis) - np.eye(3) for axis in (halfway, start)]
    return half_turns[0] @ half_turns[1]


def _trunk(
    skeleton: Skeleton, found: dict[int, int], pelvis: int, of: Callable[[int], Array], whole: Array
) -> None:
    """Fills in spine, neck and head. Any number of recorded joints is shared out evenly among SMPL's three spines."""
    tops = [found[joint] for joint in (J["head"], J["neck"]) if joint in found]
    chest = common_ancestor(skeleton, [found[J["left_shoulder"]], found[J["right_shoulder"]], *tops])
    chain = path_between(skeleton, common_ancestor(skeleton, [pelvis, chest]), chest)
    knots = [whole[:, 0], *(of(joint) for joint in chain)]
    for number, spine in enumerate(SPINES, start=1):
        whole[:, spine] = _between(knots, number * len(chain) / len(SPINES))
    above = path_between(skeleton, chest, tops[0]) if tops else []
    knots = [whole[:, SPINES[-1]], *(of(joint) for joint in above)]
    whole[:, J["head"]] = knots[-1]
    # of several joints of a neck the last, which has turned as far as the neck as a whole
    has_neck = len(above) > 1 or J["head"] not in found
    whole[:, J["neck"]] = (
        knots[max(len(above) - 1, 1)] if has_neck and above else _between(knots, len(above) / 2)
    )


def _between(knots: list[Array], place: float) -> Array:
    """Rotations (F, 3, 3) at a fractional number of a list of such."""
    before = min(int(place), len(knots) - 1)
    fraction = place - before
    if fraction < 1e-9:
        return knots[before]
    ends = matrix_to_quaternion(knots[before]), matrix_to_quaternion(knots[before + 1])
    return quaternion_to_matrix(slerp(*ends, np.full(len(ends[0]), fraction)))
