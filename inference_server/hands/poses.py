"""From what was seen of a person's hands to the poses of the fingers, in the motion of the whole body."""

from dataclasses import replace
from typing import Final

import numpy as np

from ..body.fingers import PER_HAND
from ..fitting.finger_joints import SIDES, HandForm, hand_form
from ..fitting.fingers import SeenFingers, solve_fingers
from ..fitting.observations import turn_forward_to
from ..motion import Motion
from ..people.seen_hands import SeenHands
from .layout import PALM, PART_STARTS
from .wrists import SeenPalm, agreement, turn_wrists

ENOUGH: Final = 0.3
"""Confidence that a hand must have reached once for its fingers to be solved."""


def with_fingers(motion: Motion, hands: SeenHands, smoothing: float = 1.0) -> Motion:
    """The motion with the fingers' poses, and wrists that follow the palms; as it is where neither hand was ever seen
    well enough. A hand that was not seen is relaxed, as is one between its stretches that were. The motion has a camera.
    """
    used = [_used(motion.frames, hands, number) for number in range(len(SIDES))]
    points = [hands.points[each, number].astype(np.float64) for number, each in enumerate(used)]
    turned = [palm_rotations(hand_form(side), each) for side, each in zip(SIDES, points, strict=True)]
    palms = [_palm(motion, hands, number, used[number], turned[number]) for number in range(len(SIDES))]
    palms = [
        replace(palm, confidence=palm.confidence * share)
        for palm, share in zip(palms, agreement(motion, palms), strict=True)
    ]
    if max(float(palm.confidence.max(initial=0)) for palm in palms) < ENOUGH:
        return motion
    poses = np.empty((len(motion.frames), len(SIDES) * PER_HAND, 3), np.float32)
    for number, (side, palm) in enumerate(zip(SIDES, palms, strict=True)):
        form = hand_form(side)
        pointing = _directions(points[number], turned[number])
        seen = SeenFingers(palm.rows, form.parts[:, None], pointing, palm.confidence)
        own = slice(number * PER_HAND, (number + 1) * PER_HAND)
        poses[:, own] = solve_fingers(form, seen, len(motion.frames), motion.fps, smoothing)
    return replace(turn_wrists(motion, palms, smoothing), hand_poses=poses)


def _palm(motion: Motion, hands: SeenHands, number: int, used: np.ndarray, turned: np.ndarray) -> SeenPalm:
    rows = np.searchsorted(motion.frames, hands.frames[used])
    to_world = _in_world(motion, rows, hands.centres[used, number])
    return SeenPalm(rows, to_world @ turned, hands.confidence[used, number].astype(np.float64))


def _used(frames: np.ndarray, hands: SeenHands, number: int) -> np.ndarray:
    """(G,) where the hand was seen in one of a motion's frames."""
    return (hands.confidence[:, number] > 0) & np.isin(hands.frames, frames)


def _directions(points: np.ndarray, palm: np.ndarray) -> np.ndarray:
    """(G, 15, 1, 3) where the fingers' parts point, with the palm (G, 3, 3) turned back to its rest."""
    parts = points[:, PART_STARTS + 1] - points[:, PART_STARTS]
    parts /= np.maximum(np.linalg.norm(parts, axis=2, keepdims=True), 1e-9)
    return (parts @ palm)[:, :, None]


def _in_world(motion: Motion, rows: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """(G, 3, 3) from a camera that looks at the centres (G, 2), pixels, in those rows of the motion to the world."""
    camera = motion.camera
    assert camera is not None
    rays = (centres - camera.principal_point) / camera.focal_length
    turns = turn_forward_to(np.concatenate([rays, np.ones((len(rays), 1))], axis=1))
    to_camera = camera.rotation[rows] if camera.moves else camera.rotation
    return to_camera.swapaxes(-1, -2) @ turns


def palm_rotations(form: HandForm, points: np.ndarray) -> np.ndarray:
    """points (G, 21, 3) -> (G, 3, 3): how the palm is turned from the rest pose (Kabsch 1976)."""
    rest = form.palm - form.palm.mean(axis=0)
    palm = points[:, PALM] - points[:, PALM].mean(axis=1, keepdims=True)
    u, _, vt = np.linalg.svd(palm.swapaxes(1, 2) @ rest)
    u[..., 2] *= np.linalg.det(u @ vt)[:, None]
    return u @ vt
