"""The look at everybody's hands, when it is known who is who: where each hand is, and what the networks make of it."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np

from ..body.fingers import SIDES
from ..body.skeleton import KEYPOINT_INDEX
from ..errors import RecoveryError
from ..media import Source, read_frames
from ..people.crop import Picture, Region
from ..people.networks import Networks, load_hand_network
from ..people.seen_hands import SHAPES, SeenHands
from ..people.track_files import SeenPeople
from .i2l import open_hand_fitter
from .landmarks import hand_landmarks
from .look_types import HandFitter, HandLook
from .regions import region_from_keypoints, region_from_points

SURE: Final = 0.5
"""Presence from which a hand is followed by its own points."""
LEAST_PRESENCE, FULL_PRESENCE = 0.25, 0.75
"""Presence at which a hand's points begin to count, and from which they count in full."""
SHARP: Final = 64.0
"""Pixels that a hand's region spans where its points are as exact as they get."""
FARTHEST: Final = 0.6
"""How far a hand's wrist may lie from its arm's, over the side of its region: beyond that it is another's."""
TOGETHER: Final = 16
"""Hands of a person that the fitter sees at a time: it takes its time to begin."""
AGAIN_SECONDS: Final = 0.1
"""Where a hand was not to be seen it is looked for again after so long."""


@dataclass(frozen=True)
class HandNetworks:
    """Networks that look at hands, ready to run."""

    networks: Networks
    """The one of the landmarks."""
    fitter: HandFitter | None = None
    """The imported one, where there is one."""
    warning: str = ""
    """Why there is none, though one was imported."""


def open_hand_networks(device: str = "auto", threads: int | None = None) -> HandNetworks:
    """Where what was imported is damaged the usual one works alone. Raises RecoveryError where that one is missing."""
    networks = load_hand_network(device, threads)
    try:
        return HandNetworks(networks, open_hand_fitter(device))
    except RecoveryError as error:
        return HandNetworks(networks, None, f"Hands were looked at without I2L-MeshNet: {error}")


@dataclass
class _Person:
    """What was seen of one person's hands so far."""

    looks: dict[int, list[HandLook]] = field(default_factory=dict)
    """By frame."""
    waiting: list[tuple[int, Any]] = field(default_factory=list)
    """Frames and crops that the fitter is to see."""


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
    network: HandNetworks,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> SeenPeople:
    """`seen` with what is to be seen of everybody's hands. Reads the source again.

    `on_progress` is told how many frames are done, of how many. When `should_stop` turns true before the last it is
    `seen` as it was: a look at a part would be taken for the whole. Raises RecoveryError.
    """
    first = min(int(track.frames[0]) for track in seen.tracks)
    last = max(int(track.frames[-1]) for track in seen.tracks)
    people = [_Person() for _ in seen.tracks]
    followed = [{side: _Followed() for side in SIDES} for _ in seen.tracks]
    pause = max(1, round(AGAIN_SECONDS * seen.fps))
    on_progress(0, last - first + 1)
    for frame in read_frames(source, first, last, []):
        picture = Picture(frame.image)
        for person, track in enumerate(seen.tracks):
            row = int(np.searchsorted(track.frames, frame.index))
            if row == len(track.frames) or track.frames[row] != frame.index or not track.observed[row]:
                continue
            for look in _look(network, picture, track.keypoints[row], followed[person], frame.index, pause):
                _take(network.fitter, people[person], frame.index, look, picture)
        on_progress(frame.index - first + 1, last - first + 1)
        if frame.index < last and should_stop():
            return seen
    for person in people:
        _fit(network.fitter, person)
    return replace(seen, hands=tuple(_seen_hands(person.looks) for person in people))


def _take(fitter: HandFitter | None, person: _Person, frame: int, look: HandLook, picture: Picture) -> None:
    """Keeps what was seen of a hand, once the fitter has had its look at it, which is given several at a time."""
    crop = None if fitter is None else fitter.cut(picture, look)
    if crop is None:
        person.looks.setdefault(frame, []).append(look)
        return
    person.waiting.append((frame, crop))
    if len(person.waiting) >= TOGETHER:
        _fit(fitter, person)


def _fit(fitter: HandFitter | None, person: _Person) -> None:
    if fitter is None or not person.waiting:
        return
    looks = fitter.fit([crop for _, crop in person.waiting])
    for (frame, _), look in zip(person.waiting, looks, strict=True):
        person.looks.setdefault(frame, []).append(look)
    person.waiting.clear()


def _look(
    network: HandNetworks, picture: Picture, keypoints: np.ndarray, followed: dict[str, _Followed], frame: int,
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


def _seen_hands(looks_in: dict[int, list[HandLook]]) -> SeenHands:
    count = len(looks_in)
    arrays = {
        name: np.zeros((count, *shape), {"iu": np.int64, "b": bool}.get(kind, np.float32))
        for name, (kind, shape) in SHAPES.items()
    }
    arrays["rotations"][:] = np.eye(3)
    for row, (frame, looks) in enumerate(sorted(looks_in.items())):
        arrays["frames"][row] = frame
        for look in looks:
            at = row, SIDES.index(look.side)
            arrays["points"][at], arrays["centres"][at] = look.world, look.centre
            arrays["confidence"][at] = look.confidence
            if look.rotations is not None:
                arrays["rotations"][at], arrays["fitted"][at] = look.rotations, True
    return SeenHands(**arrays)
