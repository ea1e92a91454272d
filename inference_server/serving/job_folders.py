"""Folders of the server's own, for clients on another machine: what they send, and what is sent back."""

import base64
import binascii
import contextlib
import os
import shutil
import tempfile
from pathlib import Path, PureWindowsPath
from typing import Any

from ..errors import RecoveryError
from ..messages import Message
from .requests import protocol_error


class JobFolders:
    """One private temporary folder a job, gone when the job has ended, or the server."""

    def __init__(self) -> None:
        self._folders: dict[str, Path] = {}
        self._arriving: set[Path] = set()
        self._failed: set[tuple[str, str]] = set()

    def of(self, job: str) -> Path:
        """The job's folder, made at the first call. Raises OSError."""
        if job not in self._folders:
            self._folders[job] = Path(tempfile.mkdtemp(prefix="human-mesh-recovery-"))
        return self._folders[job]

    def find(self, job: str, name: str) -> Path:
        """Where a file of the job lies that was sent before, or would. Raises RecoveryError("protocol")."""
        return self.of(job) / bare_name(name)

    def put(self, message: Message) -> None:
        """Adds a piece to a file; with the last one the file has its name.

        Raises RecoveryError ("protocol", "unwritable"), once a file: the pieces that follow are dropped.
        """
        job, name = message.get("job"), bare_name(message.get("name"))
        if not isinstance(job, str) or not job:
            raise protocol_error("a piece of a file without a job")
        if (job, name) in self._failed:
            return
        try:
            self._append(self.of(job) / name, _decoded(message.get("data")), bool(message.get("last")))
        except (OSError, RecoveryError) as error:
            self._failed.add((job, name))
            if isinstance(error, RecoveryError):
                raise
            raise RecoveryError(
                "unwritable",
                f"{name} could not be stored on the other machine: {error.strerror or error}.",
                "Make room there in its temporary folder, or name another in the variable TMPDIR.",
            ) from error

    def forget(self, job: str) -> None:
        """Deletes the job's folder, if it has one."""
        folder = self._folders.pop(job, None)
        for entry in tuple(self._failed):  # the thread that listens may add others meanwhile
            if entry[0] == job:
                self._failed.discard(entry)
        if folder:
            shutil.rmtree(folder, ignore_errors=True)

    def clean(self) -> None:
        """Deletes everything."""
        for job in list(self._folders):
            self.forget(job)

    def _append(self, path: Path, piece: bytes, last: bool) -> None:
        incoming = path.with_name(f".{path.name}.part")
        mode = "ab" if path in self._arriving else "wb"
        try:
            with open(incoming, mode) as file:
                file.write(piece)
            self._arriving.add(path)
            if last:
                self._arriving.discard(path)
                os.replace(incoming, path)
        except OSError:
            self._arriving.discard(path)
            with contextlib.suppress(OSError):
                incoming.unlink()
            raise


def bare_name(name: Any) -> str:
    """`name` again, if it is that of a file in a folder and leads nowhere else on any system.

    Raises RecoveryError("protocol").
    """
    if (
        not isinstance(name, str)
        or name in ("", ".", "..")
        or any(sign in name for sign in "/\\:\0")
        or PureWindowsPath(name).name != name
    ):
        raise protocol_error(f"{str(name)[:60]!r}, which is no file's bare name")
    return name


def _decoded(data: Any) -> bytes:
    try:
        return base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError, TypeError):
        raise protocol_error("a piece of a file that can't be read") from None
