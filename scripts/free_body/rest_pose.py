"""From MakeHuman's rest pose, arms lowered, to the straight T of SMPL's form."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from .sampling import Samples

Array = NDArray[np.float64]
Aim = tuple[float, float, float]

# where the left limbs point in the T-pose; the right ones mirror them
UPPER_ARM: Aim = (1.0, -0.02, -0.06)
FOREARM: Aim = (1.0, 0.0, 0.0)
PALM: Aim = (1.0, -0.05, -0.05)
FINGERS: Aim = (1.0, -0.15, 0.0)
THIGH: Aim = (0.075, -1.0, 0.0)
SHIN: Aim = (0.02, -1.0, -0.08)
TOE_OUT = 0.18
"""How far the toes point outwards, as the sine of the angle."""
SHOULDER_SHARE = 0.25
CLAVICLE_SHARE = 0.10
"""How much of the upper arm's turn the shoulder and the clavicle follow, as people's do."""
LONG_FINGERS = (2, 3, 4, 5)


def straighten(samples: Samples) -> tuple[Array, Array]:
    """Poses every adult by MakeHuman's own bones and weights -> vertices (S, N, 3), bone heads (S, K, 3)."""
    rotations = np.broadcast_to(np.eye(3), (*samples.bone_heads.shape[:2], 3, 3)).copy()
    for side in ("L", "R"):
        for is_moved, rotation in _arm(samples, side) + _leg(samples, side):
            rotations[:, [is_moved(bone) for bone in samples.bones]] = rotation[:, None]
    heads = samples.bone_heads
    moved_heads = heads.copy()
    for bone, parent in enumerate(samples.parents):
        if parent >= 0:
            offset = heads[:, bone] - heads[:, parent]
            moved_heads[:, bone] = moved_heads[:, parent] + _turn(rotations[:, parent], offset)
    shifts = moved_heads - _turn(rotations, heads)
    vertices = np.empty_like(samples.vertices)
    for person, surface in enumerate(samples.vertices):
        turned = (samples.bone_weights @ rotations[person].reshape(-1, 9)).reshape(-1, 3, 3)
        vertices[person] = _turn(turned, surface) + samples.bone_weights @ shifts[person]
    return vertices, moved_heads


Move = tuple[Callable[[str], bool], Array]
"""Which bones turn, and by what rotation (S, 3, 3) relative to MakeHuman's rest pose."""


def _arm(samples: Samples, side: str) -> list[Move]:
    head, aim = _heads_of(samples, side), _aims(side)
    upper_arm = least_turn(head("lowerarm01") - head("upperarm01"), aim(UPPER_ARM))
    forearm = least_turn(head("wrist") - head("lowerarm01"), aim(FOREARM))
    knuckles = np.mean([head(f"finger{finger}-1") for finger in LONG_FINGERS], axis=0)
    tips = np.mean([head(f"finger{finger}-3") for finger in LONG_FINGERS], axis=0)
    # each follows the bone before it first, so that it does not twist against it
    palm = least_turn(_turn(forearm, knuckles - head("wrist")), aim(PALM)) @ forearm
    fingers = least_turn(_turn(palm, tips - knuckles), aim(FINGERS)) @ palm
    return [
        (_named(side, "clavicle"), _share(upper_arm, CLAVICLE_SHARE)),
        (_named(side, "shoulder01"), _share(upper_arm, SHOULDER_SHARE)),
        (_named(side, "upperarm"), upper_arm),
        (_named(side, "lowerarm"), forearm),
        (_named(side, "wrist", "metacarpal", "finger1"), palm),
        (_named(side, *(f"finger{finger}" for finger in LONG_FINGERS)), fingers),
    ]


def _leg(samples: Samples, side: str) -> list[Move]:
    head, aim = _heads_of(samples, side), _aims(side)
    toes = np.mean([head(f"toe{toe}-1") for toe in (2, 3, 4, 5)], axis=0) - head("foot")
    length = np.hypot(toes[:, 0], toes[:, 2])
    outwards, forwards = aim((TOE_OUT, 0.0, np.sqrt(1 - TOE_OUT**2)))[[0, 2]]
    # the foot keeps its pitch: only its heading changes
    aimed_toes = np.stack([outwards * length, toes[:, 1], forwards * length], axis=-1)
    return [
        (_named(side, "upperleg"), least_turn(head("lowerleg01") - head("upperleg01"), aim(THIGH))),
        (_named(side, "lowerleg"), least_turn(head("foot") - head("lowerleg01"), aim(SHIN))),
        (_named(side, "foot", "toe"), least_turn(toes, aimed_toes)),
    ]


def _named(side: str, *beginnings: str) -> Callable[[str], bool]:
    return lambda bone: bone.startswith(beginnings) and bone.endswith(f".{side}")


def _heads_of(samples: Samples, side: str) -> Callable[[str], Array]:
    return lambda bone: samples.bone_heads[:, samples.bones.index(f"{bone}.{side}")]


def _aims(side: str) -> Callable[[Aim], Array]:
    return lambda direction: np.array(direction) * ((1 if side == "L" else -1), 1, 1)


def _turn(rotations: Array, vectors: Array) -> Array:
    return (rotations @ vectors[..., None])[..., 0]


def least_turn(start: Array, end: Array) -> Array:
    """The smallest rotations that turn (S, 3) directions to (3,) or (S, 3) others, never opposite ones."""
    start = start / np.linalg.norm(start, axis=-1, keepdims=True)
    end = np.broadcast_to(end / np.linalg.norm(end, axis=-1, keepdims=True), start.shape)
    normal = np.cross(start, end)
    sine = np.linalg.norm(normal, axis=-1, keepdims=True)
    angle = np.arctan2(sine, np.sum(start * end, axis=-1, keepdims=True))
    return Rotation.from_rotvec(normal * angle / np.maximum(sine, 1e-12)).as_matrix()


def _share(rotations: Array, share: float) -> Array:
    return Rotation.from_rotvec(Rotation.from_matrix(rotations).as_rotvec() * share).as_matrix()
