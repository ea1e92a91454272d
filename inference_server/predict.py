"""The second look at the footage, for methods whose networks look at the people themselves."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from .media import Source, read_frames
from .methods.method import Crop, PictureNetwork, Running
from .methods.registry import METHODS
from .people.predictions import SHAPES, Prediction
from .people.track_files import SeenPeople
from .people.tracks import Track

Waiting = list[tuple[int, int, Crop]]
"""Person, frame, and the crop that the network is to see."""
NUMBERS = {"iu": np.int64, "f": np.float32, "b": np.bool_}
"""What a prediction's kinds of numbers are kept as."""
Rows = list[tuple[np.ndarray, ...]]
"""A person's prediction, a frame each, in the order of SHAPES."""


def looks_at_pictures(method: str) -> bool:
    """Whether a method wants to see the people once more, when it is known who they are."""
    return METHODS[method].open_network is not None


def predict_people(
    source: Source,
    seen: SeenPeople,
    method: str,
    running: Running,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> SeenPeople:
    """`seen` with what the method's network makes of everybody in it; as it is where the method has none.

    Reads the source again: only now it is known who is who, and whom to keep. `on_progress` is told how many frames
    are done, of how many. When `should_stop` turns true the other frames are left out. Raises RecoveryError.
    """
    open_network = METHODS[method].open_network
    if open_network is None or not seen.tracks:
        return seen
    network = open_network(running)
    wanted = _wanted(seen.tracks)
    people: list[Rows] = [[] for _ in seen.tracks]
    waiting: Waiting = []
    first, last = min(wanted), max(wanted)
    on_progress(0, last - first + 1)
    for frame in read_frames(source, first, last, []):
        for person, row in wanted.get(frame.index, ()):
            waiting.append(
                (person, frame.index, network.cut(frame.image, seen.tracks[person].keypoints[row]))
            )
        while len(waiting) >= network.together:
            _look(network, waiting[: network.together], people)
            del waiting[: network.together]
        on_progress(frame.index - first + 1, last - first + 1)
        if should_stop():
            break
    if waiting:
        _look(network, waiting, people)
    return replace(seen, predicted_by=method, predictions=tuple(map(_prediction, people)))


def _wanted(tracks: list[Track]) -> dict[int, list[tuple[int, int]]]:
    """Who was seen in which frame: person and row of the track, by frame."""
    wanted: dict[int, list[tuple[int, int]]] = {}
    for person, track in enumerate(tracks):
        for row in np.flatnonzero(track.observed):
            wanted.setdefault(int(track.frames[row]), []).append((person, int(row)))
    return wanted


def _look(network: PictureNetwork, waiting: Waiting, people: list[Rows]) -> None:
    said = network.look([crop for *_, crop in waiting])
    for number, (person, frame, crop) in enumerate(waiting):
        people[person].append(
            (
                np.array(frame),
                said.rotations[number],
                said.betas[number],
                said.sigma[number],
                crop.centre,
                np.array(said.knows_free),
            )
        )


def _prediction(rows: Rows) -> Prediction:
    """Somebody who was never looked at has a prediction of no frames."""
    columns = zip(*rows, strict=True) if rows else ([] for _ in SHAPES)
    arrays = {}
    for (name, (kind, shape)), column in zip(SHAPES.items(), columns, strict=True):
        arrays[name] = np.array(column, dtype=NUMBERS[kind]).reshape(-1, *shape)
    return Prediction(**arrays)
