"""The inference server as a child process: started once, kept warm, never waited for."""

import base64
import contextlib
import io
import os
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from ...inference_server.errors import RecoveryError
from ...inference_server.messages import LONGEST_LINE, PROTOCOL, Message, decode, encode
from .endings import Ending, in_words

PATIENCE = 1.5
"""Seconds that a server has to end by itself."""
AT_ONCE = 0.02
"""Seconds that one look at what has arrived may take."""


@dataclass(frozen=True)
class ServerChoice:
    """How to start a server."""

    argv: tuple[str, ...]
    environment: dict[str, str]
    """All of its variables; nothing else is handed on."""
    remote: bool
    """Whether it runs on another machine, so that files have to go through the pipe."""
    log: Path
    """Where its stderr goes."""


class ServerProcess:
    """A running server. Threads of its own read and write, so that no call here blocks.

    Raises RecoveryError("server_start") where it can't be started.
    """

    def __init__(self, choice: ServerChoice) -> None:
        self.choice = choice
        self.hello: Message | None = None
        self.folders: dict[str, Path] = {}
        """Where the files of a job that ran on another machine are to go, by the job's name."""
        self._stopping = False
        self._arriving: set[Path] = set()
        self._received: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self._to_send: queue.SimpleQueue[Callable[[], Iterable[Message]] | None] = queue.SimpleQueue()
        self._process = _start(choice)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._reader = threading.Thread(target=self._read, args=(self._process.stdout,), daemon=True)
        self._reader.start()
        threading.Thread(target=self._write, args=(self._process.stdin,), daemon=True).start()

    @property
    def alive(self) -> bool:
        """Whether it runs, or has said things that nobody has read yet."""
        return self._process.poll() is None or self._reader.is_alive() or not self._received.empty()

    @property
    def usable(self) -> bool:
        """Whether it can be given a task: one that was told to end may run for a moment yet."""
        return not self._stopping and self._process.poll() is None

    @property
    def process_id(self) -> int:
        return self._process.pid

    @property
    def ended(self) -> Ending | None:
        """Why a server that is not alive ended."""
        code = self._process.poll()
        return None if code is None else in_words(code, self.choice.log, self.choice.remote)

    def send(self, message: Message) -> None:
        """Queues a message; to a server that has ended it is dropped."""
        self._to_send.put(lambda: (message,))

    def send_each(self, messages: Callable[[], Iterable[Message]]) -> None:
        """Queues what `messages` will give, made in the writing thread: a file's pieces."""
        self._to_send.put(messages)

    def note(self, message: Message) -> None:
        """Adds a message of this side's own to those that arrive."""
        self._received.put(message)

    def poll(self) -> list[Message]:
        """What has arrived since the last call, as much as can be looked at in no time."""
        messages: list[Message] = []
        deadline = time.monotonic() + AT_ONCE
        while time.monotonic() < deadline:
            try:
                message = self._received.get_nowait()
            except queue.Empty:
                break
            if message["type"] == "hello":
                self.hello = message
                if message.get("protocol") != PROTOCOL:
                    self.kill()
                    message = {
                        "type": "error",
                        "job": None,
                        "code": "protocol",
                        "message": f"The recovery program there is of another version ({message.get('version')}).",
                        "hint": "Install the same version of Human Mesh Recovery in both places.",
                    }
            messages.append(message)
        return messages

    def stop(self) -> None:
        """Asks it to end, and sees to it that it does; returns at once."""
        if self._stopping:
            return
        self._stopping = True
        self.send({"type": "shutdown"})
        self._to_send.put(None)
        threading.Thread(target=self._end, daemon=True).start()

    def kill(self) -> None:
        """Ends it, with whatever it has started."""
        self._stopping = True
        self._to_send.put(None)
        if self._process.poll() is None:
            if hasattr(os, "killpg"):
                # it may have ended just now, which macOS calls a lack of permission
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(self._process.pid, signal.SIGKILL)
            else:
                self._process.kill()

    def _end(self) -> None:
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()

    def _read(self, pipe: Any) -> None:
        with io.BufferedReader(pipe) as lines:  # the pipe itself would be read byte by byte
            while line := lines.readline(LONGEST_LINE):
                message = decode(line)
                if message is None:
                    continue
                if message["type"] == "file":
                    message = self._keep(message)
                if message is not None:
                    self._received.put(message)
        self._process.wait()

    def _write(self, pipe: IO[bytes]) -> None:
        if hasattr(signal, "pthread_sigmask"):
            # Blender leaves SIGPIPE deadly: writing to a server that has ended would end Blender
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGPIPE})
        # an error means that it has ended, which the reader tells
        with contextlib.suppress(OSError, ValueError), pipe:
            while (messages := self._to_send.get()) is not None:
                for message in messages():
                    line = encode(message)
                    while line:
                        line = line[pipe.write(line) :]

    def _keep(self, message: Message) -> Message | None:
        """Adds a piece to a result of a job that ran elsewhere; an error's message where that fails."""
        folder = self.folders.get(str(message.get("job")))
        name = Path(str(message.get("name"))).name
        if folder is None or not name.endswith(".npz"):
            return None
        path = folder / name
        temporary = path.with_name(f".{path.name}.part")
        try:
            # one that is there already was left behind by a connection that broke
            with open(temporary, "ab" if path in self._arriving else "wb") as file:
                file.write(base64.b64decode(message.get("data", "")))
            self._arriving.add(path)
            if message.get("last"):
                self._arriving.discard(path)
                os.replace(temporary, path)
        except (OSError, ValueError) as error:  # ValueError: the piece can't be read
            # what else comes of this job would make a file with a hole
            self.folders.pop(str(message.get("job")), None)
            self._arriving.discard(path)
            with contextlib.suppress(OSError):
                temporary.unlink()
            why = getattr(error, "strerror", None) or error
            return {
                "type": "error",
                "job": message.get("job"),
                "code": "unwritable",
                "message": f"The result could not be written to {path}: {why}.",
                "hint": "Choose another results folder in the add-on's preferences.",
            }
        return None


def _start(choice: ServerChoice) -> subprocess.Popen[bytes]:
    try:
        choice.log.parent.mkdir(parents=True, exist_ok=True)
        with open(choice.log, "wb") as log:
            return subprocess.Popen(
                choice.argv,
                bufsize=0,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=choice.environment,
                # a group of its own: what it has started ends with it, and Ctrl-C in Blender's terminal spares it
                start_new_session=os.name == "posix",
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
    except OSError as error:
        hint = "Choose another Python, or Built In, in the add-on's preferences."
        raise RecoveryError(
            "server_start",
            f"The recovery process could not be started ({choice.argv[0]}): {error.strerror or error}.",
            "Install OpenSSH's client, which ssh belongs to." if choice.remote else hint,
        ) from error
