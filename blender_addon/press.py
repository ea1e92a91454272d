"""One press of the button: what it is to recover, and where in the scene that goes. No bpy here."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..inference_server.errors import RecoveryError
from ..inference_server.known_camera import save_camera
from .client.job_files import CAMERA, JobRecord, new_job_folder, read_record, write_record
from .client.jobs import Task, Work

if TYPE_CHECKING:
    from .sources.source import Source


@dataclass(frozen=True)
class Problem:
    """Something that went wrong, until the user dismisses it."""

    label: str
    message: str
    hint: str = ""


@dataclass(frozen=True)
class Seen:
    """A job that was cancelled after it had seen frames, from which bodies can still be fitted."""

    label: str
    folder: Path
    frames: int


@dataclass(frozen=True)
class Place:
    """The file and scene that the people belong in."""

    file: str
    """Path of the .blend, "" where it was never saved."""
    file_number: int
    """How many files had been loaded."""
    scene: str

    def is_in(self, other: "Place") -> bool:
        """Whether that file is still open, or open again."""
        return self.file_number == other.file_number or bool(self.file and self.file == other.file)


@dataclass
class Press:
    """What one press of a button does, from its start until its people stand in the scene."""

    work: Work
    place: Place
    set_up: bool = True
    area: int = 0
    """The editor in which it was pressed, as Blender points to it; 0: not known."""
    key: str = ""
    """The result that is fitted again; "" where new ones are made."""
    problems: list[Problem] = field(default_factory=list)
    """Of sources that could not even be begun."""

    @property
    def recovered(self) -> list[Task]:
        return [task for task in self.work.tasks if task.state == "done" and task.people]

    @property
    def is_check(self) -> bool:
        return any(task.kind in ("check", "fetch") for task in self.work.tasks)


def recover_tasks(
    sources: "Sequence[Source]",
    settings: dict[str, Any],
    results: Path,
    prepare: "Callable[[Source, Path], Source]",
) -> tuple[list[Task], list[Problem]]:
    """A task with a folder of its own for each source that can be used, and what is wrong with the others."""
    tasks: list[Task] = []
    problems: list[Problem] = []
    for source in sources:
        if source.problem:
            problems.append(Problem(source.label, source.problem))
            continue
        folder = None
        try:
            folder = new_job_folder(results, source.label)
            tasks.append(_recover_task(prepare(source, folder), settings, folder))
        except RecoveryError as error:
            problems.append(Problem(source.label, error.message, error.hint))
            if folder is not None:
                shutil.rmtree(folder, ignore_errors=True)
    return tasks, problems


def _recover_task(source: "Source", settings: dict[str, Any], folder: Path) -> Task:
    settings = dict(settings, camera=None)
    if source.camera is not None:
        save_camera(source.camera, folder / CAMERA)
        settings["camera"] = str(folder / CAMERA)
    read = {
        "path": source.path or None,
        "files": list(source.files) or None,
        "fps": source.fps,
        "start": source.start,
        "end": source.end,
    }
    positions = None if source.positions is None else list(source.positions)
    placement = {"first_frame": source.first_frame, "positions": positions}
    write_record(folder, JobRecord(source.label, source=read, settings=settings, placement=placement))
    return Task("recover", source.label, folder, {"source": read, "settings": settings})


def solve_task(label: str, folder: Path, changed: dict[str, Any]) -> Task:
    """Fits the bodies of a job again, with its own settings but for those `changed`. Raises RecoveryError."""
    settings = read_record(folder).settings | changed
    if settings.get("camera"):
        settings["camera"] = str(folder / CAMERA)  # the folder may lie elsewhere by now
    return Task("solve", label, folder, {"settings": settings})


def note_outcome(task: Task) -> None:
    """Adds what came of a task to its folder's record, so that it can be opened again. Raises RecoveryError."""
    assert task.folder is not None
    record = read_record(task.folder)
    record.people = [path.name for path in task.people]
    record.warnings = list(task.warnings)
    record.settings = task.request["settings"]
    write_record(task.folder, record)


def _by_name(task: Task) -> str:
    """What went wrong, with the file called by its name: its whole path is hard to read in a sidebar."""
    path = (task.request.get("source") or {}).get("path")
    return task.message.replace(path, task.name) if path else task.message


def outcome(press: Press) -> tuple[list[Problem], list[Seen]]:
    """What failed of a press that is over, and what was seen before it was cancelled."""
    problems, seen = list(press.problems), []
    for task in press.work.tasks:
        if task.state == "failed":
            problems.append(Problem(task.name, _by_name(task), task.hint))
        elif task.state == "done" and not task.people and not press.is_check:
            problems.append(Problem(task.name, "No person was found.", "Choose footage that shows somebody."))
        elif task.state == "cancelled" and task.seen_frames and task.folder is not None:
            seen.append(Seen(task.name, task.folder, task.seen_frames))
    return problems, seen
