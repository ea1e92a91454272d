"""A tiny network of our own, its package, and a server that hands it out, well or badly."""

import hashlib
import io
import json
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from human_mesh_recovery.inference_server.weights import catalogue, fetch, store
from human_mesh_recovery.inference_server.weights.convert import convert

MODEL = {
    "modelTopology": {
        "node": [
            {"name": "x", "op": "Placeholder", "attr": {"shape": {"shape": {"dim": [{"size": "2"}]}}}},
            {"name": "a", "op": "Const"},
            {"name": "y", "op": "AddV2", "input": ["x", "a"]},
        ]
    },
    "weightsManifest": [{"weights": [{"name": "a", "shape": [2], "dtype": "float32"}]}],
    "signature": {"outputs": {"y": {"name": "y:0", "tensorShape": {"dim": [{"size": "2"}]}}}},
}
FILES = {
    "models/tiny.json": json.dumps(MODEL).encode(),
    "models/tiny.bin": np.array([1, 2], np.float32).tobytes(),
}
PACKAGE = catalogue.Package("@someone/tiny", "1.0.0", 2000)


def install_tiny(monkeypatch: pytest.MonkeyPatch, folder: Path) -> catalogue.Network:
    """Put a network called "tiny" into the catalogue; an empty `folder` is for the networks, and there is no npm."""
    files = tuple(
        catalogue.SourceFile(path, len(contents), hashlib.sha256(contents).hexdigest())
        for path, contents in FILES.items()
    )
    entry = catalogue.Network("tiny", "Adds", "Someone", "CC0-1.0", PACKAGE, files, ("y",), 0, "")
    contents = convert(entry, FILES)
    entry = replace(entry, onnx_size=len(contents), onnx_sha256=hashlib.sha256(contents).hexdigest())
    monkeypatch.setitem(catalogue.NETWORKS, "tiny", entry)
    monkeypatch.setenv("HMR_WEIGHTS", str(folder))
    monkeypatch.delenv("HMR_OFFLINE", raising=False)
    monkeypatch.setattr(fetch.shutil, "which", lambda name: None)
    return entry


@dataclass
class Mirror:
    """A server that behaves as a test wants: what lies at each path, and how many bytes it sends before it stops."""

    address: str
    files: dict[str, bytes] = field(default_factory=dict)
    stops_after: int | None = None


@contextmanager
def serve_tiny() -> Iterator[Mirror]:
    """A server on this machine with the tiny network's files, as a mirror has them."""
    state = Mirror("", {f"/{PACKAGE}/{path}": contents for path, contents in FILES.items()})

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            contents = state.files.get(self.path)
            if contents is None:
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Length", str(len(contents)))
            self.end_headers()
            self.wfile.write(contents[: state.stops_after])

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.address = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()


def write_archive(path: Path, files: dict[str, bytes]) -> Path:
    """Write a .tgz of these files; returns `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz") as package:
        for name, contents in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(contents)
            package.addfile(member, io.BytesIO(contents))
    return path


def tiny_archive(folder: Path) -> Path:
    """Write the tiny network's package into `folder` under its usual name; returns its path."""
    files = {f"package/{path}": contents for path, contents in FILES.items()}
    return write_archive(folder / PACKAGE.archive_name, files)


def folder_contents() -> list[str]:
    """Names of everything in the networks' folder."""
    folder = store.cache_folder()
    return sorted(path.name for path in folder.rglob("*")) if folder.is_dir() else []
