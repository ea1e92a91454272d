"""What works here and what does not, in words, and what to do about it."""

import platform
import shutil
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
import scipy

from ..body.files import load_body
from ..errors import RecoveryError
from ..people.networks import NAMES
from ..weights import sessions, store
from .link import IN_THE_ADD_ON

ROOM = 500e6
"""Bytes that should be free where results and temporary files go."""
TRIED = "movenet_thunder"
TRIED_SHAPE = (1, 256, 256, 3)
PROVIDERS = {provider: device for device, provider in sessions.PROVIDERS.items()}

Line = dict[str, str | bool]


def version() -> str:
    """This program's."""
    manifest = Path(__file__).resolve().parents[2] / "blender_manifest.toml"
    if manifest.is_file():
        return str(tomllib.loads(manifest.read_text(encoding="utf-8"))["version"])
    return metadata.version("human_mesh_recovery")


def report(results: Path | None, device: str = "auto") -> list[Line]:
    """One line a thing: whether it works, a sentence, and a hint where it does not. `results` is their folder."""
    parts: list[Callable[[], Iterator[Line]]] = [
        _python,
        _videos,
        _networks,
        lambda: _run(device),
        _body,
        lambda: _room(results),
    ]
    lines: list[Line] = []
    for part in parts:
        try:
            lines += part()
        except RecoveryError as error:
            lines.append(_line(False, error.message, error.hint))
        except Exception as error:  # a check is there to tell what is wrong, whatever it is
            lines.append(_line(False, f"A check failed: {type(error).__name__}: {error}.", "See the log."))
    return lines


def _line(ok: bool, text: str, hint: str = "") -> Line:
    return {"ok": ok, "text": text, "hint": "" if ok else hint}


def _python() -> Iterator[Line]:
    system = f"{platform.system()} {platform.machine()}"
    yield _line(True, f"Human Mesh Recovery {version()} with Python {platform.python_version()} on {system}")
    packages = {"NumPy": np, "SciPy": scipy, "OpenCV": cv2, "ONNX Runtime": onnxruntime}
    found = ", ".join(f"{name} {module.__version__}" for name, module in packages.items())
    yield _line(True, f"{found} ({sys.executable})")


def _videos() -> Iterator[Line]:
    readers = cv2.videoio_registry.getBackends()
    yield _line(
        cv2.CAP_FFMPEG in readers,
        "Videos can be read" if cv2.CAP_FFMPEG in readers else "Videos can't be read: OpenCV has no FFmpeg here",
        "Install the package opencv-python-headless in this Python, or choose Built In.",
    )  # fmt: skip


def _networks() -> Iterator[Line]:
    for name in NAMES:
        entry, state, path = store.network(name), store.verify(name), store.path_of(name)
        what = f"{name} ({entry.purpose.lower()})"
        if state == "ready":
            yield _line(True, f"{what}: ready, {entry.onnx_size / 1e6:.0f} MB, {path}")
        elif state == "missing":
            yield _line(False, f"{what}: missing, expected at {path}", IN_THE_ADD_ON)
        else:
            yield _line(False, f"{what}: damaged or of another version, {path}", IN_THE_ADD_ON)


def _run(device: str) -> Iterator[Line]:
    """Loads a network and times its second run; the first is slower."""
    if store.verify(TRIED) != "ready":
        return
    session = sessions.load_session(TRIED, device)
    picture = {session.get_inputs()[0].name: np.zeros(TRIED_SHAPE, np.float32)}
    session.run(None, picture)
    start = time.perf_counter()
    session.run(None, picture)
    milliseconds = (time.perf_counter() - start) * 1000
    used = PROVIDERS.get(session.get_providers()[0], session.get_providers()[0])
    there = ", ".join(sessions.available_devices())
    yield _line(True, f"Networks run on: {used} (there are: {there}); {TRIED} took {milliseconds:.0f} ms")


def _body() -> Iterator[Line]:
    body = load_body("free")
    yield _line(True, f"The free body: ready, {len(body.template)} vertices")


def _room(results: Path | None) -> Iterator[Line]:
    places = {"Temporary files": Path(tempfile.gettempdir())}
    if results is not None:
        places = {"Results": results} | places
    for what, folder in places.items():
        there = next((path for path in (folder, *folder.parents) if path.exists()), None)
        if there is None:
            hint = "Is its drive connected? Else name another folder."
            yield _line(False, f"{what}: there is no {folder.anchor}", hint)
            continue
        free = shutil.disk_usage(there).free
        size = f"{free / 1e9:.1f} GB" if free > 1e9 else f"{free / 1e6:.0f} MB"
        yield _line(
            free >= ROOM, f"{what}: {size} free, {folder}", "Make room there, or name another folder."
        )
