"""What a job on another machine needs of this one's files."""

import errno
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from ...inference_server.messages import Message, file_pieces
from ...inference_server.picture_names import pictures_in
from .job_files import CAMERA, TRACKS


def send_files(
    job: str, message: Message, folder: Path, note: Callable[[Message], None]
) -> Iterator[Message]:
    """The "put" messages of every file that `message` names, and then the message with the names they have there.

    `note` is told how far that is, and, of a file that can't be read, the error that ends the job.
    """
    progress = {"type": "progress", "job": job, "stage": "send"}
    try:
        files, there = _packed(message, folder)
        total = sum(path.stat().st_size for path, _ in files)
        sent = 0
        for path, name in files:
            for piece in file_pieces("put", job, path, name):
                note(progress | {"done": sent, "total": total})
                yield piece
                sent += len(piece["data"]) * 3 // 4
    except OSError as error:
        note(
            {
                "type": "error",
                "job": job,
                "code": "missing_file",
                "message": f"{error.filename} could not be read: {error.strerror or error}.",
                "hint": "Was it moved, or is its drive not connected?",
            }
        )
        return
    yield there


def _packed(message: Message, folder: Path) -> tuple[list[tuple[Path, str]], Message]:
    """The files to send with their names there, and the message that goes with them.

    What the results are to call the footage and the body goes as "original": the files here, not those there.
    Raises OSError.
    """
    settings = dict(message["settings"])
    there: Message = message | {"folder": None, "settings": settings}
    sent: list[tuple[Path, str]] = []
    if message["type"] == "solve":
        sent.append((folder / TRACKS, TRACKS))
    else:
        source = dict(message["source"])
        files = [Path(name) for name in source.get("files") or ()]
        path = Path(source["path"]) if source.get("path") else None
        original = path or files[0].parent
        if path is not None and path.is_dir():
            files, path = pictures_in(path), None
            if not files:
                raise FileNotFoundError(errno.ENOENT, "there are no pictures in it", str(original))
        names = [f"{number:06d}{file.suffix.lower()}" for number, file in enumerate(files)]
        sent += zip(files, names, strict=True)
        if path is not None:
            sent.append((path, _name(path)))
        there["source"] = source | {
            "path": _name(path) if path else None,
            "files": names or None,
            "original": str(original),
        }
    if settings.get("camera"):
        sent.append((Path(settings["camera"]), CAMERA))
        settings["camera"] = CAMERA
    if settings.get("body", "free") != "free":
        body = Path(settings["body"])
        sent.append((body, _name(body)))
        settings |= {"body": _name(body), "original_body": str(body)}
    return sent, there


def _name(path: Path) -> str:
    """A file's name without what has a meaning on some system."""
    return re.sub(r'[/\\:*?"<>|\x00-\x1f]', "_", path.name)
