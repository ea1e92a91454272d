"""The hub between all rigs: the bones of a human being by VRM's names, and a motion on them.

The names are those of VRM 1.0's humanoid ("VRMC_vrm-1.0", humanoid.md), without the eyes and the jaw.
"""

from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from ...inference_server.errors import RecoveryError

SIDES: Final = ("left", "right")
FINGERS: Final = ("Thumb", "Index", "Middle", "Ring", "Little")


def finger_bones(side: str, finger: str) -> tuple[str, str, str]:
    """The three bones of a finger, from the hand outwards."""
    parts = (
        ("Metacarpal", "Proximal", "Distal") if finger == "Thumb" else ("Proximal", "Intermediate", "Distal")
    )
    first, second, third = (f"{side}{finger}{part}" for part in parts)
    return first, second, third


def _parents() -> dict[str, str | None]:
    parents: dict[str, str | None] = {
        "hips": None,
        "spine": "hips",
        "chest": "spine",
        "upperChest": "chest",
        "neck": "upperChest",
        "head": "neck",
    }
    for side in SIDES:
        above = "upperChest"
        for part in ("Shoulder", "UpperArm", "LowerArm", "Hand"):
            parents[f"{side}{part}"] = above
            above = f"{side}{part}"
        above = "hips"
        for part in ("UpperLeg", "LowerLeg", "Foot", "Toes"):
            parents[f"{side}{part}"] = above
            above = f"{side}{part}"
    for side in SIDES:
        for finger in FINGERS:
            bones = finger_bones(side, finger)
            parents |= dict(zip(bones, (f"{side}Hand", *bones), strict=False))
    return parents


PARENTS: Final = _parents()
"""Each bone's parent, which stands before it."""
BONES: Final = tuple(PARENTS)
SPINE: Final = ("spine", "chest", "upperChest")
"""Between hips and neck, which can be split over any number of a rig's bones."""
LIMBS: Final = tuple(
    f"{side}{part}"
    for side in SIDES
    for part in ("UpperArm", "LowerArm", "Hand", "UpperLeg", "LowerLeg", "Foot")
)
NEEDED: Final = frozenset(
    {"hips", "head"}
    | {f"{side}{part}" for side in SIDES for part in ("UpperArm", "LowerArm", "UpperLeg", "LowerLeg", "Foot")}
)
"""The bones without which a rig is not taken for a person."""
POSED: Final = tuple(bone for bone in BONES if bone in NEEDED - {"head"})
"""The bones without which no pose can be told."""
FINGER_BONES: Final = tuple(bone for bone in BONES if any(finger in bone for finger in FINGERS))
OWN: Final = frozenset({*FINGER_BONES, "leftToes", "rightToes"})
"""The bones that stay as the character's owner posed them where the motion says nothing of them."""


def mirrored(bone: str) -> str:
    """The bone of the other side; of the middle, itself."""
    if bone.startswith("left"):
        return "right" + bone.removeprefix("left")
    if bone.startswith("right"):
        return "left" + bone.removeprefix("right")
    return bone


@dataclass(frozen=True)
class Mapping:
    """Which bones of a rig are the hub's."""

    table: str
    """The name of the table of `rigs/`, "structure" where none fits, or a preset's."""
    bones: dict[str, tuple[str, ...]]
    """The hub's name -> the rig's; several, from the body outwards, where a spine, a neck or a limb is split."""
    root: str | None = None
    """The bone that stands on the floor and takes root motion, where the rig has one."""
    score: float = 1.0
    """How well the table fits, from 0 to 1."""


def as_seen(mapping: Mapping, to_world: np.ndarray) -> Mapping:
    """The mapping of a rig whose object, by its matrix `to_world` (4, 4), is a mirror image: left is right in it."""
    if np.linalg.det(to_world[:3, :3]) >= 0:
        return mapping
    return replace(mapping, bones={mirrored(bone): names for bone, names in mapping.bones.items()})


def require_limbs(mapping: Mapping) -> None:
    """Raises RecoveryError("bones_missing") where bones are not chosen without which no pose can be told."""
    missing = [bone for bone in POSED if not mapping.bones.get(bone)]
    if missing:
        raise RecoveryError(
            "bones_missing",
            f"No bone is chosen for {', '.join(missing)}.",
            "Choose hips, upper and lower arms, upper and lower legs and feet of both sides.",
        )


@dataclass(frozen=True)
class HumanMotion:
    """A person's motion, of whatever source: F frames, evenly spaced, N bones. World: Z up, metres.

    The T-pose that it counts from stands upright, faces -Y and has its soles on Z = 0.
    """

    fps: float
    frames: np.ndarray
    """(F,) float64 the scene's frames, whole or not, that the motion's fall on."""
    bones: tuple[str, ...]
    """The hub's names, of those that the source has; parents stand before children."""
    rotations: np.ndarray
    """(F, N, 3, 3) how far each bone is turned in the world from the T-pose."""
    rest_joints: np.ndarray
    """(N, 3) where the bones' joints are in the T-pose."""
    joints: np.ndarray
    """(F, N, 3) where they are in the world."""
    facing: np.ndarray = field(default_factory=lambda: np.eye(3))
    """(3, 3) about the vertical, from -Y to where the source itself looks at rest."""
