"""Media -> people -> method -> clip -> motions: the one road that every caller takes."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from .body.files import load_body
from .errors import RecoveryError
from .media import Source, open_source, read_frames
from .methods import METHODS
from .motion import Motion
from .people.networks import Networks, load_networks
from .people.track import PeopleTracker
from .people.tracks import Track
from .pictures import stored_size
from .solve import Footage, SolveSettings, solve_people


@dataclass(frozen=True)
class Settings:
    """What a recovery may be asked for."""

    solve: SolveSettings = field(default_factory=SolveSettings)
    people: int | None = None
    """How many to keep, the most important first; None for all."""
    start: int = 0
    end: int | None = None
    """First and last frame of the source, both included; None for its last."""
    fps: float | None = None
    """Frame rate of a folder of frames."""
    device: str = "auto"
    threads: int | None = None


@dataclass(frozen=True)
class Progress:
    """How far the work is: `stage` is "people" (in frames) or "fit" (in people)."""

    stage: str
    done: int
    total: int


@dataclass
class Recovery:
    """What came of one source."""

    source: Source
    motions: list[Motion]
    warnings: list[str]
    stopped_at: int | None
    """The frame at which the user stopped the reading, or None."""
    timings: dict[str, float]
    """Seconds by stage: decode, networks, people (tracking and cropping without the networks), fit."""
    frame_count: int
    """Frames that were read."""


def recover(
    path: str | Path,
    settings: Settings,
    on_progress: Callable[[Progress], None] = lambda progress: None,
    should_stop: Callable[[], bool] = lambda: False,
    networks: Networks | None = None,
) -> Recovery:
    """Everybody in a picture, a video or a folder of frames, as motions in one world.

    When `should_stop` turns true the reading ends, and what was seen until then is solved. `networks` that
    are already loaded may be handed over. Raises RecoveryError, among others "no_person".
    """
    if settings.solve.method not in METHODS:
        raise RecoveryError(
            "method", f"There is no method {settings.solve.method!r}.", f"Known: {', '.join(METHODS)}."
        )
    load_body(settings.solve.body)  # a wrong file is told before the long work
    source = open_source(path, settings.fps)
    warnings: list[str] = []
    timings: dict[str, float] = dict.fromkeys(("decode", "networks", "people", "fit"), 0.0)
    networks = networks or load_networks(settings.device, settings.threads)
    tracks, read, stopped = _find_people(
        source, settings, networks, warnings, timings, on_progress, should_stop
    )
    if not tracks:
        raise RecoveryError(
            "no_person",
            f"No person was found in {_seen(source, read)}.",
            "Choose footage in which somebody can be seen from head to foot, not too small.",
        )
    footage = Footage(source.width, source.height, source.fps, str(source.path.resolve()))
    solve = settings.solve
    solve = replace(solve, focal_length=_focal_length(source, solve.focal_length))
    start = time.perf_counter()
    on_progress(Progress("fit", 0, len(tracks)))
    motions = solve_people(
        tracks, footage, solve, lambda done: on_progress(Progress("fit", done, len(tracks)))
    )
    timings["fit"] = time.perf_counter() - start
    return Recovery(source, motions, warnings, stopped, timings, read)


def _focal_length(source: Source, asked: float | None) -> float | None:
    """The focal length in pixels of the frames, which may be smaller than the file's that the user means."""
    if asked is None:
        return source.focal_length
    if not source.files:
        return asked * source.video_reduction
    return asked * max(source.width, source.height) / max(stored_size(source.files[0]))


def _seen(source: Source, read: int) -> str:
    """What was looked at, for a message."""
    return str(source.path) if source.kind == "picture" else f"{source.path} ({read} frames were looked at)"


def _find_people(
    source: Source,
    settings: Settings,
    networks: Networks,
    warnings: list[str],
    timings: dict[str, float],
    on_progress: Callable[[Progress], None],
    should_stop: Callable[[], bool],
) -> tuple[list[Track], int, int | None]:
    """The tracks, the number of frames read, and the frame at which the user stopped."""
    tracker = PeopleTracker(networks, source.fps, settings.people)
    last = source.frame_count - 1 if settings.end is None else min(settings.end, source.frame_count - 1)
    total = last - settings.start + 1
    in_networks = sum(networks.seconds.values())
    read, stopped = 0, None
    frames = read_frames(source, settings.start, settings.end, warnings)
    on_progress(Progress("people", 0, total))
    while True:
        start = time.perf_counter()
        frame = next(frames, None)
        decoded = time.perf_counter()
        timings["decode"] += decoded - start
        if frame is None:
            break
        tracker.update(frame.index, frame.image)
        timings["people"] += time.perf_counter() - decoded
        read += 1
        on_progress(Progress("people", read, total))
        if should_stop():
            stopped = frame.index
            break
    start = time.perf_counter()
    tracks = tracker.finish()
    timings["networks"] = sum(networks.seconds.values()) - in_networks
    timings["people"] += time.perf_counter() - start - timings["networks"]
    return tracks, read, stopped
