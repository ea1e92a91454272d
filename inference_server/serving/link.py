"""The server's end of the pipe to its client."""

import os
import threading
import time
from collections.abc import Callable

from ..errors import RecoveryError
from ..messages import Message, encode
from ..pipeline import Progress

PROGRESS_SECONDS = 0.1
"""Between two messages of progress, the first and the last of a stage apart."""
IN_THE_ADD_ON = "Download the networks in the add-on's preferences."
HINTS = {
    "weights_missing": IN_THE_ADD_ON,
    "weights_corrupt": IN_THE_ADD_ON,
    "download": "Check the network connection and try again. The extension's large zip needs no download.",
}
"""In place of what the command line advises."""


class Link:
    """Sends messages, from whichever thread. `on_gone` is called when nobody reads them any more."""

    def __init__(self, out_fd: int, on_gone: Callable[[], None]) -> None:
        self._out = out_fd
        self._on_gone = on_gone
        self._lock = threading.Lock()
        self._told = ("", "", 0.0)

    def send(self, message: Message) -> None:
        line = memoryview(encode(message))
        try:
            with self._lock:
                while line:
                    line = line[os.write(self._out, line) :]
        except OSError:
            self._on_gone()

    def error(self, job: str | None, error: RecoveryError) -> None:
        hint = HINTS.get(error.code, error.hint)
        self.send({"type": "error", "job": job, "code": error.code, "message": error.message, "hint": hint})

    def progress(self, job: str, progress: Progress) -> None:
        """Not more often than anybody can see, but always the beginning and the end of a stage."""
        before_job, before_stage, before = self._told
        edge = progress.done in (0, progress.total) or (job, progress.stage) != (before_job, before_stage)
        now = time.monotonic()
        if edge or now - before >= PROGRESS_SECONDS:
            self._told = (job, progress.stage, now)
            facts = {"stage": progress.stage, "done": progress.done, "total": progress.total}
            self.send({"type": "progress", "job": job, **facts})
