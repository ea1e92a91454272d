"""The server: requests come in on stdin, a line each; answers go out on a descriptor of their own.

One thread listens, the main thread works, one job after the other. When nobody is there any more to talk to
(stdin ends, or answers are not taken), the process ends, in the middle of whatever it does.
"""

import argparse
import os
import platform
import sys
import threading
from typing import BinaryIO, NoReturn

from .messages import LONGEST_LINE, PROTOCOL, Message, decode
from .methods.registry import METHODS
from .serving.checks import version
from .serving.failures import in_words
from .serving.job_folders import JobFolders
from .serving.job_queue import JobQueue
from .serving.link import Link
from .serving.requests import protocol_error, read_request
from .serving.worker import Worker
from .weights.sessions import available_devices

LAST_SECONDS = 0.5
"""What a running job is given to leave nothing half-written behind, once the client has gone."""


def add_arguments(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the `serve` command to the program's commands."""
    parser = subparsers.add_parser(
        "serve", help="do what the add-on of a Blender elsewhere asks, over stdin and stdout (ssh)"
    )
    parser.set_defaults(run=lambda options: main(private_stdout()))


def private_stdout() -> int:
    """A descriptor of what stdout was; stdout itself becomes stderr, so that no print can break a message."""
    sys.stdout.flush()
    out = os.dup(1)
    os.dup2(2, 1)
    return out


def main(out_fd: int) -> int:
    """Serves the client whose messages are on stdin until it goes. Never returns: the process ends."""
    server = _Server(out_fd)
    # Of its own too: on Windows a library that asks what stdin is would wait for the thread that reads it.
    requests = os.fdopen(os.dup(0), "rb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    threading.Thread(target=server.listen, args=(requests,), daemon=True).start()
    try:
        server.work()
    except KeyboardInterrupt:
        server.leave()


class _Server:
    def __init__(self, out_fd: int) -> None:
        self._link = Link(out_fd, self._end)
        self._queue = JobQueue()
        self._folders = JobFolders()
        self._worker = Worker(self._link, self._queue, self._folders)

    def work(self) -> NoReturn:
        """What the main thread does."""
        devices = available_devices()
        facts = {"protocol": PROTOCOL, "version": version(), "python": platform.python_version()}
        facts |= {"device": devices[0], "devices": devices, "methods": list(METHODS)}
        self._link.send({"type": "hello", **facts})
        while True:
            self._worker.run(self._queue.next())

    def listen(self, requests: BinaryIO) -> NoReturn:
        """What the other thread does: reads to the end, and then ends the process."""
        try:
            while line := requests.readline(LONGEST_LINE):
                if len(line) == LONGEST_LINE and not line.endswith(b"\n"):
                    while (rest := requests.readline(LONGEST_LINE)) and not rest.endswith(b"\n"):
                        pass
                    self._link.error(None, protocol_error("a line that is longer than any message"))
                elif line.strip():
                    self._take(line)
        finally:
            self.leave()

    def leave(self) -> NoReturn:
        """Ends the process; a running job has a moment to stop by itself."""
        self._queue.stop(LAST_SECONDS)
        self._end()

    def _end(self) -> NoReturn:
        try:
            self._folders.clean()
            folder = self._worker.folder
            if folder:
                for half_written in folder.glob(f".*.{os.getpid()}.part*"):
                    half_written.unlink(missing_ok=True)
        finally:  # on Windows a file that is being written can't be deleted
            os._exit(0)

    def _take(self, line: bytes) -> None:
        """Does at once what can be, and queues the rest. Whatever a line holds, the next one is read."""
        message = decode(line)
        if message is None:
            self._link.error(None, protocol_error("a line that is no message"))
            return
        try:
            self._sort(message)
        except Exception as error:
            job = message.get("job")
            self._link.error(job if isinstance(job, str) else None, in_words(error))

    def _sort(self, message: Message) -> None:
        kind = message["type"]
        if kind == "shutdown":
            self.leave()
        elif kind == "put":
            self._folders.put(message)
        elif kind == "cancel":
            job = str(message.get("job"))
            if self._queue.cancel(job):
                self._folders.forget(job)
                self._link.send({"type": "cancelled", "job": job, "frames": 0})
        else:
            self._queue.add(read_request(message))
