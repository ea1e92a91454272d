"""Finds a TensorFlow checkpoint's files: beside the one that was named, or in an archive, which is never unpacked."""

import re
import tarfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

from numpy.typing import NDArray

from ...errors import RecoveryError
from .leveldb_table import MAGIC
from .tf_checkpoint import Index, read_index, read_values

PART = re.compile(r"(?P<prefix>.+)\.(?:index|meta|data-\d{5}-of-\d{5})")
HIDDEN = re.compile(r"(?:^|/)\._[^/]*$")
"""What macOS puts into archives beside each file."""
NAMED = re.compile(rb'model_checkpoint_path: "(?:.*[/\\])?([^"/\\]+)"')
"""In the small text file "checkpoint" that lies beside the others."""
GZIP, TAR, TAR_PLACE = b"\x1f\x8b", b"ustar", 257
LARGEST_INDEX = 64 << 20
DAMAGED = (tarfile.TarError, zlib.error, EOFError, OSError, OverflowError, MemoryError)
"""What a cut off or damaged archive raises."""
AGAIN = "Download it again, as a whole."
TOGETHER = "Keep all of a checkpoint's files in one folder, or name the archive that they came in."


@dataclass(frozen=True)
class TfCheckpoint:
    path: Path
    """What the user named."""
    prefix: str
    """What its files' names begin with, such as model.ckpt-667589."""
    index: Index
    open_shard: Callable[[int], AbstractContextManager[BinaryIO]]

    def read(self, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, NDArray]:
        """The values of those variables. Raises RecoveryError "checkpoint" where they are not there as a whole, or are
        not of those shapes.
        """
        try:
            return read_values(self.index.entries, shapes, self.open_shard)
        except FileNotFoundError as error:
            message = f"{self.path} is a part of {self.prefix}; beside it {error.filename} is missing."
            raise RecoveryError("checkpoint", message, TOGETHER) from error
        except (ValueError, *DAMAGED) as error:
            message = f"The values of {self.prefix} in {self.path} cannot be read: {error}."
            raise RecoveryError("checkpoint", message, AGAIN) from error


def one_each(paths: Iterable[Path]) -> list[Path]:
    """The files, but of those that are parts of one checkpoint only the first."""
    known = {}
    for path in paths:
        part = PART.fullmatch(path.name)
        known.setdefault(path.with_name(part["prefix"]) if part else path, path)
    return list(known.values())


def find_tf_checkpoint(path: Path) -> TfCheckpoint | None:
    """The checkpoint that a file is, is a part of, or holds; None where it is nothing of the kind.

    Raises RecoveryError "checkpoint" where it is, and the index is damaged or not there.
    """
    try:
        with path.open("rb") as file:
            start = file.read(TAR_PLACE + len(TAR))
            file.seek(max(0, file.seek(0, 2) - len(MAGIC)))
            end = file.read()
        if start.startswith(GZIP) or start[TAR_PLACE:] == TAR:
            return _in_archive(path)
        if end == MAGIC:
            return _of_index(path, path)
        prefix = _prefix(path.name, start)
        return None if prefix is None else _of_index(path, path.with_name(f"{prefix}.index"))
    except DAMAGED as error:
        raise RecoveryError("checkpoint", f"{path} cannot be read: {error}.", AGAIN) from error


def _prefix(name: str, start: bytes) -> str | None:
    """What the checkpoint's files' names begin with, if that one is a part of one."""
    part, named = PART.fullmatch(name), NAMED.match(start)
    return part["prefix"] if part else named and named[1].decode(errors="replace")


def _of_index(path: Path, index: Path) -> TfCheckpoint:
    if not index.is_file():
        message = f"{path} is a part of a TensorFlow checkpoint; beside it {index.name} is missing."
        raise RecoveryError("checkpoint", message, TOGETHER)
    known, prefix = _index(index, index.read_bytes()), index.name.removesuffix(".index")

    def open_shard(number: int) -> BinaryIO:
        return path.with_name(_shard(prefix, number, known)).open("rb")

    return TfCheckpoint(path, prefix, known, open_shard)


def _in_archive(path: Path) -> TfCheckpoint | None:
    with tarfile.open(path) as archive:
        for member in archive:
            part = PART.fullmatch(member.name)
            if member.isfile() and part and member.name.endswith(".index") and not HIDDEN.search(member.name):
                if member.size > LARGEST_INDEX:
                    raise tarfile.ReadError(f"{member.name} in it is too large for an index")
                file = archive.extractfile(member)
                known = _index(Path(path, member.name), file.read() if file else b"")
                prefix = part["prefix"]
                return TfCheckpoint(path, prefix, known, partial(_open_member, path, prefix, known))
    return None


@contextmanager
def _open_member(path: Path, prefix: str, index: Index, number: int) -> Iterator[BinaryIO]:
    name = _shard(prefix, number, index)
    with tarfile.open(path) as archive:
        for member in archive:
            if member.name == name and member.isfile() and (file := archive.extractfile(member)):
                yield file  # pyright: ignore[reportReturnType]: it reads as a file does
                return
    raise FileNotFoundError(2, "No such file in the archive", name)


def _shard(prefix: str, number: int, index: Index) -> str:
    return f"{prefix}.data-{number:05}-of-{index.shard_count:05}"


def _index(path: Path, data: bytes) -> Index:
    try:
        return read_index(data)
    except ValueError as error:
        message = f"{path} is no TensorFlow checkpoint's index, or is damaged: {error}."
        raise RecoveryError("checkpoint", message, AGAIN) from error
