"""One person over time, as arrays."""

from dataclasses import dataclass, fields

import numpy as np

from . import appearance
from .person import TRUSTED, Person

_PER_FRAME = ("frames", "boxes", "keypoints", "joints_3d", "crop_centres", "observed")
_PER_COLOUR = ("coloured", "colours")


@dataclass
class Track:
    """One person over the frames (F,).

    boxes (F,4) x0, y0, x1, y1 pixels; keypoints (F,25,3) x, y pixels and confidence; joints_3d (F,25,3) and
    crop_centres (F,2) as in PoseObservation; observed (F,) False where a frame was bridged from its neighbours,
    with confidence 0. colours (K,2,B) describe the clothes in the frames coloured (K,), a few a second.
    """

    id: int
    frames: np.ndarray
    boxes: np.ndarray
    keypoints: np.ndarray
    joints_3d: np.ndarray
    crop_centres: np.ndarray
    observed: np.ndarray
    coloured: np.ndarray
    colours: np.ndarray


def to_track(person: Person) -> Track:
    """The frames in which a person was seen, from the first to the last observation to be trusted."""
    sure = [k for k, found in enumerate(person.seen) if found.confidence >= TRUSTED]
    kept = slice(sure[0], sure[-1] + 1) if sure else slice(0, 1)
    seen = person.seen[kept]
    return Track(
        person.id,
        np.array(person.frames[kept], dtype=np.int64),
        np.array([o.box for o in seen]),
        np.array([o.keypoints for o in seen]),
        np.array([o.joints_3d for o in seen]),
        np.array([o.crop_centre for o in seen]),
        np.ones(len(seen), dtype=bool),
        np.array(person.coloured, dtype=np.int64),
        np.array(person.colours, dtype=np.float32).reshape(-1, *appearance.SHAPE),
    )


def between(track: Track, first: int, last: int) -> Track:
    """The part of a track in the frames `first` to `last`, both included; possibly empty."""
    frames = (track.frames >= first) & (track.frames <= last)
    coloured = (track.coloured >= first) & (track.coloured <= last)
    parts = {name: getattr(track, name)[frames] for name in _PER_FRAME}
    return Track(track.id, **parts, **{name: getattr(track, name)[coloured] for name in _PER_COLOUR})


def joined(first: Track, second: Track) -> Track:
    """Two tracks of one person; all frames of the second come after the first's."""
    if not len(first.coloured) or not len(second.coloured):
        coloured = first if len(first.coloured) else second
        colours = {name: getattr(coloured, name) for name in _PER_COLOUR}
    else:
        colours = {
            name: np.concatenate([getattr(first, name), getattr(second, name)]) for name in _PER_COLOUR
        }
    parts = {name: np.concatenate([getattr(first, name), getattr(second, name)]) for name in _PER_FRAME}
    return Track(first.id, **parts, **colours)


def without_gaps(track: Track) -> Track:
    """Every frame from the first to the last; those between are interpolated, with confidence 0."""
    frames = np.arange(track.frames[0], track.frames[-1] + 1)

    def spread(values: np.ndarray) -> np.ndarray:
        columns = [np.interp(frames, track.frames, column) for column in values.reshape(len(values), -1).T]
        return np.stack(columns, axis=1).reshape(len(frames), *values.shape[1:])

    observed = np.zeros(len(frames), dtype=bool)
    observed[track.frames[track.observed] - frames[0]] = True
    values = {field.name: getattr(track, field.name) for field in fields(track)}
    values |= {name: spread(values[name]) for name in ("boxes", "keypoints", "joints_3d", "crop_centres")}
    values["keypoints"][~observed, :, 2] = 0
    return Track(**(values | {"frames": frames, "observed": observed}))
