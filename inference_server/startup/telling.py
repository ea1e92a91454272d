"""What is said to the client before the server runs: how far it is, and what went wrong."""

import os
import select
import sys
import time
from collections.abc import Callable
from typing import Any

Tell = Callable[[dict[str, Any]], None]
INTERVAL = 0.1
"""Seconds between two messages of progress."""
STILL_HERE = 5.0
"""Seconds after which the same is said again where nothing moves: the client gives up those who fall silent."""


class PartsError(Exception):
    """A failure with a message for the user, as errors.RecoveryError is once the package can be imported."""

    def __init__(self, code: str, message: str, hint: str) -> None:
        super().__init__(message)
        self.code, self.message, self.hint = code, message, hint


class ClientGone(Exception):
    """Nobody listens any more."""


class Progress:
    """Counts bytes and tells them as "progress" of a stage. Raises ClientGone where nobody listens."""

    def __init__(self, tell: Tell, stage: str, total: int) -> None:
        self.tell, self.stage, self.total = tell, stage, total
        self.done = 0
        self._told = -1
        self._told_at = self._last = 0.0
        self.reach(0)

    def add(self, count: int) -> None:
        self.reach(self.done + count)

    def reach(self, done: int) -> None:
        """As many bytes are done, altogether; never fewer than before."""
        self.done = min(max(done, self.done), self.total)
        now = time.monotonic()
        if now - self._last < INTERVAL and self.done < self.total:
            return
        self._last = now
        if client_gone():
            raise ClientGone
        if self.done != self._told or now - self._told_at > STILL_HERE:
            self._told, self._told_at = self.done, now
            self.tell(
                {"type": "progress", "job": None, "stage": self.stage, "done": self.done, "total": self.total}
            )


def client_gone() -> bool:
    """Whether the other end of stdin, a pipe, has been closed; what it holds is left for the server to read."""
    try:
        if sys.platform == "win32":
            import _winapi
            import msvcrt

            try:
                _winapi.PeekNamedPipe(msvcrt.get_osfhandle(0), 0)
            except BrokenPipeError:
                return True
            return False
        poll = select.poll()
        poll.register(0, select.POLLIN)
        return any(event & select.POLLHUP for _, event in poll.poll(0)) and not os.isatty(0)
    except OSError:  # no pipe
        return False
