"""How well a target does what the source does, from where Blender's evaluated bones are."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from human_mesh_recovery.inference_server.body import rotation
from human_mesh_recovery.inference_server.body.skeleton import JOINT_INDEX as J

from .contact_motion import ContactMotion

Array = np.ndarray
SOURCE: Final = {
    "upper_arm": "shoulder", "forearm": "elbow", "hand": "wrist", "thigh": "hip", "shin": "knee", "foot": "ankle",
    "toes": "foot",
}  # fmt: skip
LIMBS: Final = (("upper_arm", "forearm"), ("forearm", "hand"), ("thigh", "shin"), ("shin", "foot"))
SIDES: Final = ("left", "right")
UP: Final = np.array([0.0, 0.0, 1.0])
STRAIGHT: Final = np.radians(20)
"""A rest elbow that bends more than this shows by itself where its hinge is."""


@dataclass(frozen=True)
class Posed:
    """The bones of a character, by the names of characters.bones_of. World, metres."""

    rest: dict[str, Array]
    """(3,) each joint at rest."""
    rest_turns: dict[str, Array]
    """(3, 3) each bone's axes at rest."""
    joints: dict[str, Array]
    """(F, 3) in each frame."""
    turns: dict[str, Array]
    """(F, 3, 3)"""
    floor: float
    """The height on which the character stands at rest."""


def measure(source: ContactMotion, posed: Posed, heading: Array | None = None) -> dict[str, float]:
    """Degrees, per cent of a limb's length, mm a second and mm over the legs' ratio; see the names.

    heading (3, 3): by what the source is turned to be compared; by default to where the target looks at rest.
    """
    turn = _heading(posed) if heading is None else heading
    legs = [_rest_length(posed, side, ("thigh", "shin", "foot")) for side in SIDES]
    source_legs = [_source_length(source, side, ("hip", "knee", "ankle")) for side in SIDES]
    ratio = float(np.mean(legs) / np.mean(source_legs))
    found = _directions(source, posed, turn)
    found |= _ends(source, posed, turn)
    found |= _palms_and_hinges(source, posed, turn)
    found |= _contacts(source, posed, ratio)
    hips = posed.joints["hips"] - posed.joints["hips"][0]
    pelvis = (source.joints[:, 0] - source.joints[0, 0]) @ turn.T
    # the path over the floor, in legs' lengths
    found["path %"] = 100 * _norm((hips / ratio - pelvis)[:, :2]).mean() / float(np.mean(source_legs))
    found["jump"] = _largest_jump(source, posed)
    return found


def _directions(source: ContactMotion, posed: Posed, turn: Array) -> dict[str, float]:
    errors = []
    for side in SIDES:
        for start, end in LIMBS:
            wanted = _source_line(source, side, start, end) @ turn.T
            errors.append(_angle(wanted, posed.joints[f"{side}_{end}"] - posed.joints[f"{side}_{start}"]))
    arms, legs = np.concatenate([*errors[:2], *errors[4:6]]), np.concatenate([*errors[2:4], *errors[6:]])
    everything = np.concatenate([arms, legs])
    toes = [
        _angle(
            _source_line(source, side, "foot", "toes") @ turn.T * [1, 1, 0],
            (posed.joints[f"{side}_toes"] - posed.joints[f"{side}_foot"]) * [1, 1, 0],
        )
        for side in SIDES
        if f"{side}_toes" in posed.joints
    ]
    lines = {
        name: _angle(
            (_source(source, "left", part) - _source(source, "right", part)) @ turn.T,
            posed.joints[f"left_{part}"] - posed.joints[f"right_{part}"],
        ).mean()
        for name, part in (("hip line", "thigh"), ("shoulder line", "upper_arm"))
    }
    return {
        "mean": everything.mean(), "p95": float(np.percentile(everything, 95)),
        "arms": arms.mean(), "legs": legs.mean(), "toe yaw": np.concatenate(toes).mean(), **lines,
    }  # fmt: skip


def _ends(source: ContactMotion, posed: Posed, turn: Array) -> dict[str, float]:
    """How far wrist and ankle are off, seen from shoulder and hip, in per cent of the limb's length."""
    found = {}
    for name, chain in (
        ("wrist %", ("upper_arm", "forearm", "hand")),
        ("ankle %", ("thigh", "shin", "foot")),
    ):
        off = []
        for side in SIDES:
            own = _source_length(source, side, tuple(SOURCE[part] for part in chain))
            wanted = _source_line(source, side, chain[0], chain[2]) @ turn.T / own
            reach = posed.joints[f"{side}_{chain[2]}"] - posed.joints[f"{side}_{chain[0]}"]
            off.append(_norm(reach / _rest_length(posed, side, chain) - wanted))
        found[name] = 100 * np.concatenate(off).mean()
    return found


