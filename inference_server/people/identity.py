"""From the pieces that tracking left to people, once the clip has ended."""

from typing import Final

import numpy as np

from . import boxes
from .appearance import distance
from .association import motion_cost
from .tracks import Track, between, joined, without_gaps

_FLICKER: Final = 0.3  # seconds
_LONGEST_GAP: Final = 1.5  # seconds
_LONGEST_OVERLAP: Final = 0.4  # seconds
_CLOTHES: Final = 1.5
_LIMIT: Final = 1.6
_CLOSE: Final = 0.1
_CLEARLY: Final = 0.15


def finish_tracks(
    tracks: list[Track], fps: float, size: tuple[int, int], people: int | None = None
) -> list[Track]:
    """People, each once and without holes, the most important first, `people` of them where given.

    `tracks` hold the observed frames; `fps` is 0 for a still; `size` is the image's width and height.
    """
    pieces = stitch(untangle(tracks), fps)
    if fps:
        longest = max((len(t.frames) for t in pieces), default=0)
        pieces = [t for t in pieces if len(t.frames) >= min(_FLICKER * fps, 0.5 * longest)]
    ranked = sorted(pieces, key=lambda t: -importance(t, size))
    return [without_gaps(t) for t in ranked[:people]]


def untangle(tracks: list[Track]) -> list[Track]:
    """Gives back their own continuation to people who swapped clothes, and so identities, while close."""
    tracks = list(tracks)
    for i in range(len(tracks)):
        for j in range(i + 1, len(tracks)):
            meetings = _meetings(tracks[i], tracks[j])
            for number, (start, end) in enumerate(meetings):
                until = meetings[number + 1][0] if number + 1 < len(meetings) else np.iinfo(np.int64).max
                if _swapped(tracks[i], tracks[j], start, end, until):
                    tracks[i], tracks[j] = _exchange(tracks[i], tracks[j], (start + end) // 2)
    return tracks


def _meetings(a: Track, b: Track) -> list[tuple[int, int]]:
    """First and last frames of the stretches in which the boxes of two tracks overlap."""
    first, last = max(a.frames[0], b.frames[0]), min(a.frames[-1], b.frames[-1])
    if first > last:
        return []
    frames = np.arange(first, last + 1)

    def at(track: Track) -> np.ndarray:
        return np.stack([np.interp(frames, track.frames, side) for side in track.boxes.T], axis=1)

    close = np.array([boxes.iou(x[None], y[None])[0, 0] for x, y in zip(at(a), at(b), strict=True)]) > _CLOSE
    edges = np.flatnonzero(np.diff(np.concatenate([[0], close.astype(np.int8), [0]])))
    return [(int(frames[s]), int(frames[e - 1])) for s, e in zip(edges[::2], edges[1::2], strict=True)]


def _swapped(a: Track, b: Track, start: int, end: int, until: int) -> bool:
    """Whether each of two looks like the other after they were close in the frames start to end."""
    before = [between(t, 0, start) for t in (a, b)]
    after = [between(t, end, until) for t in (a, b)]
    if any(not len(t.colours) for t in before + after):
        return False
    (a0, b0), (a1, b1) = ([t.colours.mean(axis=0) for t in side] for side in (before, after))
    return distance(a0, b1) + distance(b0, a1) + _CLEARLY < distance(a0, a1) + distance(b0, b1)


def _exchange(a: Track, b: Track, frame: int) -> tuple[Track, Track]:
    forever = np.iinfo(np.int64).max
    heads = [between(t, 0, frame) for t in (a, b)]
    tails = [between(t, frame + 1, forever) for t in (a, b)]
    return joined(heads[0], tails[1]), joined(heads[1], tails[0])


def stitch(tracks: list[Track], fps: float) -> list[Track]:
    """Joins each track that ends to one that begins soon after, near, in the same clothes; best pairs first."""
    tracks = list(tracks)
    while True:
        best, pair = _LIMIT, None
        for first in tracks:
            for second in tracks:
                cost = _gap_cost(first, second, max(fps, 1.0))
                if first is not second and cost < best:
                    best, pair = cost, (first, second)
        if pair is None:
            return tracks
        first, second = pair
        whole = joined(between(first, 0, int(second.frames[0]) - 1), second)
        tracks = [t for t in tracks if t is not first and t is not second] + [whole]


def _gap_cost(first: Track, second: Track, rate: float) -> float:
    """How unlikely it is that the second track continues the first.

    They may overlap a little: the end of the first is then what it drifted to when it lost its person.
    """
    head = between(first, 0, int(second.frames[0]) - 1)
    overlap = (first.frames[-1] + 1 - second.frames[0]) / rate
    if not len(head.frames) or second.frames[-1] <= first.frames[-1] or overlap > _LONGEST_OVERLAP:
        return np.inf
    gap = (second.frames[0] - head.frames[-1]) / rate
    if gap > _LONGEST_GAP:
        return np.inf
    clothes = 0.0
    if len(first.colours) and len(second.colours):
        clothes = distance(first.colours.mean(axis=0), second.colours.mean(axis=0))
    return motion_cost(head.keypoints[-1], second.keypoints[0], gap) + _CLOTHES * clothes


def importance(track: Track, size: tuple[int, int]) -> float:
    """Larger, longer seen, surer and nearer to the middle of the image is more important; no unit."""
    middle = np.array(size) / 2
    centres = (track.boxes[:, :2] + track.boxes[:, 2:]) / 2
    off_centre = np.clip(np.linalg.norm((centres - middle) / middle, axis=1) / np.sqrt(2), 0, 1)
    confidence = track.keypoints[:, 5:17, 2].mean(axis=1)
    return float((boxes.area(track.boxes) * confidence * (1 - 0.5 * off_centre)).sum())
