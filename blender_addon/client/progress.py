"""How far the work is, in words and numbers for a person."""

import time
from collections import deque
from dataclasses import dataclass

from ...inference_server.messages import Message

STAGES = {
    # what it is called, what it counts, and the shares of a task at which it begins and ends
    "start": ("Starting", "", 0.0, 0.0),
    "unpack": ("Unpacking, this once", "", 0.0, 0.0),
    "download": ("Downloading", "bytes", 0.0, 1.0),
    "send": ("Sending the footage", "bytes", 0.0, 0.0),
    "people": ("Looking for people", "frames", 0.0, 0.75),
    # where the method's network sees the people once more, once they are known
    "find": ("Looking for people", "frames", 0.0, 0.4),
    "look": ("Recovering poses", "frames", 0.4, 0.75),
    "hands": ("Looking at hands", "frames", 0.75, 0.85),
    "fit": ("Fitting bodies", "", 0.85, 1.0),
    "cancel": ("Cancelling", "", 0.0, 0.0),
}
FINDING = ("people", "find")
RATE_SECONDS = 6.0
"""The rate is that of the last seconds."""
SURE_SECONDS = 1.0
"""Before it has run this long, nothing is said of a stage's rate."""
SURE_SHARE = 0.02
"""Nor before so much has been sent or fetched."""


@dataclass(frozen=True)
class Progress:
    """What a progress bar shows."""

    fraction: float
    """0 to 1, of all tasks."""
    stage: str
    """"Looking for people"."""
    count: str
    """"57 of 200 frames", "12 of 40 MB", or nothing."""
    rate: str
    """"11 frames/s", or nothing."""
    seconds_left: float | None
    """Of the running task; None where it can't be told yet."""
    place: str
    """"2 of 5", or nothing where there is one task."""

    @property
    def text(self) -> str:
        """All but the place, in one line."""
        return ", ".join(part for part in (self.count, self.rate, self.left) if part)

    @property
    def left(self) -> str:
        """Such as 13 s left, or nothing."""
        return "" if self.seconds_left is None else f"{duration(self.seconds_left)} left"


class Meter:
    """Follows one task's "progress" messages."""

    def __init__(self) -> None:
        self.stage = "start"
        self.seen = 0
        """Frames looked at."""
        self._done = self._total = 0
        self._heard = 0.0
        self._marks: deque[tuple[float, int]] = deque()

    def update(self, message: Message) -> None:
        """Takes in a message: stage, done, total."""
        now = self._heard = time.monotonic()
        if self.stage == "cancel":
            return
        if message["stage"] != self.stage:
            self.stage = message["stage"]
            self._marks.clear()
        self._done, self._total = int(message["done"]), int(message["total"])
        if self.stage in FINDING:
            self.seen = self._done
        if self._done or not self._marks:
            self._marks.append((now, self._done))
        while len(self._marks) > 2 and now - self._marks[1][0] > RATE_SECONDS:
            self._marks.popleft()

    def idle(self, now: float, since: float) -> float:
        """Seconds without a word."""
        return now - max(since, self._heard)

    def progress(self, tasks_over: int, tasks: int) -> Progress:
        """`tasks_over` of `tasks` came before this one."""
        title, unit, begin, end = STAGES.get(self.stage, ("Working", "", 0.0, 0.0))
        share = min(1.0, self._done / self._total) if self._total else 0.0
        fraction = (tasks_over + begin + (end - begin) * share) / max(1, tasks)
        # one picture is nothing to count
        count = _count(self._done, self._total, unit) if unit and self._total > 1 else ""
        rate = self._rate()
        # a download begins slowly, with the small ones
        sure = unit != "bytes" or share > SURE_SHARE
        left = (self._total - self._done) / rate if rate and sure else None
        said = f"{rate:.{0 if rate >= 3 else 1}f} {unit}/s" if rate and unit == "frames" else ""
        place = f"{min(tasks_over + 1, tasks)} of {tasks}" if tasks > 1 else ""
        return Progress(min(1.0, fraction), title, count, said, left, place)

    def _rate(self) -> float | None:
        """Units a second."""
        if self.stage == "cancel" or len(self._marks) < 2:
            return None
        (start, first), (end, last) = self._marks[0], self._marks[-1]
        return (last - first) / (end - start) if end - start >= SURE_SECONDS and last > first else None


def _count(done: int, total: int, unit: str) -> str:
    if unit != "bytes":
        return f"{done} of {total} {unit}"
    digits = 0 if total >= 10e6 else 1
    return f"{done / 1e6:.{digits}f} of {total / 1e6:.{digits}f} MB"


def duration(seconds: float) -> str:
    """13 s, 2 min 5 s, 1 h 4 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
