"""Where a training keeps what it has learnt, and how it finds it again."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from ..errors import RecoveryError
from ..whole_file import whole_file

HINT = "Choose another folder for this training, or remove the file to go on from the one before it."


def write(content: dict[str, Any], path: Path, what: str) -> None:
    """Raises RecoveryError("unwritable")."""
    with whole_file(path, what) as temporary:
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.save(content, temporary)


def newest(folder: Path, name: re.Pattern[str]) -> Path | None:
    """Of the files whose name matches, the one whose first group is the greatest number; None where there is none."""
    found = {int(match[1]): path for path in folder.glob("*") if (match := name.fullmatch(path.name))}
    return found[max(found)] if found else None


@contextmanager
def restoring(path: Path, what: str, hint: str = HINT) -> Iterator[Any]:
    """What the file holds, which the block puts where it belongs.

    Raises RecoveryError("checkpoint") where that fails: the file is damaged, or of another network.
    """
    try:
        yield torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # what it raises for a damaged file depends on the bytes
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise RecoveryError("checkpoint", f"{path} is no {what}: {' '.join(reason[:2])}", hint) from error
