"""The jobs that wait and the one that runs, shared by the thread that listens and the one that works."""

import threading
from collections import deque

from .requests import Request


class JobQueue:
    """One job at a time, in the order of asking."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: deque[Request] = deque()
        self._running: Request | None = None
        self._cancelled = False

    @property
    def cancelled(self) -> bool:
        """Whether the job that runs is to stop."""
        return self._cancelled

    def add(self, request: Request) -> None:
        with self._changed:
            self._waiting.append(request)
            self._changed.notify_all()

    def next(self) -> Request:
        """Ends the running job and waits for another, which now runs."""
        with self._changed:
            self._running, self._cancelled = None, False
            self._changed.notify_all()
            self._changed.wait_for(lambda: bool(self._waiting))
            self._running = self._waiting.popleft()
            return self._running

    def cancel(self, job: str) -> bool:
        """Takes a waiting job out of the queue and returns True; tells a running one to stop."""
        with self._changed:
            before = len(self._waiting)
            self._waiting = deque(request for request in self._waiting if request.job != job)
            if self._running is not None and self._running.job == job:
                self._cancelled = True
            return len(self._waiting) < before

    def stop(self, seconds: float) -> None:
        """Drops what waits, tells the running job to stop and gives it so long to do so."""
        with self._changed:
            self._waiting.clear()
            self._cancelled = True
            self._changed.wait_for(lambda: self._running is None, seconds)
