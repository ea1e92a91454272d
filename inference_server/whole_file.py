"""Files that appear whole or not at all."""

import contextlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import RecoveryError


@contextmanager
def whole_file(path: Path, what: str) -> Iterator[Path]:
    """A name beside `path`, of the same ending, to write to; it takes the path's place when the block ends well.

    `what` names the content in the message, such as "The motion". Whatever ends the block, nothing half-written
    stays. Raises RecoveryError("unwritable") for the block's OSErrors.
    """
    temporary = path.with_name(f".{path.stem}.{os.getpid()}.part{path.suffix}")
    try:
        yield temporary
        os.replace(temporary, path)
    except OSError as error:
        raise RecoveryError(
            "unwritable",
            f"{what} could not be written to {path}: {error.strerror or error}.",
            "Choose a folder that can be written to and has free space.",
        ) from error
    finally:
        with contextlib.suppress(OSError):  # it isn't there: it has its name now, or its folder is none
            temporary.unlink()
