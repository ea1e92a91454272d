"""Locks between processes, which end with the process that holds them, however it ends."""

import contextlib
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from .telling import Progress, Tell

LOOK = 0.2
_held: list[IO[bytes]] = []
"""Of the runtimes that this process uses."""


@contextlib.contextmanager
def alone(path: Path, tell: Tell) -> Iterator[None]:
    """Waits until no other process is in such a block of the same file, and says so. Raises ClientGone."""
    with open(path, "ab") as file:
        waiting = None
        while not _lock(file, shared=False):
            waiting = waiting or Progress(tell, "unpack", 1)
            waiting.reach(0)
            time.sleep(LOOK)
        yield


def hold(folder: Path) -> None:
    """Marks `folder` as used for as long as this process lives."""
    with contextlib.suppress(OSError):  # a folder that can't be written to won't be removed either
        file = open(_mark(folder), "ab")  # noqa: SIM115
        _held.append(file)
        _lock(file, shared=True)


def release(folder: Path) -> bool:
    """Removes the mark of a folder that no process uses any more; False if one does."""
    with open(_mark(folder), "ab") as file:
        free = _lock(file, shared=False)
    if free:
        _mark(folder).unlink(missing_ok=True)
    return free


def _mark(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.used")


def _lock(file: IO[bytes], shared: bool) -> bool:
    """Whether it could be had at once. On Windows there is no shared one; there, open libraries can't be moved."""
    try:
        if sys.platform == "win32":
            import msvcrt

            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:  # a file system without locks
        return True
    return True
