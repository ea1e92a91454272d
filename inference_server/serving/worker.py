"""What the server does when it is asked: recover, solve again, check, fetch."""

import contextlib
import os
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from ..errors import Cancelled, RecoveryError
from ..known_camera import load_camera
from ..media import Source, open_files, open_source
from ..messages import file_pieces
from ..motion import save_motion
from ..people.keypoints import PoseObservation
from ..people.networks import NAMES, Networks, load_networks
from ..people.track_files import SeenPeople, load_tracks, save_tracks
from ..pipeline import (
    Progress,
    Settings,
    check_solve_settings,
    focal_length_of,
    look_again,
    open_again,
    see_hands,
    see_people,
    solve_seen,
    without_fingers,
)
from ..predict import looks_at_pictures
from ..solve import SolveSettings
from ..weights import store
from . import checks
from .failures import check_room, in_words
from .job_folders import JobFolders
from .job_queue import JobQueue
from .link import Link
from .live import LivePreview
from .requests import CheckRequest, FetchRequest, RecoverRequest, Request, SolveRequest

TRACKS = "tracks.npz"
LIVE_SECONDS = 1 / 15
"""Between two messages of the live preview."""


class Worker:
    """Does one request after the other and answers each. The networks, once loaded, are kept."""

    def __init__(self, link: Link, queue: JobQueue, folders: JobFolders) -> None:
        self._link = link
        self._queue = queue
        self._folders = folders
        self._networks: Networks | None = None
        self._device = ""
        self._frames = 0
        self.folder: Path | None = None
        """Where the job that runs writes."""

    def run(self, request: Request) -> None:
        """Whatever happens, it is told to the client, and the next request can come."""
        self._frames = 0
        try:
            self._do(request)
        except Cancelled:
            self._link.send({"type": "cancelled", "job": request.job, "frames": self._frames})
        except Exception as error:
            if not isinstance(error, RecoveryError):
                traceback.print_exc()
            told = in_words(error)
            message = self._without_folder(request, told.message)
            self._link.error(request.job, RecoveryError(told.code, message, told.hint))
        if request.job is not None:
            self._folders.forget(request.job)
        sys.stderr.flush()

    def _do(self, request: Request) -> None:
        if isinstance(request, CheckRequest):
            results = Path(request.folder) if request.folder else None
            self._link.send({"type": "report", "lines": checks.report(results, request.device)})
        elif isinstance(request, FetchRequest):
            self._fetch(request)
        else:
            self.folder = Path(request.folder) if request.folder else self._folders.of(request.job)
            settings = self._settings(request)
            check_solve_settings(settings)
            if isinstance(request, RecoverRequest):
                self._recover(request, settings, self.folder)
            else:
                self._solve(request, settings, self._known(request, settings, self.folder), self.folder)

    def _recover(self, request: RecoverRequest, settings: SolveSettings, folder: Path) -> None:
        check_room(folder)
        given = [self._here(request, name) for name in ([request.path] if request.path else request.files)]
        try:
            source = open_source(given[0], request.fps) if request.path else open_files(given, request.fps)
            seen = see_people(
                source,
                Settings(settings, request.settings.people, request.start, request.end, request.fps),
                self._loaded(request.settings.device),
                lambda progress: self._link.progress(request.job, progress),
                lambda: self._queue.cancelled,
                self._live(request, source, settings),
            )
            if request.folder is None:  # the client knows nothing of paths here
                seen = replace(seen, path=request.original or request.path or "", files=())
            self._frames = seen.frame_count
            if seen.tracks:
                seen = self._look_and_keep(request, source, seen, settings, folder)
        finally:
            if request.folder is None:  # videos are large, and the next request brings its own
                for path in given:
                    with contextlib.suppress(OSError):  # on Windows it may still be open
                        path.unlink()
        self._stop_if_cancelled()
        self._solve(request, settings, seen, folder)

    def _solve(
        self, request: RecoverRequest | SolveRequest, settings: SolveSettings, seen: SeenPeople, folder: Path
    ) -> None:
        """Fits, writes a file a person and tells it; files of people who are no more are deleted."""
        self._frames = seen.frame_count
        warnings = list(seen.warnings)
        motions = solve_seen(
            replace(seen, tracks=seen.tracks[: request.settings.people]),
            settings,
            warnings,
            lambda progress: self._link.progress(request.job, progress),
            self._stop_if_cancelled,
        )
        paths = [folder / f"person-{motion.person}.npz" for motion in motions]
        for motion, path in zip(motions, paths, strict=True):
            # as the client calls it
            motion.body = request.settings.original_body or request.settings.solve.body
            save_motion(motion, path)
            self._hand_over(request, path)
        for stale in set(folder.glob("person-*.npz")) - set(paths):
            stale.unlink()
        names = [str(path) if request.folder else path.name for path in paths]
        for person, name in enumerate(names, start=1):
            self._link.send({"type": "person", "job": request.job, "person": person, "path": name})
        warnings = [self._without_folder(request, warning) for warning in warnings]
        self._done(request.job, names, warnings, seen.stopped_at)

    def _known(self, request: SolveRequest, settings: SolveSettings, folder: Path) -> SeenPeople:
        """What was seen before, and what the networks have to say of it that were not asked yet: the method's, which
        may be another now, and that of the hands. Fingers are not worth failing for.
        """
        seen = load_tracks(folder / TRACKS)
        method_known = not looks_at_pictures(settings.method) or seen.predicted_by == settings.method
        if method_known and (not settings.fingers or seen.hands or request.folder is None):
            return seen
        if request.folder is None:
            raise RecoveryError(
                "footage_gone",
                f"The method '{settings.method}' looks at the footage itself, which is no longer on this machine.",
                "Recover the footage again with it.",
            )
        try:
            source = open_again(seen)
        except RecoveryError as error:
            if not method_known:
                raise
            return without_fingers(seen, error)
        return self._look(request, source, seen, settings, folder)

    def _look_and_keep(
        self, request: RecoverRequest, source: Source, seen: SeenPeople, settings: SolveSettings, folder: Path
    ) -> SeenPeople:
        """Keeps what was seen, whatever becomes of the further looks."""
        save_tracks(seen, folder / TRACKS)
        try:
            self._stop_if_cancelled()
            return self._look(request, source, seen, settings, folder)
        finally:
            self._hand_over(request, folder / TRACKS)

    def _look(
        self,
        request: RecoverRequest | SolveRequest,
        source: Source,
        seen: SeenPeople,
        settings: SolveSettings,
        folder: Path,
    ) -> SeenPeople:
        """What the networks say that look at the people once more: the method's, and that of the hands. Each is kept
        once it has seen all; why there are no fingers is not, for it may be otherwise the next time.
        """

        def show(progress: Progress) -> None:
            self._link.progress(request.job, progress)

        if seen.predicted_by != settings.method:
            before = seen
            seen = look_again(source, seen, settings, show, lambda: self._queue.cancelled)
            self._stop_if_cancelled()
            if seen is not before:
                save_tracks(seen, folder / TRACKS)
        if not seen.hands:
            seen = see_hands(source, seen, settings, show, lambda: self._queue.cancelled)
            self._stop_if_cancelled()
            if seen.hands:
                save_tracks(seen, folder / TRACKS)
        return seen

    def _fetch(self, request: FetchRequest) -> None:
        def show(done: int, total: int) -> None:
            self._stop_if_cancelled()
            self._link.progress(request.job, Progress("download", done, total))

        missing = [name for name in NAMES if store.verify(name) != "ready"]
        if missing:
            store.obtain(missing, on_bytes=show)
        self._done(request.job, [], [], None)

    def _done(self, job: str, people: list[str], warnings: list[str], stopped_at: int | None) -> None:
        facts = {"people": people, "warnings": warnings, "stopped_at": stopped_at}
        self._link.send({"type": "done", "job": job, **facts})

    def _here(self, request: RecoverRequest | SolveRequest, name: str) -> Path:
        """Where a file that the request names lies: as it says, or among what was sent before."""
        return Path(name) if request.folder else self._folders.find(request.job, name)

    def _settings(self, request: RecoverRequest | SolveRequest) -> SolveSettings:
        """The request's, with what it names by path on this machine."""
        settings, camera = request.settings.solve, request.settings.camera
        if camera is not None:
            settings = replace(settings, camera=load_camera(self._here(request, camera)))
        if request.folder is None and settings.body != "free":
            with contextlib.suppress(RecoveryError):  # a path is one on the machine that this runs on
                sent = self._here(request, settings.body)
                settings = replace(settings, body=str(sent)) if sent.is_file() else settings
        return settings

    def _loaded(self, device: str) -> Networks:
        if self._networks is None or device != self._device:
            self._networks = None  # two sets at once might not fit into a small GPU
            self._networks, self._device = load_networks(device), device
        return self._networks

    def _live(
        self, request: RecoverRequest, source: Source, settings: SolveSettings
    ) -> Callable[[int, list[tuple[int, PoseObservation]]], None]:
        """What is called with those seen in a frame, and tells the client now and then."""
        focal_length = focal_length_of(source, settings.focal_length)
        preview = LivePreview(source.width, source.height, source.fps, focal_length, settings.camera)
        next_one = 0.0

        def show(frame: int, seen: list[tuple[int, PoseObservation]]) -> None:
            nonlocal next_one
            now = time.monotonic()
            if now >= next_one:
                next_one = now + LIVE_SECONDS
                people = preview.people(frame, seen)
                self._link.send({"type": "live", "job": request.job, "frame": frame, "people": people})

        return show

    def _hand_over(self, request: RecoverRequest | SolveRequest, path: Path) -> None:
        """Sends a file to a client that has no folder in common with this machine."""
        if request.folder is None:
            for piece in file_pieces("file", request.job, path, path.name):
                self._link.send(piece)

    def _without_folder(self, request: Request, text: str) -> str:
        """A client on another machine knows its files by name; this machine's folders mean nothing to it."""
        if self.folder is None or not isinstance(request, RecoverRequest | SolveRequest) or request.folder:
            return text
        return text.replace(f"{self.folder}{os.sep}", "")

    def _stop_if_cancelled(self) -> None:
        if self._queue.cancelled:
            raise Cancelled
