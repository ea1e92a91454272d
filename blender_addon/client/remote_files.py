"""What a job on another machine needs of this one's files."""

import re
from collections.abc import Iterator
from pathlib import Path

from ...inference_server.messages import Message, file_pieces
from .job_files import CAMERA, TRACKS

PICTURES = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff")


def send_files(job: str, message: Message, folder: Path) -> Iterator[Message]:
    """The "put" messages of every file that `message` names, and then the message with the names they have there.

    A file that can't be read ends the job with the server's own message about it: it is told the name and finds
    nothing there.
    """
    settings = dict(message["settings"])
    there: Message = message | {"folder": None, "settings": settings}
    if message["type"] == "solve":
        yield from _put(job, folder / TRACKS, TRACKS)
    else:
        source = dict(message["source"])
        files = [Path(name) for name in source.get("files") or ()]
        path = Path(source["path"]) if source.get("path") else None
        if path is not None and path.is_dir():
            files, path = _frames(path), None
        names = [f"{number:06d}{file.suffix.lower()}" for number, file in enumerate(files)]
        for file, name in zip(files, names, strict=True):
            yield from _put(job, file, name)
        if path is not None:
            yield from _put(job, path, path.name)
        there["source"] = source | {"path": path.name if path else None, "files": names or None}
    if settings.get("camera"):
        yield from _put(job, Path(settings["camera"]), CAMERA)
        settings["camera"] = CAMERA
    if settings.get("body", "free") != "free":
        body = Path(settings["body"])
        yield from _put(job, body, body.name)
        settings["body"] = body.name
    yield there


def _put(job: str, path: Path, name: str) -> Iterator[Message]:
    try:
        yield from file_pieces("put", job, path, name)
    except OSError:
        return


def _frames(folder: Path) -> list[Path]:
    """A folder's pictures in the order of their numbers: frame2 before frame10."""
    try:
        found = [file for file in folder.iterdir() if file.suffix.lower() in PICTURES and file.name[0] != "."]
    except OSError:
        return []
    return sorted(
        found,
        key=lambda file: [int(p) if p.isdigit() else p for p in re.split(r"(\d+)", file.name.casefold())],
    )
