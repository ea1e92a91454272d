"""Fetching, keeping and loading networks, with a tiny one of our own, a server on this machine and a stand-in npm."""

import argparse
import errno
import hashlib
import io
import json
import os
import sys
import tarfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from human_mesh_recovery.inference_server.errors import RecoveryError
from human_mesh_recovery.inference_server.weights import archive, catalogue, commands, fetch, sessions, store
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


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> catalogue.Network:
    """A network called "tiny" in the catalogue, an empty folder for it, and no npm."""
    files = tuple(
        catalogue.SourceFile(path, len(contents), hashlib.sha256(contents).hexdigest())
        for path, contents in FILES.items()
    )
    entry = catalogue.Network("tiny", "Adds", "Someone", "CC0-1.0", PACKAGE, files, ("y",), 0, "")
    contents = convert(entry, FILES)
    entry = replace(entry, onnx_size=len(contents), onnx_sha256=hashlib.sha256(contents).hexdigest())
    monkeypatch.setitem(catalogue.NETWORKS, "tiny", entry)
    monkeypatch.setenv("HMR_WEIGHTS", str(tmp_path / "cache"))
    monkeypatch.delenv("HMR_OFFLINE", raising=False)
    monkeypatch.setattr(fetch.shutil, "which", lambda name: None)
    return entry


@dataclass
class Mirror:
    """A server that behaves as a test wants: what lies at each path, and how many bytes it sends before it stops."""

    address: str
    files: dict[str, bytes] = field(default_factory=dict)
    stops_after: int | None = None


@pytest.fixture
def mirror() -> Iterator[Mirror]:
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
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield state
    server.shutdown()
    server.server_close()


