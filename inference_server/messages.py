"""What Blender and the inference server say to each other: one JSON object a line, in UTF-8."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PROTOCOL = 1
"""Raised with every change that the other side would not understand."""
LONGEST_LINE = 32_000_000
"""Bytes; a longer line is no message. It has room for the names of an hour's frames."""
PIECE = 1 << 20
"""Bytes of a file in one message."""

Message = dict[str, Any]


def encode(message: Message) -> bytes:
    """One line. Numbers that are not finite have no place in JSON and raise ValueError."""
    # in ASCII: file names on Linux may hold what is no text and has no UTF-8
    return json.dumps(message, allow_nan=False, separators=(",", ":")).encode() + b"\n"


def decode(line: bytes) -> Message | None:
    """The message in a line, or None for what is none, such as the banner of a library or of a login."""
    if not line.startswith(b"{"):
        return None
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return message if isinstance(message, dict) and isinstance(message.get("type"), str) else None


def file_pieces(kind: str, job: str, path: Path, name: str) -> Iterator[Message]:
    """A file as messages of the type `kind` ("put" or "file"), the last of them marked; an empty one is one piece."""
    left = path.stat().st_size
    with open(path, "rb") as file:
        while True:
            piece = file.read(PIECE)
            left -= len(piece)
            last = left <= 0 or not piece
            data = base64.b64encode(piece).decode("ascii")
            yield {"type": kind, "job": job, "name": name, "data": data, "last": last}
            if last:
                return
