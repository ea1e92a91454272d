"""The folder that each job has: what was asked for, what was seen, and the people that came of it."""

import json
import math
import os
import re
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from ...inference_server.errors import RecoveryError
from ...inference_server.whole_file import whole_file

RECORD = "job.json"
TRACKS = "tracks.npz"
"""What was seen, from which the bodies can be fitted again."""
CAMERA = "camera.npz"
LONGEST_NAME = 40


@dataclass
class JobRecord:
    """What is known of a job; its file lies beside the results."""

    name: str
    """What the user calls the source."""
    created: str = ""
    """Local time, ISO 8601."""
    source: dict[str, Any] = field(default_factory=dict)
    """As in the "recover" message."""
    settings: dict[str, Any] = field(default_factory=dict)
    placement: dict[str, Any] = field(default_factory=dict)
    """first_frame: the scene's frame at which positions[0] lies; positions: the source's frames that the scene
    shows from there on, or None for the source's own rate."""
    people: list[str] = field(default_factory=list)
    """Names of the motion files, in order."""
    warnings: list[str] = field(default_factory=list)


def new_job_folder(results: Path, name: str) -> Path:
    """A new empty folder under `results`, named after the time and the source.

    Raises RecoveryError("unwritable") where none can be made.
    """
    stem = re.sub(r"[^\w.-]+", "-", Path(name).stem)[:LONGEST_NAME].strip("-.") or "recovery"
    base = f"{datetime.now():%Y-%m-%d %H.%M.%S} {stem}"
    number = 1
    while True:
        folder = results / (base if number == 1 else f"{base} {number}")
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            if not folder.is_dir():
                raise _unwritable(results, "a file is in its way") from None
            number += 1
        except OSError as error:
            raise _unwritable(results, error.strerror or str(error)) from error
        else:
            return folder


def write_record(folder: Path, record: JobRecord) -> None:
    """Raises RecoveryError("unwritable")."""
    record.created = record.created or datetime.now().isoformat(timespec="seconds")
    with whole_file(folder / RECORD, "The job's record") as temporary:
        # in ASCII: file names on Linux may hold what is no text and has no UTF-8
        temporary.write_text(json.dumps(asdict(record), indent=1), encoding="ascii")


def read_record(folder: Path) -> JobRecord:
    """Raises RecoveryError("job_folder") where `folder` holds no job."""
    try:
        known = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        record = JobRecord(**{name: known[name] for name in JobRecord.__dataclass_fields__ if name in known})
        lists = [*record.people, *record.warnings]
        dictionaries = (record.source, record.settings, record.placement)
        if not all(isinstance(entry, str) for entry in (record.name, *lists)):
            raise TypeError("a text is none")
        if not all(isinstance(entry, dict) for entry in dictionaries):
            raise TypeError("a part is no object")
        _check_placement(record.placement)
        record.people = [Path(name).name for name in record.people]
    except (OSError, ValueError, TypeError) as error:
        raise RecoveryError(
            "job_folder",
            f"{folder} is no folder of a recovery, or its {RECORD} is damaged ({error}).",
            "Choose another folder, or one of its person-N.npz files.",
        ) from error
    return record


def recent_jobs(results: Path, limit: int) -> list[Path]:
    """The folders of the latest jobs that recovered somebody or could be fitted again, newest first."""
    try:
        with os.scandir(results) as entries:
            names = sorted((entry.name for entry in entries), reverse=True)
    except OSError:
        return []
    found: list[Path] = []
    for name in names:
        folder = results / name
        if (folder / RECORD).is_file() and (
            (folder / "person-1.npz").is_file() or (folder / TRACKS).is_file()
        ):
            found.append(folder)
            if len(found) == limit:
                break
    return found


def _check_placement(placement: dict[str, Any]) -> None:
    """Raises TypeError or ValueError where it holds what is no frame."""
    positions = placement.get("positions")
    for frame in (placement.get("first_frame", 0), *([] if positions is None else positions)):
        if not math.isfinite(frame):
            raise ValueError(f"{frame} is no frame")


def _unwritable(results: Path, reason: str) -> RecoveryError:
    return RecoveryError(
        "unwritable",
        f"No folder for the results could be made in {results}: {reason}.",
        "Choose another results folder in the add-on's preferences.",
    )
