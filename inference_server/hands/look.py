"""The look at everybody's hands, when it is known who is who: where each hand is, and what the networks make of it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from ..body.skeleton import KEYPOINT_INDEX
from ..media import Source, read_frames
from ..people.crop import Picture, Region
from ..people.networks import Networks, load_hand_network
from ..people.seen_hands import SHAPES, SeenHands
from ..people.track_files import SeenPeople
from .landmarks import hand_landmarks
from .regions import SIDES, region_from_keypoints, region_from_points

SURE: Final = 0.5
"""Presence from which a hand is followed by its own points."""
LEAST_PRESENCE, FULL_PRESENCE = 0.25, 0.75
"""Presence at which a hand's points begin to count, and from which they count in full."""
SHARP: Final = 64.0
"""Pixels that a hand's region spans where its points are as exact as they get."""
FARTHEST: Final = 0.6
"""How far a hand's wrist may lie from its arm's, over the side of its region: beyond that it is another's."""
AGAIN_SECONDS: Final = 0.1
"""Where a hand was not to be seen it is looked for again after so long."""


@dataclass(frozen=True)
class HandNetwork:
    """Networks that look at hands, ready to run."""

    networks: Networks
    """The one of the landmarks."""
    fit: Callable[[Picture, list["HandLook"]], list["HandLook"]] | None = None
    """Looks once more at those of one frame that were found, where there is a network that knows more of them."""


@dataclass(frozen=True)
class HandLook:
    """One hand in one frame."""

    side: str
    points: np.ndarray
    """(21, 2) pixels."""
    world: np.ndarray
    """(21, 3) metres, as in SeenHands."""
    centre: np.ndarray
    """(2,) pixels."""
    confidence: float
    rotations: np.ndarray | None = None
    """(16, 3, 3), as in SeenHands."""


def open_hand_network(device: str = "auto", threads: int | None = None) -> HandNetwork:
    """Raises RecoveryError where the weights are missing."""
    return HandNetwork(load_hand_network(device, threads))


@dataclass
class _Followed:
    """A hand on its way through the frames."""

    region: Region | None = None
    """Where it was seen last and is looked for next."""
    frame: int = -1
    """When it was looked for last."""


def look_at_hands(
    source: Source,
    seen: SeenPeople,
    network: HandNetwork,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> SeenPeople:
    """`seen` with what is to be seen of everybody's hands. Reads the source again.

    `on_progress` is told how many frames are done, of how many. When `should_stop` turns true the other frames are
    left out. Raises RecoveryError.
    """
    first = min(int(track.frames[0]) for track in seen.tracks)
    last = max(int(track.frames[-1]) for track in seen.tracks)
    people: list[list[tuple[int, list[HandLook]]]] = [[] for _ in seen.tracks]
    followed = [{side: _Followed() for side in SIDES} for _ in seen.tracks]
    pause = max(1, round(AGAIN_SECONDS * seen.fps))
    on_progress(0, last - first + 1)
    for frame in read_frames(source, first, last, []):
        picture = Picture(frame.image)
        for person, track in enumerate(seen.tracks):
            row = int(np.searchsorted(track.frames, frame.index))
            if row == len(track.frames) or track.frames[row] != frame.index or not track.observed[row]:
                continue
            looks = _look(network, picture, track.keypoints[row], followed[person], frame.index, pause)
            if looks and network.fit is not None:
                looks = network.fit(picture, looks)
            if looks:
                people[person].append((frame.index, looks))
        on_progress(frame.index - first + 1, last - first + 1)
        if should_stop():
            break
    return replace(seen, hands=tuple(map(_seen_hands, people)))


def _look(
    network: HandNetwork, picture: Picture, keypoints: np.ndarray, followed: dict[str, _Followed], frame: int,
    pause: int,
) -> list[HandLook]:  # fmt: skip
    """The hands of one person in one frame that are seen well enough."""
    looks = []
    height, width = picture.image.shape[:2]
    for side, hand in followed.items():
        region = hand.region if hand.frame == frame - 1 else None
        is_new = region is None
        if is_new:
            if hand.frame >= 0 and frame - hand.frame < pause:
                continue
            region = region_from_keypoints(keypoints, side, width, height)
        hand.frame, hand.region = frame, None
        if region is None:
            continue
        found = hand_landmarks(network.networks, picture, region, side)
        closer = region_from_points(found.points, width, height)
        if is_new and closer is not None:  # its own points show better where it is
            again = hand_landmarks(network.networks, picture, closer, side)
            if again.presence > found.presence:
                region, found = closer, again
                closer = region_from_points(found.points, width, height)
        wrist = keypoints[KEYPOINT_INDEX[f"{side}_wrist"]]
        if np.hypot(*(found.points[0] - wrist[:2])) > FARTHEST * region.side:
            continue
        if found.presence > SURE:
            hand.region = closer
        share = (found.presence - LEAST_PRESENCE) / (FULL_PRESENCE - LEAST_PRESENCE)
        confidence = float(np.clip(share, 0, 1)) * min(1.0, region.side / SHARP)
        if confidence > 0:
            looks.append(HandLook(side, found.points, found.world, region.centre, confidence))
    return looks


def _seen_hands(frames: list[tuple[int, list[HandLook]]]) -> SeenHands:
    count = len(frames)
    arrays = {
        name: np.zeros((count, *shape), {"iu": np.int64, "b": bool}.get(kind, np.float32))
        for name, (kind, shape) in SHAPES.items()
    }
    arrays["rotations"][:] = np.eye(3)
    for row, (frame, looks) in enumerate(frames):
        arrays["frames"][row] = frame
        for look in looks:
            at = row, SIDES.index(look.side)
            arrays["points"][at], arrays["centres"][at] = look.world, look.centre
            arrays["confidence"][at] = look.confidence
            if look.rotations is not None:
                arrays["rotations"][at], arrays["fitted"][at] = look.rotations, True
    return SeenHands(**arrays)