def _palms_and_hinges(source: ContactMotion, posed: Posed, turn: Array) -> dict[str, float]:
    """How far palms and the elbows' axes point elsewhere than the source's.

    In the T-pose the source's palms look down and its elbows turn about the vertical. A target's palm is that of its
    knuckles; its hinge that of its rest, taken along as its upper arm is led into the T-pose the shortest way.
    """
    palms, hinges = [], []
    for side, sign in zip(SIDES, (1.0, -1.0), strict=True):
        along = turn @ [sign, 0.0, 0.0]
        upper, fore, hand = (posed.rest[f"{side}_{part}"] for part in ("upper_arm", "forearm", "hand"))
        first, second = _unit(fore - upper), _unit(hand - fore)
        hinge = _shortest(first, along).T @ UP
        if np.arccos(np.clip(first @ second, -1, 1)) > STRAIGHT:
            hinge = _unit(np.cross(first, second)) * -sign
        moved = _carried(posed, f"{side}_upper_arm", hinge)
        wanted = source.rotations[:, J[f"{side}_shoulder"]] @ UP @ turn.T
        hinges.append(_angle(moved, wanted))
        if f"{side}_index" in posed.rest and f"{side}_pinky" in posed.rest:
            wanted = source.rotations[:, J[f"{side}_wrist"]] @ -UP @ turn.T
            palms.append(_angle(_palm(posed.joints, side), wanted))
    found = {"hinge": float(np.concatenate(hinges).mean())}
    return found | ({"palm": float(np.concatenate(palms).mean())} if palms else {"palm": float("nan")})


def _palm(places: dict[str, Array], side: str) -> Array:
    """(..., 3) where the palm looks, from wrist and knuckles."""
    hand = places[f"{side}_hand"]
    across = np.cross(places[f"{side}_index"] - hand, places[f"{side}_pinky"] - hand)
    return _unit(across) * (1.0 if side == "right" else -1.0)


def _contacts(source: ContactMotion, posed: Posed, ratio: float) -> dict[str, float]:
    slides, depths, gaps = [], [], []
    fps = source.motion.fps
    for foot, side in enumerate(SIDES):
        stands = source.contacts[:, foot]
        held = stands[1:] & stands[:-1]
        for part in ("foot", "toes"):
            if f"{side}_{part}" not in posed.joints:
                continue
            speed = _norm(np.diff(posed.joints[f"{side}_{part}"], axis=0)[:, :2]) * fps * 1000 / ratio
            slides.append(speed[held])
        soles = [_sole(posed, side, "foot", "foot"), _sole(posed, side, "toes", "foot")]
        heights = (np.stack(soles) - posed.floor) * 1000 / ratio
        depths.append(-heights.min(axis=0))
        gaps.append(np.abs(heights[:, stands]).max(axis=0))
    slide = np.concatenate(slides)
    return {
        "slide": slide.mean(), "slide p95": float(np.percentile(slide, 95)),
        "sunk": max(0.0, float(np.max(depths))), "gap": float(np.concatenate(gaps).mean()),
    }  # fmt: skip


def _sole(posed: Posed, side: str, joint: str, bone: str) -> Array:
    """(F,) the height of the point that is below a joint on the floor at rest, moving with a bone."""
    name = f"{side}_{bone}"
    point = posed.rest.get(f"{side}_{joint}", posed.rest[name]) * [1, 1, 0] + posed.floor * UP
    offset = posed.rest_turns[name].T @ (point - posed.rest[name])
    return (posed.joints[name] + posed.turns[name] @ offset)[:, 2]


def _largest_jump(source: ContactMotion, posed: Posed) -> float:
    """By how many degrees a limb turns more from one frame to the next than the source's does, at most."""
    worst = 0.0
    for side in SIDES:
        for part in ("upper_arm", "forearm", "hand", "thigh", "shin", "foot"):
            own, other = (
                np.degrees(_norm(rotation.matrix_to_axis_angle(np.swapaxes(turns[:-1], 1, 2) @ turns[1:])))
                for turns in (posed.turns[f"{side}_{part}"], source.rotations[:, J[f"{side}_{SOURCE[part]}"]])
            )
            worst = max(worst, float((own - other).max()))
    return worst


def _heading(posed: Posed) -> Array:
    """(3, 3) the turn about Z from facing -Y to where the target looks at rest: its hips' line from +X."""
    x, y, _ = posed.rest["left_thigh"] - posed.rest["right_thigh"]
    return rotation.axis_angle_to_matrix([0, 0, np.arctan2(y, x)])


def _carried(posed: Posed, name: str, direction: Array) -> Array:
    """(F, 3) a direction of the rest pose that moves with a bone."""
    return posed.turns[name] @ (posed.rest_turns[name].T @ direction)


def _source(source: ContactMotion, side: str, part: str) -> Array:
    return source.joints[:, J[f"{side}_{SOURCE[part]}"]]


def _source_line(source: ContactMotion, side: str, start: str, end: str) -> Array:
    return _source(source, side, end) - _source(source, side, start)


def _source_length(source: ContactMotion, side: str, chain: tuple[str, ...]) -> float:
    joints = [source.joints[0, J[f"{side}_{name}"]] for name in chain]
    return float(sum(_norm(end - start) for start, end in pairwise(joints)))


def _rest_length(posed: Posed, side: str, chain: tuple[str, ...]) -> float:
    joints = [posed.rest[f"{side}_{part}"] for part in chain]
    return float(sum(_norm(end - start) for start, end in pairwise(joints)))


def _shortest(start: Array, end: Array) -> Array:
    """(3, 3) the smallest turn from one direction to another, which is not its opposite."""
    axis = np.cross(start, end)
    sine = _norm(axis)
    if sine < 1e-12:
        return np.eye(3)
    return rotation.axis_angle_to_matrix(axis / sine * np.arctan2(sine, start @ end))


def _angle(one: Array, other: Array) -> Array:
    """Degrees between directions (..., 3)."""
    return np.degrees(np.arctan2(_norm(np.cross(one, other)), np.sum(one * other, axis=-1)))


def _unit(vector: Array) -> Array:
    return vector / _norm(vector)[..., None]


def _norm(vector: Array) -> Array:
    return np.linalg.norm(vector, axis=-1)
