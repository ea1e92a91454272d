"""From what was seen of a person's hands to the poses of the fingers, in the motion of the whole body."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from ..body.fingers import SIDES
from ..fitting.finger_joints import HandForm, hand_form
from ..fitting.fingers import PARTS, SIGMA, SeenFingers, solve_fingers
from ..fitting.observations import turn_forward_to
from ..motion import Motion
from ..people.seen_hands import SeenHands
from .layout import PALM, PART_STARTS
from .wrists import SeenPalm, agreement, turn_wrists

FITTED_SIGMA: Final = np.radians(5.0)
"""How far the parts of a fitted hand usually are off: a whole surface tells more than points do."""
ENOUGH: Final = 0.3
"""Confidence that a hand must have reached once for its fingers to be solved."""


def with_fingers(
    motion: Motion,
    hands: SeenHands,
    smoothing: float = 1.0,
    on_step: Callable[[], None] = lambda: None,
) -> Motion:
    """The motion, which has a camera, with the fingers' poses, and with wrists that follow the palms; as it is where
    neither hand was ever seen well enough. A hand that was not seen is relaxed, as is one between its stretches that
    were. `on_step` is called before every finger; what it raises ends the work.
    """
    seen = [_hand(motion, hands, number) for number in range(len(SIDES))]
    agreeing = agreement(motion, [hand.palm for hand in seen])
    seen = [hand.less_sure(share) for hand, share in zip(seen, agreeing, strict=True)]
    if max(float(hand.palm.confidence.max(initial=0)) for hand in seen) < ENOUGH:
        return motion
    count = len(motion.frames)
    poses = [
        solve_fingers(hand_form(side), hand.fingers, count, motion.fps, smoothing, on_step)
        for side, hand in zip(SIDES, seen, strict=True)
    ]
    hand_poses = np.concatenate(poses, axis=1).astype(np.float32)
    return replace(turn_wrists(motion, [hand.palm for hand in seen], smoothing), hand_poses=hand_poses)


@dataclass(frozen=True)
class _Hand:
    """What is known of one hand, in those of a motion's frames in which it was seen."""

    palm: SeenPalm
    fingers: SeenFingers

    def less_sure(self, share: np.ndarray) -> "_Hand":
        confidence = self.palm.confidence * share
        return _Hand(replace(self.palm, confidence=confidence), replace(self.fingers, confidence=confidence))


def _hand(motion: Motion, hands: SeenHands, number: int) -> _Hand:
    """Of the left hand (0) or the right (1)."""
    form, fitted = hand_form(SIDES[number]), hands.fitted[:, number]
    used = (hands.confidence[:, number] > 0) & np.isin(hands.frames, motion.frames)
    if (used & fitted).any():
        used &= fitted
        turned = hands.rotations[used, number].astype(np.float64)
        palm, pointing = turned[:, 0], _axes_of_parts(turned[:, 1:])
        at_rest, sigma = np.tile(np.eye(3), (len(form.parts), 1, 1)), FITTED_SIGMA
    else:
        points = hands.points[used, number].astype(np.float64)
        palm, at_rest, sigma = palm_rotations(form, points), form.parts[:, None], SIGMA
        pointing = pointing_in_palm(points, palm)
    rows = np.searchsorted(motion.frames, hands.frames[used])
    confidence = hands.confidence[used, number].astype(np.float64)
    to_world = _in_world(motion, rows, hands.centres[used, number])
    return _Hand(
        SeenPalm(rows, to_world @ palm, confidence), SeenFingers(rows, at_rest, pointing, confidence, sigma)
    )


def _axes_of_parts(turns: np.ndarray) -> np.ndarray:
    """(G, 15, 3, 3) turns relative to the parents -> (G, 15, 3, 3) where each part's three axes point."""
    chained = turns.copy()
    for joint in range(turns.shape[1]):
        if joint % PARTS:
            chained[:, joint] = chained[:, joint - 1] @ turns[:, joint]
    return chained.swapaxes(-1, -2)


def pointing_in_palm(points: np.ndarray, palm: np.ndarray) -> np.ndarray:
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