def write_archive(path: Path, files: dict[str, bytes]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz") as package:
        for name, contents in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(contents)
            package.addfile(member, io.BytesIO(contents))
    return path


def tiny_archive(folder: Path) -> Path:
    files = {f"package/{path}": contents for path, contents in FILES.items()}
    return write_archive(folder / PACKAGE.archive_name, files)


def folder_contents() -> list[str]:
    folder = store.cache_folder()
    return sorted(path.name for path in folder.rglob("*")) if folder.is_dir() else []


def run_command(*words: str) -> int:
    parser = argparse.ArgumentParser()
    commands.add_arguments(parser.add_subparsers())
    return commands.run(parser.parse_args(["weights", *words]))


def assert_fails(code: str, match: str, **arguments) -> None:
    """Getting the tiny network fails so, and leaves nothing behind."""
    with pytest.raises(RecoveryError, match=match) as caught:
        store.obtain(["tiny"], **arguments)
    assert caught.value.code == code
    assert caught.value.hint
    assert folder_contents() == []


def test_the_mirror_where_there_is_no_npm(tiny: catalogue.Network, mirror: Mirror) -> None:
    assert store.verify("tiny") == "missing"
    store.obtain(["tiny"], mirror=mirror.address)
    assert store.verify("tiny") == "ready"
    assert folder_contents() == ["tiny.onnx"]
    session = sessions.load_session("tiny", "cpu", threads=1)
    np.testing.assert_array_equal(session.run(None, {"image": np.zeros(2, np.float32)})[0], [1, 2])


def test_it_says_what_it_fetches(
    tiny: catalogue.Network, mirror: Mirror, capsys: pytest.CaptureFixture[str]
) -> None:
    store.obtain(["tiny"], mirror=mirror.address)
    printed = capsys.readouterr()
    assert printed.out == ""  # a client may be reading there
    for word in ("@someone/tiny@1.0.0", mirror.address, "Someone", "CC0-1.0", "MB"):
        assert word in printed.err


def test_wrong_checksum(tiny: catalogue.Network, mirror: Mirror) -> None:
    mirror.files[f"/{PACKAGE}/models/tiny.bin"] = b"12345678"
    assert_fails("checksum", r"tiny\.bin .* is not the published file", mirror=mirror.address)


def test_larger_than_published(tiny: catalogue.Network, mirror: Mirror) -> None:
    mirror.files[f"/{PACKAGE}/models/tiny.bin"] = bytes(10**6)
    assert_fails("checksum", r"it has .* of 8", mirror=mirror.address)


def test_cut_off_download(tiny: catalogue.Network, mirror: Mirror) -> None:
    mirror.stops_after = 100
    assert_fails("download", r"tiny\.json .*ended after 100 of", mirror=mirror.address)


def test_file_that_the_server_lacks(tiny: catalogue.Network, mirror: Mirror) -> None:
    mirror.files.clear()
    assert_fails("download", "the server answered 404", mirror=mirror.address)


def test_no_server(tiny: catalogue.Network) -> None:
    assert_fails("download", "could not be downloaded: .*refused", mirror="http://127.0.0.1:9")


def test_offline(
    tiny: catalogue.Network, mirror: Mirror, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HMR_OFFLINE", "1")
    assert_fails("offline", "HMR_OFFLINE", mirror=mirror.address)
    with pytest.raises(RecoveryError, match="HMR_OFFLINE"):
        store.ensure("tiny")
    store.obtain(["tiny"], origin=tiny_archive(tmp_path))  # what is here already may be used
    assert store.ensure("tiny") == store.path_of("tiny")


def test_full_disk(tiny: catalogue.Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def write_half(path: Path, contents: bytes) -> int:
        with path.open("wb") as file:
            file.write(contents[: len(contents) // 2])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    origin = tiny_archive(tmp_path)
    monkeypatch.setattr(Path, "write_bytes", write_half)
    assert_fails("disk_full", "is full", origin=origin)


def test_no_room_for_the_download(
    tiny: catalogue.Network, mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = store.shutil.disk_usage("/")
    monkeypatch.setattr(store.shutil, "disk_usage", lambda folder: usage._replace(free=100))
    assert_fails("disk_full", "MB are needed", mirror=mirror.address)


def test_folder_that_cannot_be_made(
    tiny: catalogue.Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("HMR_WEIGHTS", str(tmp_path / "file" / "cache"))
    assert_fails("unwritable", "cannot be written", origin=tiny_archive(tmp_path))


def test_conversion_that_gives_something_else(
    tiny: catalogue.Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(catalogue.NETWORKS, "tiny", replace(tiny, onnx_sha256="0" * 64))
    assert_fails("conversion", "not what was tested", origin=tiny_archive(tmp_path))


@pytest.mark.skipif(os.name == "nt", reason="the stand-in for npm is a script with a #! line")
@pytest.mark.parametrize("works", [True, False])
def test_npm_where_there_is_one(
    tiny: catalogue.Network, mirror: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, works: bool
) -> None:
    """npm is asked for the exact version, runs no scripts, and is not the last word where it fails."""
    packed = tiny_archive(tmp_path / "packed")
    npm = tmp_path / "npm"
    npm.write_text(
        f"#!{sys.executable}\nimport json, shutil, sys\n"
        f"open({str(tmp_path / 'called')!r}, 'w').write(json.dumps(sys.argv[1:]))\n"
        + (f"shutil.copy({str(packed)!r}, sys.argv[sys.argv.index('--pack-destination') + 1])\n" * works)
        + ("sys.exit('npm error E404')\n" * (not works))
    )
    npm.chmod(0o755)
    monkeypatch.setattr(fetch.shutil, "which", lambda name: str(npm))
    if not works:
        gone = f"{mirror.address}/nothing"
        assert_fails("download", r"npm error E404.*the server answered 404", mirror=gone)
    store.obtain(["tiny"], mirror="http://127.0.0.1:9" if works else mirror.address)
    called = json.loads((tmp_path / "called").read_text())
    assert called[:2] == ["pack", "@someone/tiny@1.0.0"]
    assert "--ignore-scripts" in called
    assert folder_contents() == ["tiny.onnx"]


def test_offline_folders(tiny: catalogue.Network, tmp_path: Path) -> None:
    tiny_archive(tmp_path / "archives")
    for path, contents in FILES.items():
        for place in (tmp_path / "unpacked" / "package" / path, tmp_path / "flat" / Path(path).name):
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(contents)
    for folder in ("archives", "unpacked", "flat"):
        assert run_command("get", "tiny", "--from", str(tmp_path / folder)) == 0
        store.path_of("tiny").unlink()
    assert_fails("not_found", r"holds neither someone-tiny-1\.0\.0\.tgz", origin=tmp_path)


def test_broken_archives(tiny: catalogue.Network, tmp_path: Path) -> None:
    whole = tiny_archive(tmp_path).read_bytes()
    cut = tmp_path / "cut.tgz"
    cut.write_bytes(whole[:150])
    assert_fails("archive", r"cut\.tgz cannot be read", origin=cut)
    other = write_archive(tmp_path / "other.tgz", {"package/readme": b"nothing"})
    assert_fails("not_found", r"does not hold models/tiny\.json", origin=other)


def test_hostile_archive_writes_nothing(tiny: catalogue.Network, tmp_path: Path) -> None:
    path = tmp_path / "hostile.tgz"
    with tarfile.open(path, "w:gz") as package:
        for name, target in (("../outside", ""), ("package/models/tiny.json", "/etc/passwd")):
            member = tarfile.TarInfo(name)
            member.type, member.linkname = (tarfile.SYMTYPE, target) if target else (tarfile.REGTYPE, "")
            package.addfile(member)
    before = sorted(tmp_path.parent.rglob("*"))
    with pytest.raises(RecoveryError, match="does not hold"):
        archive.read_archive(path, tiny.files)
    assert sorted(tmp_path.parent.rglob("*")) == before


def test_commands(tiny: catalogue.Network, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command("verify", "tiny") == 1
    assert capsys.readouterr().out == "tiny: missing\n"
    assert run_command("get", "tiny", "--from", str(tiny_archive(tmp_path))) == 0
    assert run_command("verify", "tiny") == 0
    store.path_of("tiny").write_bytes(b"damaged")
    assert run_command("verify", "tiny") == 1
    assert "tiny: corrupt" in capsys.readouterr().out
    assert run_command("list") == 0
    rows = capsys.readouterr().out.splitlines()
    assert len(rows) == 1 + len(catalogue.NETWORKS) + 1
    assert any(row.startswith("tiny ") and row.endswith("corrupt") and "CC0-1.0" in row for row in rows)
    with pytest.raises(RecoveryError, match="no network 'tyni'"):
        run_command("get", "tyni")


def test_get_replaces_what_is_damaged_and_fetches_nothing_twice(
    tiny: catalogue.Network, tmp_path: Path
) -> None:
    origin = tiny_archive(tmp_path)
    assert run_command("get", "tiny", "--from", str(origin)) == 0
    store.path_of("tiny").write_bytes(b"damaged")
    assert run_command("get", "tiny", "--from", str(origin)) == 0
    assert store.verify("tiny") == "ready"
    origin.unlink()
    assert run_command("get", "tiny", "--from", str(origin)) == 0


def test_loading_what_is_missing_or_damaged(tiny: catalogue.Network) -> None:
    with pytest.raises(RecoveryError, match="weights get") as caught:
        sessions.load_session("tiny")
    assert caught.value.code == "weights_missing"
    store.cache_folder().mkdir()
    store.path_of("tiny").write_bytes(b"damaged")
    with pytest.raises(RecoveryError, match="weights get") as caught:
        sessions.load_session("tiny")
    assert caught.value.code == "weights_corrupt"


def test_devices(tiny: catalogue.Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store.obtain(["tiny"], origin=tiny_archive(tmp_path))
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CPUExecutionProvider"])
    with pytest.raises(RecoveryError, match="Available: auto, cpu") as caught:
        sessions.load_session("tiny", "cuda")
    assert caught.value.code == "device"
    assert sessions.load_session("tiny", "auto").get_providers() == ["CPUExecutionProvider"]
    # A machine whose ONNX Runtime knows DirectML but has no device for it.
    providers = ["DmlExecutionProvider", "CPUExecutionProvider"]
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: providers)
    assert sessions.available_devices() == ["directml", "cpu"]
    if os.name != "nt":
        with pytest.raises(RecoveryError, match="'directml' cannot be used"):
            sessions.load_session("tiny", "directml")
        assert sessions.load_session("tiny", "auto").get_providers() == ["CPUExecutionProvider"]


def test_the_catalogue_names_licence_source_and_checksums() -> None:
    assert set(catalogue.NETWORKS) == {"nanodet", "movenet_thunder", "movenet_multipose", "blazepose_heavy"}
    for entry in catalogue.NETWORKS.values():
        assert entry.licence == "Apache-2.0"
        assert entry.authors
        assert all(
            len(text) == 64 for text in (entry.onnx_sha256, *(source.sha256 for source in entry.files))
        )
