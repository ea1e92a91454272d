"""Taking published files out of a package's archive or a folder, without trusting either."""

import hashlib
import tarfile
import zlib
from collections.abc import Sequence
from pathlib import Path

from ..errors import RecoveryError
from .catalogue import Package, SourceFile


def checked(source: SourceFile, contents: bytes, where: str) -> bytes:
    """`contents` again, if they are the published ones; RecoveryError (code "checksum") if not."""
    if len(contents) != source.size or hashlib.sha256(contents).hexdigest() != source.sha256:
        raise RecoveryError(
            "checksum",
            f"{source.path} from {where} is not the published file: it has {len(contents)} bytes "
            f"of {source.size}, or its checksum differs.",
            "The download was damaged or changed on its way. Try again, or on another network.",
        )
    return contents


def read_archive(archive: Path, files: Sequence[SourceFile]) -> dict[str, bytes]:
    """The wanted files of a package's .tgz, checked, by path.

    Nothing is unpacked to disk, so no name inside the archive can lead anywhere; nothing larger than the
    published file is read. Raises RecoveryError: "archive" if it cannot be read, "not_found" if it lacks a
    file, "checksum" if a file in it is not the published one.
    """
    wanted = {f"package/{source.path}": source for source in files}
    contents: dict[str, bytes] = {}
    try:
        with tarfile.open(archive, "r:gz") as package:
            for member in package:
                source = wanted.get(member.name)
                stream = package.extractfile(member) if source and member.isreg() else None
                if source and stream:
                    contents[source.path] = checked(source, stream.read(source.size + 1), archive.name)
                if len(contents) == len(wanted):
                    return contents
    except (tarfile.TarError, zlib.error, EOFError, OSError) as error:
        raise RecoveryError(
            "archive", f"The archive {archive} cannot be read: {error}.", "Fetch it again: it may be cut off."
        ) from error
    missing = ", ".join(source.path for source in files if source.path not in contents)
    raise RecoveryError(
        "not_found", f"{archive} does not hold {missing}.", "Is it another package or version?"
    )


def read_offline(origin: Path, package: Package, files: Sequence[SourceFile]) -> dict[str, bytes]:
    """The wanted files from what the user has already: the package's .tgz, or a folder.

    A folder may hold the .tgz under its usual name, the unpacked package, or the single files.
    Raises RecoveryError: "not_found", "archive" or "checksum".
    """
    if origin.is_file():
        return read_archive(origin, files)
    if (origin / package.archive_name).is_file():
        return read_archive(origin / package.archive_name, files)
    contents = {}
    for source in files:
        places = (origin / source.path, origin / "package" / source.path, origin / Path(source.path).name)
        found = next((place for place in places if place.is_file()), None)
        if found is None:
            raise RecoveryError(
                "not_found",
                f"{origin} holds neither {package.archive_name} nor {source.path}.",
                f"Put the archive of the package {package} there.",
            )
        try:
            contents[source.path] = checked(source, found.read_bytes(), str(found))
        except OSError as error:
            raise RecoveryError("archive", f"{found} cannot be read: {error.strerror}.") from error
    return contents
