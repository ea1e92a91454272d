"""The client's requests, checked: what is no request is told as such and never half understood."""

from dataclasses import dataclass
from math import isfinite
from typing import Any

from ..errors import RecoveryError
from ..messages import Message
from ..solve import SolveSettings


@dataclass(frozen=True)
class JobSettings:
    """What a job is to do, beside what it reads."""

    solve: SolveSettings
    people: int | None
    device: str
    camera: str | None
    """Path of the file of a known camera."""
    original_body: str | None
    """What a client on another machine calls the body file that it sent."""


@dataclass(frozen=True)
class RecoverRequest:
    """People out of a picture, a video or a row of pictures: either `path` or `files`."""

    job: str
    folder: str | None
    """Where the results go; None where they are to be sent."""
    path: str | None
    files: tuple[str, ...]
    fps: float | None
    start: int
    end: int | None
    settings: JobSettings
    original: str | None
    """What a client on another machine calls the footage that it sent."""


@dataclass(frozen=True)
class SolveRequest:
    """The same people again, from what was seen."""

    job: str
    folder: str | None
    settings: JobSettings


@dataclass(frozen=True)
class FetchRequest:
    """The missing networks."""

    job: str


@dataclass(frozen=True)
class CheckRequest:
    """What works and what does not; `folder` is where results are to lie, if the client says."""

    folder: str | None
    device: str
    job: None = None


Request = RecoverRequest | SolveRequest | FetchRequest | CheckRequest


def read_request(message: Message) -> Request:
    """Raises RecoveryError("protocol") for a message that is none of the four."""
    kind = message["type"]
    if kind == "recover":
        return _recover(message)
    if kind == "solve":
        return SolveRequest(_job(message), _text(message, "folder", None), _settings(message))
    if kind == "fetch":
        return FetchRequest(_job(message))
    if kind == "check":
        return CheckRequest(_text(message, "folder", None), _text(message, "device", "auto") or "auto")
    raise protocol_error(f"a message of the unknown type {kind[:40]!r}")


def protocol_error(what: str) -> RecoveryError:
    return RecoveryError(
        "protocol", f"The recovery program was sent {what}.", "Is the add-on of the same version?"
    )


def _recover(message: Message) -> RecoverRequest:
    source = _object(message, "source")
    path = _text(source, "path", None)
    files = source.get("files") or []
    if not isinstance(files, list) or not all(isinstance(file, str) and file for file in files):
        raise protocol_error("files that are no list of names")
    if (path is None) == (not files):
        raise protocol_error("a source that is neither one path nor a list of files")
    end = source.get("end")
    return RecoverRequest(
        _job(message),
        _text(message, "folder", None),
        path,
        tuple(files),
        _number(source, "fps", None),
        _count(source, "start", 0),
        None if end is None else _count(source, "end", 0),
        _settings(message),
        _text(source, "original", None),
    )


def _settings(message: Message) -> JobSettings:
    given = _object(message, "settings")
    known = SolveSettings()
    contact = given.get("foot_contact", known.foot_contact)
    if not isinstance(contact, bool):
        raise protocol_error("a foot_contact that is neither true nor false")
    fingers = given.get("fingers", known.fingers)
    if not isinstance(fingers, bool):
        raise protocol_error("fingers that are neither true nor false")
    people = given.get("people")
    device = _text(given, "device", "auto") or "auto"
    solve = SolveSettings(
        _text(given, "method", known.method) or known.method,
        _text(given, "body", known.body) or known.body,
        _number(given, "focal_length", None, above=0),
        _number(given, "smoothing", known.smoothing) or 0.0,
        contact,
        device=device,
        fingers=fingers,
    )
    return JobSettings(
        solve,
        None if people is None else max(1, _count(given, "people", 1)),
        device,
        _text(given, "camera", None),
        _text(given, "original_body", None),
    )


def _job(message: Message) -> str:
    job = message.get("job")
    if not isinstance(job, str) or not job:
        raise protocol_error(f"a message {message['type']!r} without a job")
    return job


def _object(message: Message, key: str) -> dict[str, Any]:
    value = message.get(key)
    if not isinstance(value, dict):
        raise protocol_error(f"a message {message['type']!r} without its {key}")
    return value


def _text(message: Message, key: str, default: str | None) -> str | None:
    value = message.get(key, default)
    if value is not None and (not isinstance(value, str) or "\0" in value):
        raise protocol_error(f"a {key} that is no text")
    return value


def _count(message: Message, key: str, default: int) -> int:
    value = message.get(key, default)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise protocol_error(f"a {key} that is no whole number from 0")
    return value


def _number(message: Message, key: str, default: float | None, above: float = -1e-9) -> float | None:
    """A number over `above`, by default from 0."""
    value = message.get(key, default)
    if value is None:
        return None
    if not isinstance(value, int | float) or isinstance(value, bool) or not isfinite(value) or value <= above:
        raise protocol_error(f"a {key} that is no possible number")
    return float(value)
