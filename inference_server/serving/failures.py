"""What ends a job, in words for the user."""

import errno
import shutil
from pathlib import Path

from ..errors import RecoveryError
from ..outputs import check_folder

LEAST_ROOM = 10e6
"""Bytes without which a recovery is not begun: its result could not be written."""
FULL = (errno.ENOSPC, errno.EDQUOT)


def check_room(folder: Path) -> None:
    """Makes the folder of a job and sees whether its results will find room.

    Raises RecoveryError: "unwritable" or "disk_full".
    """
    check_folder(folder / "person-1.npz")
    free = shutil.disk_usage(folder).free
    if free < LEAST_ROOM:
        raise RecoveryError(
            "disk_full",
            f"The disk of {folder} is full: {free / 1e6:.1f} MB are free.",
            "Make room there, or choose another folder for the results.",
        )


def in_words(error: Exception) -> RecoveryError:
    """Whatever ended a job, as an error that can be shown."""
    if isinstance(error, RecoveryError):
        return error
    if isinstance(error, MemoryError):
        return RecoveryError(
            "memory",
            "There was not enough memory for this.",
            "Close other programs, or recover a shorter range of frames.",
        )
    if isinstance(error, OSError):
        where = f" ({error.filename})" if error.filename else ""
        full = error.errno in FULL
        return RecoveryError(
            "disk_full" if full else "file",
            f"A file could not be read or written{where}: {error.strerror or error}.",
            "Make room on the disk." if full else "Check that its folder is there and may be used.",
        )
    return RecoveryError(
        "internal",
        f"Something unexpected happened ({type(error).__name__}: {error}).",
        "The log of the recovery program says where. Other footage may work; please report it.",
    )
