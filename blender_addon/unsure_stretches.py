"""Where in a clip a body is guessed rather than seen, so that it is worth a look; plain numpy."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..inference_server.body.skeleton import JOINT_INDEX

SURE = 0.5
"""A joint below this confidence is unsure."""
LONGEST_PAUSE = 0.25
"""Seconds: what is sure for less in between does not end a stretch."""
LEAST_DOUBT = 0.03
"""Times a second's frames: a stretch with less to look at is none."""
SAME = 0.5
"""Stretches of two limbs are one where they share more than this of the time that either takes."""
LIMBS = {
    "left arm": ("left_collar", "left_shoulder", "left_elbow", "left_wrist", "left_hand"),
    "right arm": ("right_collar", "right_shoulder", "right_elbow", "right_wrist", "right_hand"),
    "left leg": ("left_hip", "left_knee", "left_ankle", "left_foot"),
    "right leg": ("right_hip", "right_knee", "right_ankle", "right_foot"),
    "torso": ("pelvis", "spine1", "spine2", "spine3"),
    "head": ("neck", "head"),
}


@dataclass(frozen=True)
class Stretch:
    """Frames, one after another, in which joints are unsure."""

    first: int
    last: int
    joints: tuple[str, ...]
    """The unsure ones, the least sure first."""
    doubt: float
    """How much there is to look at: what the least sure joint lacks of being sure, summed over the frames."""

    @property
    def middle(self) -> int:
        return (self.first + self.last) // 2

    @property
    def words(self) -> str:
        """What is unsure, such as "left elbow and hand", "left arm and right foot" or "most of the body"."""
        limbs = {limb: [joint for joint in joints if joint in self.joints] for limb, joints in LIMBS.items()}
        limbs = {limb: joints for limb, joints in limbs.items() if joints}
        if len(limbs) > 2:
            return "most of the body"
        if len(limbs) == 2:
            return " and ".join(
                limb if joints[1:] else _words(limb, joints) for limb, joints in limbs.items()
            )
        return next(_words(limb, joints) for limb, joints in limbs.items())


def find_stretches(confidence: np.ndarray, fps: float, first_frame: int = 0) -> list[Stretch]:
    """The unsure stretches in order of their middles.

    confidence (F, 24) between 0 and 1, a joint and frame; fps frames a second; first_frame: the number of the
    first row's frame. Joints of one limb that are unsure at about the same time are one stretch, and so are limbs.
    """
    found: list[Stretch] = []
    for joints in LIMBS.values():
        columns = [JOINT_INDEX[joint] for joint in joints]
        for first, last in _runs(confidence[:, columns].min(axis=1) < SURE, fps):
            found.append(_stretch(confidence, first, last, joints))
    merged: list[Stretch] = []
    for stretch in sorted(found, key=lambda each: (each.first, each.last)):
        same = next((each for each in merged if _shared(each, stretch) > SAME), None)
        if same is not None:
            merged.remove(same)
            joints = same.joints + stretch.joints
            stretch = _stretch(confidence, same.first, max(same.last, stretch.last), joints)
        merged.append(stretch)
    least = LEAST_DOUBT * fps if len(confidence) > 1 else 0.0
    merged = [each for each in merged if each.doubt >= least]
    merged.sort(key=lambda each: (each.middle, each.first))
    return [
        Stretch(each.first + first_frame, each.last + first_frame, each.joints, each.doubt) for each in merged
    ]


def least_sure(stretches: Sequence[Stretch]) -> Stretch | None:
    """The stretch with the most to look at."""
    return max(stretches, key=lambda each: each.doubt, default=None)


def _stretch(confidence: np.ndarray, first: int, last: int, joints: tuple[str, ...]) -> Stretch:
    """Of the joints those that are unsure for half of the time, or the least sure one."""
    columns = [JOINT_INDEX[joint] for joint in joints]
    rows = confidence[first : last + 1, columns]
    order = np.argsort(rows.mean(axis=0), kind="stable").tolist()
    often = np.median(rows, axis=0) < SURE
    kept = [place for place in order if often[place]] or [order[0]]
    doubt = float(np.clip(SURE - rows.min(axis=1), 0, None).sum())
    return Stretch(first, last, tuple(joints[place] for place in kept), doubt)


def _words(limb: str, joints: Sequence[str]) -> str:
    """Which of a limb's joints, in the limb's order."""
    if limb == "torso" or len(joints) == len(LIMBS[limb]):
        return limb
    side = limb.partition(" ")[0]
    parts = [joint.removeprefix(f"{side}_") for joint in joints]
    named = " and ".join(part for part in (", ".join(parts[:-1]), parts[-1]) if part)
    return f"{side} {named}" if side in ("left", "right") else named


def _runs(unsure: np.ndarray, fps: float) -> list[tuple[int, int]]:
    """First and last row of each run of unsure rows (F,), over short pauses."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], unsure, [False]]).astype(np.int8)))
    runs: list[tuple[int, int]] = []
    for first, end in edges.reshape(-1, 2).tolist():
        if runs and first - runs[-1][1] - 1 < LONGEST_PAUSE * fps:
            runs[-1] = runs[-1][0], end - 1
        else:
            runs.append((first, end - 1))
    return runs


def _shared(one: Stretch, other: Stretch) -> float:
    """The part of the frames of either that are of both."""
    both = min(one.last, other.last) - max(one.first, other.first) + 1
    either = max(one.last, other.last) - min(one.first, other.first) + 1
    return both / either
