"""The fingers of the bodies that SMPL's family has hands for, on the hub's bones."""

from typing import Final

import numpy as np

from ...inference_server.body.skeleton import FINGER_NAMES
from .humanoid import FINGERS, SIDES, finger_bones

KNUCKLES: Final = {
    "Index": ((0.096, 0.026, 0.0), (0.128, 0.028, -0.001), (0.150, 0.029, -0.002)),
    "Middle": ((0.097, 0.000, 0.003), (0.129, 0.000, 0.002), (0.153, 0.000, 0.0)),
    "Ring": ((0.088, -0.022, 0.002), (0.117, -0.024, 0.001), (0.141, -0.026, 0.0)),
    "Little": ((0.075, -0.041, 0.0), (0.093, -0.046, -0.001), (0.110, -0.050, -0.002)),
    "Thumb": ((0.024, 0.024, -0.008), (0.049, 0.045, -0.014), (0.074, 0.063, -0.018)),
}
"""Metres along the forearm, ahead and up from the wrist to each joint of a straight hand in the T-pose, palm down.

An adult's, rounded: only the directions count.
"""
SMPL_FINGERS: Final = {
    "index": "Index",
    "middle": "Middle",
    "pinky": "Little",
    "ring": "Ring",
    "thumb": "Thumb",
}


def rest_fingers(side: str, wrist: np.ndarray) -> dict[str, np.ndarray]:
    """The hub's finger bones of one side -> (3,) their joints in the T-pose that faces -Y, of a `wrist` (3,)."""
    sign = 1.0 if side == "left" else -1.0
    joints: dict[str, np.ndarray] = {}
    for finger in FINGERS:
        places = [np.array([sign * along, -ahead, up]) for along, ahead, up in KNUCKLES[finger]]
        joints |= {
            bone: wrist + place for bone, place in zip(finger_bones(side, finger), places, strict=True)
        }
    return joints


def smpl_order() -> list[str]:
    """The hub's name of each of `FINGER_NAMES`."""
    names = {}
    for side in SIDES:
        for word, finger in SMPL_FINGERS.items():
            for number, bone in enumerate(finger_bones(side, finger), start=1):
                names[f"{side}_{word}{number}"] = bone
    return [names[name] for name in FINGER_NAMES]
