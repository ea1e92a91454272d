"""What goes wrong around the server is told in words, and the next request is served as if nothing had been."""

import base64
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from human_mesh_recovery.inference_server.messages import LONGEST_LINE
from human_mesh_recovery.inference_server.people.networks import NAMES
from human_mesh_recovery.tests.results import names
from human_mesh_recovery.tests.serving import SETTINGS, Server, running

pytestmark = pytest.mark.usefixtures("weights")


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running() as server:
        yield server


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 12 MB."""
    folder = tmp_path / "small"
    folder.mkdir()
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only root can mount a small file system")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", folder], capture_output=True)
    if mounted.returncode:
        pytest.skip(f"no small file system can be mounted: {mounted.stderr.decode().strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def fill(folder: Path) -> None:
    with open(folder / "ballast", "wb", buffering=0) as file:
        try:
            while file.write(bytes(4096)):
                pass
        except OSError:
            return


def still_works(server: Server, folder: Path, examples: Path) -> bool:
    server.recover("after", folder / "after", examples / "still.jpg")
    return server.end("after")["type"] == "done"


BAD_LINES = [
    b"{not json}\n",
    b"hello?\n",
    b"[1, 2]\n",
    b'{"no": "type"}\n',
    b'{"type": 3}\n',
    b'\xff\xfe{"type"\n',
    b'{"type": "dance", "job": "x"}\n',
    b'{"type": "recover"}\n',
    b'{"type": "recover", "job": "x", "source": {}, "settings": {}}\n',
    b'{"type": "recover", "job": "x", "source": {"path": "a", "start": -1}, "settings": {}}\n',
    b'{"type": "recover", "job": "x", "source": {"path": "a", "end": 1.5}, "settings": {}}\n',
    b'{"type": "recover", "job": "x", "source": {"files": [1]}, "settings": {}}\n',
    b'{"type": "recover", "job": "x", "source": {"path": "a"}, "settings": {"smoothing": "much"}}\n',
    b'{"type": "recover", "job": "x", "source": {"path": "a"}, "settings": {"focal_length": 0}}\n',
    b'{"type": "recover", "job": "x", "source": {"path": "a"}, "settings": {"foot_contact": 1}}\n',
    b'{"type": "recover", "job": "x", "source": {"path": "a"}, "settings": {"fingers": "all"}}\n',
    b'{"type": "solve", "job": 5, "settings": {}}\n',
    b'{"type": "fetch"}\n',
    b'{"type": "put", "job": "x", "name": "a", "data": "***", "last": true}\n',
    b'{"type": "x", "a": "' + b"a" * LONGEST_LINE + b'"}\n',
    b"[" * 100_000 + b"\n",
]


def test_what_is_no_request_is_told_as_such(server, examples, tmp_path):
    for line in BAD_LINES:
        server.write(line)
        error = server.wait("error")
        assert error["code"] == "protocol", line[:80]
        assert error["message"] and error["hint"]
        assert error["job"] in (None, "x")
    server.write(b"\n")
    server.send("cancel", job=["x"])
    assert still_works(server, tmp_path, examples)
    assert "Traceback" not in server.log


@pytest.mark.parametrize(
    "name", ["../a", "a/b", "/etc/a", "C:a", "c:\\a", "..", ".", "", "a\0b", 7, "x" * 400]
)
def test_files_that_are_sent_stay_in_their_folder(server, name):
    server.send("put", job="x", name=name, data=base64.b64encode(b"x").decode(), last=True)
    error = server.wait("error")
    assert error["code"] == ("unwritable" if name == "x" * 400 else "protocol")


def test_sources_that_cannot_be_read(server, examples, tmp_path):
    blank = tmp_path / "blank.png"
    cv2.imwrite(str(blank), np.full((200, 200, 3), 128, np.uint8))
    still = examples / "still.jpg"
    for facts, code in (
        ({"path": tmp_path / "no" / "film.mp4"}, "missing_file"),
        ({"files": [str(still), str(tmp_path / "gone.png")]}, "missing_file"),
        ({"files": [str(still), str(blank)]}, "mixed_sizes"),
        ({"path": blank}, "no_person"),
        ({"path": still, "start": 3}, "bad_range"),
        ({"path": still, "body": str(tmp_path / "body.npz")}, "body_file"),
        ({"path": still, "camera": str(tmp_path / "camera.npz")}, "camera_file"),
        ({"path": still, "method": "magic"}, "method"),
        ({"path": still, "device": "abacus"}, "device"),
    ):
        server.recover("bad", tmp_path / "job", **facts)
        error = server.end("bad")
        assert (error["type"], error["code"]) == ("error", code)
        assert error["message"] and error["hint"]
    assert names(tmp_path / "job") == []
    assert still_works(server, tmp_path, examples)


def test_a_file_that_vanishes_on_the_way(server, examples, tmp_path):
    files = [tmp_path / f"{number}.jpg" for number in range(30)]
    for file in files:
        file.write_bytes((examples / "still.jpg").read_bytes())
    server.recover("gone", tmp_path / "job", files=[str(file) for file in files])
    server.wait("live")
    files[-1].unlink()
    error = server.end("gone")
    assert error["code"] == "unreadable_file"
    assert "29.jpg" in error["message"]
    assert still_works(server, tmp_path, examples)


def test_tracks_that_are_not_there_or_damaged(server, examples, tmp_path):
    server.send("solve", job="x", folder=str(tmp_path), settings=SETTINGS)
    assert server.end("x")["code"] == "no_tracks"
    server.recover("x", tmp_path, examples / "still.jpg")
    server.end("x")
    whole = (tmp_path / "tracks.npz").read_bytes()
    (tmp_path / "tracks.npz").write_bytes(whole[: len(whole) // 2])
    before = (tmp_path / "person-1.npz").read_bytes()
    server.send("solve", job="x", folder=str(tmp_path), settings=SETTINGS)
    error = server.end("x")
    assert error["code"] == "tracks_file"
    assert str(tmp_path / "tracks.npz") in error["message"]
    assert (tmp_path / "person-1.npz").read_bytes() == before


def test_a_disk_without_room_is_told_before_the_work(server, examples, small_disk):
    fill(small_disk)
    server.recover("full", small_disk / "job", examples / "walk.mp4")
    error = server.end("full")
    assert error["code"] in ("disk_full", "unwritable")
    assert str(small_disk / "job") in error["message"]
    assert not server.of("full", "progress")


def test_a_disk_that_fills_on_the_way(server, examples, small_disk, tmp_path):
    server.recover("full", small_disk / "job", examples / "walk.mp4", end=8)
    server.wait("live")
    fill(small_disk)
    error = server.end("full")
    assert error["code"] == "unwritable"
    assert "No space left" in error["message"]
    assert names(small_disk / "job") == []
    assert still_works(server, tmp_path, examples)


def test_a_full_disk_elsewhere(small_disk):
    with running(TMPDIR=str(small_disk)) as server:
        data = base64.b64encode(bytes(2**20)).decode()
        for _ in range(20):
            server.send("put", job="x", name="clip.mp4", data=data, last=False)
        server.recover("x", None, "clip.mp4")
        error = server.wait("error")
        assert error["code"] == "unwritable"
        assert "No space left" in error["message"]
        assert server.end("x")["code"] == "missing_file"


@pytest.mark.parametrize(
    ("raised", "code"),
    [("ZeroDivisionError('nought')", "internal"), ("MemoryError", "memory"), ("OSError(28, 'full')", "disk_full")],
)  # fmt: skip
def test_whatever_else_happens(examples, tmp_path, raised, code):
    before = (
        "from human_mesh_recovery.inference_server.people.track import PeopleTracker as T\n"
        "update = T.update\n"
        "def fail(self, index, image):\n"
        "    T.update = update\n"
        "    print('to stdout, which is not the protocol')\n"
        f"    raise {raised}\n"
        "T.update = fail"
    )
    with running(before) as server:
        server.recover("odd", tmp_path / "job", examples / "still.jpg")
        error = server.end("odd")
        assert error["code"] == code
        assert "Traceback" not in error["message"]
        assert still_works(server, tmp_path, examples)
        assert "Traceback" in server.log
        assert "to stdout" in server.log


def test_networks_that_are_missing(examples, tmp_path):
    with running(HMR_WEIGHTS=str(tmp_path / "none"), HMR_OFFLINE="1") as server:
        server.recover("x", tmp_path / "job", examples / "still.jpg")
        error = server.end("x")
        assert error["code"] == "weights_missing"
        assert "preferences" in error["hint"]
        server.send("check")
        lines = server.wait("report")["lines"]
        missing = [line for line in lines if "missing" in line["text"]]
        assert len(missing) == len(NAMES)
        assert all(not line["ok"] and "preferences" in line["hint"] for line in missing)
        server.send("fetch", job="f")
        assert server.end("f")["code"] == "offline"


FETCHING = """
import pathlib, pytest
from human_mesh_recovery.inference_server.serving import worker
from human_mesh_recovery.inference_server.weights import store
from human_mesh_recovery.tests.tiny_network import install_tiny, serve_tiny
install_tiny(pytest.MonkeyPatch(), pathlib.Path({folder!r}))
mirror = serve_tiny()
state = mirror.__enter__()
fetch_files = store.fetch_files
store.fetch_files = lambda package, files, workplace, _, on_share: fetch_files(
    package, files, workplace, state.address, on_share
)
worker.NAMES = ("tiny",)
"""


def test_fetching(tmp_path):
    with running(FETCHING.format(folder=str(tmp_path / "cache"))) as server:
        server.send("fetch", job="f")
        assert server.end("f")["type"] == "done", server.heard[-1]
        told = server.of("f", "progress")
        assert {message["stage"] for message in told} == {"download"}
        assert told[-1]["done"] == told[-1]["total"] > 8
        assert names(tmp_path / "cache") == ["tiny.onnx"]
        server.send("fetch", job="again")
        assert server.end("again")["type"] == "done"
        assert not server.of("again", "progress")


def test_a_cancelled_fetch_leaves_nothing(tmp_path):
    slow = "\nimport time\nfrom human_mesh_recovery.inference_server.weights import fetch\nfetch.BLOCK = 1\n"
    before = FETCHING.format(folder=str(tmp_path / "cache")) + slow
    before += (
        "progress = worker.Link.progress\n"
        "def slowly(self, job, told):\n"
        "    progress(self, job, told); time.sleep(0.05)\n"
        "worker.Link.progress = slowly\n"
    )
    with running(before) as server:
        server.send("fetch", job="f")
        server.wait("progress")
        server.send("cancel", job="f")
        assert server.end("f") == {"type": "cancelled", "job": "f", "frames": 0}
        assert names(tmp_path / "cache") == []


@pytest.mark.parametrize("name", ["two\nlines \u2028 \U0001f57a.mp4", "no text \udcff.mp4", "x" * 300])
def test_paths_of_any_kind(server, tmp_path, name):
    server.recover("x", tmp_path, tmp_path / name)
    error = server.end("x")
    assert error["code"] in ("missing_file", "file")
    assert name in error["message"]
