"""Everybody who was seen in one source, and the file that keeps them: all that a solve needs, networks left out."""

import json
import struct
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from ..errors import RecoveryError
from ..whole_file import whole_file
from . import predictions, seen_hands
from .appearance import SHAPE
from .predictions import Prediction, read_prediction
from .seen_hands import SeenHands, read_hands
from .tracks import Track

VERSION = 1
"""Of the file's members."""
TRACK_SHAPES: dict[str, tuple[str, tuple[int, ...]]] = {
    "frames": ("iu", ()),
    "boxes": ("f", (4,)),
    "keypoints": ("f", (25, 3)),
    "joints_3d": ("f", (25, 3)),
    "crop_centres": ("f", (2,)),
    "observed": ("b", ()),
    "coloured": ("iu", ()),
    "colours": ("f", SHAPE),
}
"""Kinds of numbers and shapes of a track's arrays, the first axis left out."""
PEOPLE = ("tracks", "predictions", "hands")
"""Of SeenPeople's fields those that are arrays."""
UNREADABLE = (
    OSError, ValueError, TypeError, AttributeError, KeyError, IndexError, EOFError, NotImplementedError, RuntimeError,
    SyntaxError, MemoryError, RecursionError, struct.error, zipfile.BadZipFile, zlib.error,
)  # fmt: skip
"""What NumPy's, JSON's and Python's readers raise on damaged files."""


@dataclass(frozen=True)
class SeenPeople:
    """The people in one source, the most important first, and what was learned of the source on the way."""

    tracks: list[Track]
    path: str
    """Of the picture, video or folder."""
    width: int
    height: int
    fps: float
    """0 for a picture."""
    focal_length: float | None
    """Pixels of the frames, where the file says it."""
    reduction: float
    """Size of the frames over that of the file's."""
    frame_count: int
    """Frames that were looked at."""
    stopped_at: int | None
    """The frame at which the user stopped, or None."""
    warnings: tuple[str, ...]
    predicted_by: str = ""
    """The method that looked at the pictures once more, if one did."""
    predictions: tuple[Prediction, ...] = ()
    """And what it said, one a track."""
    hands: tuple[SeenHands, ...] = ()
    """What was seen of the hands, one a track; none where nobody looked at them."""
    files: tuple[str, ...] = ()
    """The pictures that are the frames, in their order, where they are not all in one file."""


def save_tracks(seen: SeenPeople, path: Path) -> None:
    """Writes the file, whole or not at all. Raises RecoveryError("unwritable")."""
    facts = {field.name: getattr(seen, field.name) for field in fields(seen) if field.name not in PEOPLE}
    facts |= {"version": VERSION, "ids": [track.id for track in seen.tracks], "with_hands": bool(seen.hands)}
    arrays = {"facts": np.array(json.dumps(facts))}
    for number, track in enumerate(seen.tracks):
        arrays |= {f"{name}_{number}": getattr(track, name) for name in TRACK_SHAPES}
    for number, prediction in enumerate(seen.predictions):
        arrays |= {f"predicted_{name}_{number}": getattr(prediction, name) for name in predictions.SHAPES}
    for number, hands in enumerate(seen.hands):
        arrays |= {f"hands_{name}_{number}": getattr(hands, name) for name in seen_hands.SHAPES}
    with whole_file(path, "What was seen") as temporary, open(temporary, "wb") as file:
        np.savez_compressed(file, **arrays)


def load_tracks(path: Path) -> SeenPeople:
    """Reads a file of `save_tracks`. Raises RecoveryError: "no_tracks" if it is not there, "tracks_file" if damaged."""
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as archive:
            return _read(archive)
    except FileNotFoundError as error:
        raise RecoveryError(
            "no_tracks", f"There is no file {path}: nothing is known of this footage.", "Recover it again."
        ) from error
    except UNREADABLE as error:
        raise RecoveryError(
            "tracks_file", f"{path} is damaged ({error}).", "Recover the footage again."
        ) from error


def _read(archive: Mapping[str, np.ndarray]) -> SeenPeople:
    """Raises one of UNREADABLE where something is missing or is not what it should be."""
    facts = json.loads(archive["facts"].item())
    if facts.pop("version") != VERSION:
        raise ValueError("it is of another version of this program")
    tracks = []
    for number, who in enumerate(facts.pop("ids")):
        tracks.append(Track(int(who), **{name: archive[f"{name}_{number}"] for name in TRACK_SHAPES}))
        _check(tracks[-1])
    facts |= {name: tuple(map(str, facts.get(name, ()))) for name in ("warnings", "files")}
    predicted = tuple(
        read_prediction(
            {
                name: archive[f"predicted_{name}_{number}"]
                for name in predictions.SHAPES
                if f"predicted_{name}_{number}" in archive
            }
        )
        for number in range(len(tracks) if facts.get("predicted_by") else 0)
    )
    hands = tuple(
        read_hands({name: archive[f"hands_{name}_{number}"] for name in seen_hands.SHAPES})
        for number in range(len(tracks) if facts.pop("with_hands", False) else 0)
    )
    seen = SeenPeople(tracks, **facts, predictions=predicted, hands=hands)
    numbers = (seen.width, seen.height, seen.reduction, seen.focal_length or 1.0)
    if not (isinstance(seen.path, str) and all(0 < value < np.inf for value in numbers)):
        raise ValueError("its facts can't be")
    if not 0 <= seen.fps < np.inf:
        raise ValueError(f"the frame rate is {seen.fps}")
    return seen


def _check(track: Track) -> None:
    count, coloured = len(track.frames), len(track.coloured)
    for name, (kind, shape) in TRACK_SHAPES.items():
        values = getattr(track, name)
        expected = (coloured if name in ("coloured", "colours") else count, *shape)
        if values.shape != expected or values.dtype.kind not in kind:
            raise ValueError(f"{name} has the shape {values.shape} in place of {expected}")
        if values.dtype.kind == "f" and not np.isfinite(values).all():
            raise ValueError(f"{name} holds numbers that are not finite")
    if not count or (np.diff(track.frames) <= 0).any():
        raise ValueError("frames do not ascend")
