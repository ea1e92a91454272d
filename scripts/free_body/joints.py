"""Where SMPL's 24 joints lie among MakeHuman's bones, and which bones move with which joint."""

import numpy as np
from numpy.typing import NDArray

from human_mesh_recovery.inference_server.body.skeleton import JOINT_INDEX

from .sampling import Samples

Array = NDArray[np.float64]

MIDLINE = {
    "root": "pelvis", "pelvis": "pelvis", "spine05": "pelvis", "spine04": "spine1", "spine03": "spine2",
    "spine02": "spine3", "spine01": "spine3", "breast": "spine3", "neck": "neck", "head": "head",
    "eye": "head",
}  # fmt: skip
"""The beginning of a bone's name -> the joint that moves it."""
SIDES = {
    "upperleg": "hip", "lowerleg": "knee", "foot": "ankle", "toe": "foot", "clavicle": "collar",
    "shoulder": "collar", "upperarm": "shoulder", "lowerarm": "elbow", "wrist": "wrist",
    "metacarpal": "wrist", "finger1-1": "wrist", "finger": "hand",
}  # fmt: skip
"""The same for limbs, whose joints have a side. The first that fits holds."""


def joint_of_bone(bone: str) -> str:
    """The name of the SMPL joint that moves a bone of MakeHuman's. Raises KeyError for an unknown one."""
    for beginning, joint in MIDLINE.items():
        if bone.startswith(beginning):
            return joint
    side = {"L": "left", "R": "right"}[bone[-1]]
    for beginning, joint in SIDES.items():
        if bone.startswith(beginning):
            return f"{side}_{joint}"
    raise KeyError(bone)


def joint_weights(samples: Samples) -> Array:
    """(N, 24): each vertex's bone weights, added up by joint."""
    joint_of = np.zeros((len(samples.bones), len(JOINT_INDEX)))
    for row, bone in enumerate(samples.bones):
        joint_of[row, JOINT_INDEX[joint_of_bone(bone)]] = 1
    weights = samples.bone_weights @ joint_of
    return weights / weights.sum(axis=1, keepdims=True)


def joint_positions(heads: Array, bones: list[str]) -> Array:
    """(S, K, 3) bone heads -> (S, 24, 3) joints.

    Most are a bone's head. SMPL's hips, collars and spine lie between MakeHuman's: the fractions place them.
    """
    place = {bone: heads[:, index] for index, bone in enumerate(bones)}
    joints = np.empty((len(heads), len(JOINT_INDEX), 3))

    def put(joint: str, position: Array) -> None:
        joints[:, JOINT_INDEX[joint]] = position

    hips = (place["upperleg01.L"] + place["upperleg01.R"]) / 2
    put("pelvis", hips + (place["spine04"] - hips) * (0.65, 0.65, 0.4))
    put("spine1", place["spine03"])
    put("spine2", 0.15 * place["spine03"] + 0.85 * place["spine02"])
    put("spine3", 0.55 * place["spine02"] + 0.45 * place["spine01"])
    put("neck", place["neck01"])
    put("head", place["head"])
    for side, letter in (("left", "L"), ("right", "R")):
        put(f"{side}_hip", hips + 0.82 * (place[f"upperleg01.{letter}"] - hips))
        put(f"{side}_knee", place[f"lowerleg01.{letter}"])
        put(f"{side}_ankle", place[f"foot.{letter}"])
        put(f"{side}_foot", np.mean([place[f"toe{toe}-1.{letter}"] for toe in (1, 2, 3, 4, 5)], axis=0))
        put(f"{side}_collar", 0.35 * place[f"clavicle.{letter}"] + 0.65 * place[f"shoulder01.{letter}"])
        put(f"{side}_shoulder", place[f"upperarm01.{letter}"])
        put(f"{side}_elbow", place[f"lowerarm01.{letter}"])
        put(f"{side}_wrist", place[f"wrist.{letter}"])
        put(f"{side}_hand", np.mean([place[f"finger{finger}-1.{letter}"] for finger in (2, 3, 4, 5)], axis=0))
    return joints
