"""What one press asks for: its tasks, one after the other, in one server."""

import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from ...inference_server.errors import RecoveryError
from ...inference_server.messages import Message
from .endings import AGAIN
from .job_files import TRACKS
from .progress import Meter, Progress
from .remote_files import send_files
from .server_process import ServerProcess

Kind = Literal["recover", "solve", "check", "fetch"]
State = Literal["waiting", "running", "done", "failed", "cancelled"]

CANCEL_SECONDS = 0.8
"""How long a server has to say that it has stopped, before it is ended."""
SILENCE_SECONDS = 60.0
"""How long a server may take to say hello."""


@dataclass
class Task:
    """One thing that the server is to do."""

    kind: Kind
    name: str = ""
    folder: Path | None = None
    request: dict[str, Any] = field(default_factory=dict)
    """source and settings, as in the message."""
    state: State = "waiting"
    message: str = ""
    """What went wrong, where it failed."""
    hint: str = ""
    """What to do about it."""
    people: list[Path] = field(default_factory=list)
    """Motion files, in order."""
    warnings: list[str] = field(default_factory=list)
    seen_frames: int = 0
    """Frames that were seen before it was cancelled, and from which bodies can still be fitted."""
    report: list[dict[str, Any]] = field(default_factory=list)
    """A check's lines: ok, text, hint."""
    job: str = field(default_factory=lambda: uuid.uuid4().hex)

    @property
    def over(self) -> bool:
        return self.state in ("done", "failed", "cancelled")

    def fail(self, message: str, hint: str) -> None:
        self.state, self.message, self.hint = "failed", message, hint


class Work:
    """The tasks of one press. `poll` is to be called some ten times a second; nothing here ever waits."""

    def __init__(self, server: Callable[[], ServerProcess], tasks: Sequence[Task]) -> None:
        """`server` gives the running server, or starts one; it may raise RecoveryError."""
        self.tasks = list(tasks)
        self.live: Message | None = None
        """The latest rough bodies of the task that is running."""
        self._get_server = server
        self._server: ServerProcess | None = None
        self._meter = Meter()
        self._cancelled_at: float | None = None
        self._started_at = 0.0

    @property
    def finished(self) -> bool:
        return all(task.over for task in self.tasks)

    @property
    def running(self) -> Task | None:
        return next((task for task in self.tasks if task.state == "running"), None)

    @property
    def progress(self) -> Progress:
        """How far all of it is."""
        over = sum(task.over for task in self.tasks)
        return self._meter.progress(over, len(self.tasks))

    def start(self) -> None:
        """Begins the first task that waits; those that no server can be had for fail."""
        for task in self.tasks:
            if task.state != "waiting":
                continue
            task.state = "running"
            self.live = None
            self._meter = Meter()
            self._started_at = time.monotonic()
            try:
                self._server = self._get_server()
            except RecoveryError as error:
                task.fail(error.message, error.hint)
                continue
            _send(self._server, task)
            return

    def poll(self) -> None:
        """Takes in what the server said, and goes on to the next task."""
        server, task = self._server, self.running
        if server is None or task is None:
            return
        for message in server.poll():
            self._take(task, message)
        if not task.over:
            self._look_after(server, task)
        if task.over:
            server.folders.pop(task.job, None)
            self.live = None
            self.start()

    def cancel(self) -> None:
        """Ends it: the tasks that wait at once, the running one within a second."""
        for task in self.tasks:
            if task.state == "waiting":
                task.state = "cancelled"
        if self._server is not None and (task := self.running) and self._cancelled_at is None:
            self._cancelled_at = time.monotonic()
            self._meter.stage = "cancel"
            self._server.send({"type": "cancel", "job": task.job})

    def _look_after(self, server: ServerProcess, task: Task) -> None:
        """Ends a task whose server is gone, silent, or deaf to a cancel."""
        now = time.monotonic()
        if self._cancelled_at is not None and now - self._cancelled_at > CANCEL_SECONDS:
            server.kill()
            self._drop(task)
        elif not server.alive:
            if self._cancelled_at is not None:
                self._drop(task)
            else:
                ending = server.ended
                assert ending is not None
                task.fail(ending.message, ending.hint)
        elif server.hello is None and self._meter.idle(now, self._started_at) > SILENCE_SECONDS:
            server.kill()
            task.fail("The recovery process started but did not answer.", AGAIN)

    def _drop(self, task: Task) -> None:
        """A task whose server was ended in the middle: what it had kept by then stays."""
        task.state = "cancelled"
        if task.kind == "recover" and task.folder and (task.folder / TRACKS).is_file():
            task.seen_frames = max(1, self._meter.seen)

    def _take(self, task: Task, message: Message) -> None:
        job, kind = message.get("job"), message["type"]
        if task.over or job not in (None, task.job):
            return  # of a task that is over
        if kind == "progress":
            # before its hello nobody there takes what is sent
            if message["stage"] != "send" or (self._server and self._server.hello):
                self._meter.update(message)
        elif kind == "live":
            self.live = message
        elif kind == "report":
            task.report, task.state = list(message["lines"]), "done"
        elif kind == "done":
            task.people = [self._path(task, path) for path in message.get("people", ())]
            task.warnings, task.state = list(message.get("warnings", ())), "done"
        elif kind == "cancelled":
            task.state = "cancelled"
            if task.folder and (task.folder / TRACKS).is_file():
                task.seen_frames = int(message.get("frames", 0))
        elif kind == "error":
            task.fail(str(message.get("message", "")), str(message.get("hint", "")))

    def _path(self, task: Task, path: str) -> Path:
        """Where a result lies on this machine, whatever it was called on the other."""
        return Path(path) if task.folder is None else task.folder / path.replace("\\", "/").rpartition("/")[2]


def _send(server: ServerProcess, task: Task) -> None:
    """Queues a task's message, and for another machine the files that it needs before it."""
    message: Message = {"type": task.kind, "job": task.job} | task.request
    if task.kind not in ("recover", "solve"):
        server.send(message)
        return
    assert task.folder is not None
    if server.choice.remote:
        server.folders[task.job] = task.folder
        folder = task.folder
        server.send_each(lambda: send_files(task.job, message, folder, server.note))
    else:
        server.send(message | {"folder": str(task.folder)})
