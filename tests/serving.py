"""The inference server as a real child process, for tests."""

import contextlib
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from human_mesh_recovery.inference_server.messages import Message, decode, encode

PATIENCE = 120.0
"""Seconds, generous: machines that run tests may be slow."""
SETTINGS = {"method": "keypoints", "body": "free", "people": None, "focal_length": None, "smoothing": 1.0,
            "foot_contact": True, "fingers": False, "device": "cpu", "camera": None}  # fmt: skip
START = "import sys; from human_mesh_recovery.inference_server import cli; sys.exit(cli.main(['serve']))"


class Server:
    """A child and what it has said so far."""

    def __init__(self, before: str = "", listen: bool = True, **environment: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", f"{before}\n{START}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=os.environ | environment,
        )
        self.heard: list[Message] = []
        self._arrived: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        self._log: list[bytes] = []
        for task in (self._listen, self._keep_log) if listen else (self._keep_log,):
            threading.Thread(target=task, daemon=True).start()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            # nothing but messages may go to stdout
            self._arrived.put(
                decode(line) or {"type": "error", "job": None, "message": f"no message: {line}"}
            )
        self._arrived.put(None)

    def _keep_log(self) -> None:
        assert self.process.stderr is not None
        self._log += self.process.stderr

    @property
    def log(self) -> str:
        return b"".join(self._log).decode("utf-8", "replace")

    def write(self, line: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line)
        self.process.stdin.flush()

    def send(self, kind: str, **facts: Any) -> None:
        self.write(encode({"type": kind, **facts}))

    def recover(self, job: str, folder: Path | None, path: object = None, **more: Any) -> None:
        """Asks for a recovery; `more` are facts of the source and settings, by name."""
        settings = SETTINGS | {name: value for name, value in more.items() if name in SETTINGS}
        source = {"path": path and str(path), "files": None, "fps": None, "start": 0, "end": None}
        source |= {name: value for name, value in more.items() if name in source}
        where = None if folder is None else str(folder)
        self.send("recover", job=job, folder=where, source=source, settings=settings)

    def wait(self, *kinds: str) -> Message:
        """The next message of one of these types; those before it are in `heard` too."""
        while True:
            message = self._arrived.get(timeout=PATIENCE)
            assert message is not None, f"the server has ended:\n{self.log}"
            self.heard.append(message)
            if message["type"] in kinds:
                return message

    def end(self, job: str) -> Message:
        """What ends a job."""
        while True:
            message = self.wait("done", "error", "cancelled")
            if message["job"] == job:
                return message

    def of(self, job: str, kind: str) -> list[Message]:
        """What was heard of a job."""
        return [message for message in self.heard if message["type"] == kind and message.get("job") == job]

    def hang_up(self, seconds: float = PATIENCE) -> int:
        """Closes stdin; the exit status."""
        assert self.process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        return self.process.wait(timeout=seconds)


@contextmanager
def running(before: str = "", **environment: str) -> Iterator[Server]:
    """A server that has said hello. `before` is Python that runs in it first, to make something go wrong."""
    server = Server(before, True, **environment)
    try:
        server.wait("hello")
        yield server
    finally:
        try:
            server.hang_up(seconds=10)
        finally:
            server.process.kill()
            server.process.wait()
