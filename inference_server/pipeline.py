"""Media -> people -> method -> clip -> motions: the one road that every caller takes."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from .body.files import load_body
from .errors import RecoveryError
from .hands.look import look_at_hands, open_hand_networks
from .media import Source, open_files, open_source, read_frames
from .methods.method import Running
from .methods.registry import METHODS
from .motion import Motion
from .people.keypoints import PoseObservation
from .people.networks import Networks, load_networks
from .people.track import PeopleTracker
from .people.track_files import SeenPeople
from .pictures import stored_size
from .predict import looks_at_pictures, predict_people
from .solve import Footage, SolveSettings, solve_people
from .weights.sessions import RUN_ERRORS


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
    """How far the work is: `stage` is "people" (in frames), for methods that look at the people once more "find" and
    "look" (in frames) in its place, "hands" (in frames), or "fit" (in solves).
    """

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
    """Seconds by stage: decode, networks, people (tracking and cropping without the networks), look, hands (without
    their network), fit.
    """
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
    check_solve_settings(settings.solve)
    source = open_source(path, settings.fps)
    timings: dict[str, float] = dict.fromkeys(("decode", "networks", "people", "look", "hands", "fit"), 0.0)
    networks = networks or load_networks(settings.device, settings.threads)
    seen = see_people(source, settings, networks, on_progress, should_stop, timings=timings)
    start = time.perf_counter()
    seen = look_again(source, seen, settings.solve, on_progress, should_stop)
    timings["look"] = time.perf_counter() - start
    seen = see_hands(source, seen, settings.solve, on_progress, should_stop, settings.threads, timings)
    start = time.perf_counter()
    warnings = list(seen.warnings)
    motions = solve_seen(seen, settings.solve, warnings, on_progress)
    timings["fit"] = time.perf_counter() - start
    return Recovery(source, motions, warnings, seen.stopped_at, timings, seen.frame_count)


def check_solve_settings(settings: SolveSettings) -> None:
    """Tells before the long work what would fail after it. Raises RecoveryError for the method or the body."""
    if settings.method not in METHODS:
        raise RecoveryError(
            "method", f"There is no method {settings.method!r}.", f"Known: {', '.join(METHODS)}."
        )
    METHODS[settings.method].check()
    load_body(settings.body)


def see_people(
    source: Source,
    settings: Settings,
    networks: Networks,
    on_progress: Callable[[Progress], None] = lambda progress: None,
    should_stop: Callable[[], bool] = lambda: False,
    on_seen: Callable[[int, list[tuple[int, PoseObservation]]], None] = lambda frame, seen: None,
    timings: dict[str, float] | None = None,
) -> SeenPeople:
    """Reads the source and follows everybody in it, until its end or until `should_stop` turns true.

    `on_seen` is told who was seen in each frame, by track id. Seconds are added to `timings` where given.
    """
    timings = timings or dict.fromkeys(("decode", "networks", "people"), 0.0)
    warnings: list[str] = []
    tracker = PeopleTracker(networks, source.fps, settings.people)
    last = source.frame_count - 1 if settings.end is None else min(settings.end, source.frame_count - 1)
    total = last - settings.start + 1
    in_networks = sum(networks.seconds.values())
    read, stopped = 0, None
    frames = read_frames(source, settings.start, settings.end, warnings)
    stage = "find" if looks_at_pictures(settings.solve.method) else "people"
    on_progress(Progress(stage, 0, total))
    while True:
        start = time.perf_counter()
        frame = next(frames, None)
        decoded = time.perf_counter()
        timings["decode"] += decoded - start
        if frame is None:
            break
        seen = tracker.update(frame.index, frame.image)
        timings["people"] += time.perf_counter() - decoded
        read += 1
        on_progress(Progress(stage, read, total))
        on_seen(frame.index, seen)
        if should_stop():
            stopped = frame.index
            break
    start = time.perf_counter()
    tracks = tracker.finish()
    timings["networks"] = sum(networks.seconds.values()) - in_networks
    timings["people"] += time.perf_counter() - start - timings["networks"]
    return SeenPeople(
        tracks,
        str(source.path.resolve()),
        source.width,
        source.height,
        source.fps,
        source.focal_length,
        _reduction(source),
        read,
        stopped,
        tuple(warnings),
        files=tuple(str(file.absolute()) for file in source.files) if source.kind == "folder" else (),
    )


def open_again(seen: SeenPeople) -> Source:
    """The source in which the people were seen, with the same frames, whatever else has come into its folder.

    Raises RecoveryError: as `open_files` and `open_source` do, and "footage_gone" where its pictures are not known.
    """
    if seen.files:
        return open_files(seen.files, seen.fps)
    if Path(seen.path).is_dir():
        raise RecoveryError(
            "footage_gone",
            f"It is not known which of the pictures in {seen.path} the people were seen in.",
            "Recover the footage again.",
        )
    return open_source(seen.path, seen.fps or None)


def look_again(
    source: Source,
    seen: SeenPeople,
    settings: SolveSettings,
    on_progress: Callable[[Progress], None] = lambda progress: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> SeenPeople:
    """`seen` with what the method's own network makes of the pictures, if it has one that looks at them.

    When `should_stop` turns true the other frames are left out. Raises RecoveryError.
    """
    return predict_people(
        source,
        seen,
        settings.method,
        Running(settings.device),
        lambda done, total: on_progress(Progress("look", done, total)),
        should_stop,
    )


def see_hands(
    source: Source,
    seen: SeenPeople,
    settings: SolveSettings,
    on_progress: Callable[[Progress], None] = lambda progress: None,
    should_stop: Callable[[], bool] = lambda: False,
    threads: int | None = None,
    timings: dict[str, float] | None = None,
) -> SeenPeople:
    """`seen` with what is to be seen of everybody's hands, where fingers are wanted; a warning where that can't be,
    for fingers are not worth failing for.

    When `should_stop` turns true nothing is seen of the hands. Seconds are added to `timings` where given.
    """
    if not settings.fingers or not seen.tracks or should_stop():
        return seen
    start = time.perf_counter()
    try:
        network = open_hand_networks(settings.device, threads)
        if network.warning:
            seen = with_warning(seen, network.warning)
        seen = look_at_hands(
            source,
            seen,
            network,
            lambda done, total: on_progress(Progress("hands", done, total)),
            should_stop,
        )
    except (RecoveryError, MemoryError, *RUN_ERRORS) as error:
        return without_fingers(seen, error)
    if timings is not None:
        within = sum(network.networks.seconds.values())
        timings["networks"] += within
        timings["hands"] += time.perf_counter() - start - within
    return seen


def without_fingers(seen: SeenPeople, error: Exception) -> SeenPeople:
    """`seen` with a warning that says why there are no fingers."""
    reason = str(error) if isinstance(error, RecoveryError) else f"{type(error).__name__}: {error}"
    return with_warning(seen, f"Fingers were left out: {reason}")


def with_warning(seen: SeenPeople, warning: str) -> SeenPeople:
    """`seen` with a warning more, if it has it not yet."""
    return replace(seen, warnings=tuple(dict.fromkeys((*seen.warnings, warning))))


def solve_seen(
    seen: SeenPeople,
    settings: SolveSettings,
    warnings: list[str],
    on_progress: Callable[[Progress], None] = lambda progress: None,
    on_step: Callable[[], None] = lambda: None,
) -> list[Motion]:
    """The motions of everybody in `seen`. What the user should know of the fit is added to `warnings`.

    `on_step` is called several times a second; what it raises ends the work.
    Raises RecoveryError, among others "no_person".
    """
    if not seen.tracks:
        picture = not seen.fps
        looked = seen.path if picture else f"{seen.path} ({seen.frame_count} frames were looked at)"
        raise RecoveryError(
            "no_person",
            f"No person was found in {looked}.",
            "Choose footage in which somebody can be seen from head to foot, not too small.",
        )
    footage = Footage(seen.width, seen.height, seen.fps, seen.path)
    asked = settings.focal_length
    # the frames may be smaller than the file, whose pixels the user means
    settings = replace(settings, focal_length=seen.focal_length if asked is None else asked * seen.reduction)
    return solve_people(
        seen.tracks,
        footage,
        settings,
        lambda done, total: on_progress(Progress("fit", done, total)),
        on_step,
        warnings,
        seen.predictions if seen.predicted_by == settings.method else (),
        seen.hands,
    )


def focal_length_of(source: Source, asked: float | None) -> float | None:
    """The focal length in pixels of the frames, from what the user says of the file or the file of itself."""
    return source.focal_length if asked is None else asked * _reduction(source)


def _reduction(source: Source) -> float:
    """Size of the frames over that of the file's."""
    if not source.files:
        return source.video_reduction
    return max(source.width, source.height) / max(stored_size(source.files[0]))
