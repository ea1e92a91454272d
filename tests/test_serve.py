"""The server as its client sees it: a real child process on pipes, doing what it is asked."""

import base64
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from human_mesh_recovery.inference_server.messages import file_pieces
from human_mesh_recovery.inference_server.motion import load_motion
from human_mesh_recovery.inference_server.serving import checks
from human_mesh_recovery.tests.results import names
from human_mesh_recovery.tests.serving import SETTINGS, Server, running

pytestmark = pytest.mark.usefixtures("weights")
WALK = {"start": 60, "end": 75}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running() as server:
        yield server


@pytest.fixture(scope="module")
def folder(server: Server, examples: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of the job "walk", which has recovered a second of the example video."""
    folder = tmp_path_factory.mktemp("jobs") / "Ein Spaziergang 歩く"
    server.recover("walk", folder, examples / "walk.mp4", **WALK)
    assert server.end("walk")["type"] == "done", server.heard[-1]
    return folder


def arrays(path: Path) -> dict[str, np.ndarray]:
    with np.load(path, allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def test_it_says_hello(server):
    hello = server.heard[0]
    assert hello["type"] == "hello"
    assert hello["protocol"] == 1
    assert hello["device"] in hello["devices"]
    assert "cpu" in hello["devices"]
    assert "keypoints" in hello["methods"]
    assert hello["version"][0].isdigit()


def test_a_video(server, folder, examples):
    done = next(m for m in server.of("walk", "done"))
    assert done["people"] == [str(folder / "person-1.npz")]
    assert (done["warnings"], done["stopped_at"]) == ([], None)
    assert server.of("walk", "person")[0]["path"] == done["people"][0]
    assert names(folder) == ["person-1.npz", "tracks.npz"]
    motion = load_motion(done["people"][0])
    assert motion.frames.tolist() == list(range(60, 76))
    assert motion.source == str((examples / "walk.mp4").resolve())


def test_progress_has_a_beginning_and_an_end_and_is_not_a_flood(server, folder):
    told = [(m["stage"], m["done"], m["total"]) for m in server.of("walk", "progress")]
    people = [entry for entry in told if entry[0] == "people"]
    assert people[0] == ("people", 0, 16)
    assert people[-1] == ("people", 16, 16)
    assert [entry[1] for entry in people] == sorted({entry[1] for entry in people})
    assert (told[len(people)], told[-1]) == (("fit", 0, 2), ("fit", 2, 2))


def test_the_live_preview_is_near_the_result(server, folder):
    live = server.of("walk", "live")
    assert live[0]["frame"] == 60
    for message in live:
        (person,) = message["people"]
        assert len(person["pose"]) == 72
        assert len(person["trans"]) == 3
    motion = load_motion(folder / "person-1.npz")
    last = live[-1]["people"][0]
    moved = np.array(last["trans"]) - live[0]["people"][0]["trans"]
    row = live[-1]["frame"] - 60
    assert moved == pytest.approx(motion.trans[row] - motion.trans[0], abs=0.25)


def test_solving_again_gives_the_same_bits(server, folder, tmp_path):
    first = arrays(folder / "person-1.npz")
    (folder / "person-7.npz").write_bytes(b"of somebody who is no more")
    server.send("solve", job="again", folder=str(folder), settings=SETTINGS)
    assert server.end("again")["type"] == "done"
    assert {m["stage"] for m in server.of("again", "progress")} == {"fit"}
    assert names(folder) == ["person-1.npz", "tracks.npz"]
    again = arrays(folder / "person-1.npz")
    assert first.keys() == again.keys()
    for name, values in first.items():
        assert values.tobytes() == again[name].tobytes(), name


def test_solving_with_other_settings(server, folder):
    settings = SETTINGS | {"smoothing": 0, "foot_contact": False, "focal_length": 700.0}
    before = load_motion(folder / "person-1.npz")
    server.send("solve", job="other", folder=str(folder), settings=settings)
    assert server.end("other")["type"] == "done"
    after = load_motion(folder / "person-1.npz")
    assert after.camera is not None
    assert after.camera.focal_length == 700
    assert np.abs(np.diff(after.poses, 2, axis=0)).mean() > np.abs(np.diff(before.poses, 2, axis=0)).mean()


def test_pictures_in_an_order_of_their_own(server, examples, tmp_path):
    files = []
    for name in ("b c.jpg", "a.jpg"):
        files.append(str(tmp_path / "pictures ü" / name))
        Path(files[-1]).parent.mkdir(exist_ok=True)
        Path(files[-1]).write_bytes((examples / "still.jpg").read_bytes())
    server.recover("files", tmp_path / "job", files=[*files, files[0]], fps=12.5, end=2)
    assert server.end("files")["type"] == "done", server.heard[-1]
    motion = load_motion(tmp_path / "job" / "person-1.npz")
    assert motion.fps == 12.5
    assert motion.frames.tolist() == [0, 1, 2]
    assert motion.source == str((tmp_path / "pictures ü").resolve())


def test_a_cancel_keeps_what_was_seen(server, examples, tmp_path):
    server.recover("cut", tmp_path, examples / "walk.mp4", start=10)
    while server.wait("progress")["done"] < 6:
        pass
    start = time.monotonic()
    server.send("cancel", job="cut")
    cancelled = server.end("cut")
    assert cancelled["type"] == "cancelled"
    assert time.monotonic() - start < 10
    assert 6 <= cancelled["frames"] < 60
    assert names(tmp_path) == ["tracks.npz"]
    server.send("solve", job="cut", folder=str(tmp_path), settings=SETTINGS)
    done = server.end("cut")
    assert done["type"] == "done"
    assert done["stopped_at"] == 10 + cancelled["frames"] - 1
    assert len(load_motion(done["people"][0]).frames) <= cancelled["frames"]


def test_waiting_jobs_come_in_order_and_can_be_cancelled(server, examples, tmp_path):
    for name in "abc":
        server.recover(name, tmp_path / name, examples / "still.jpg")
    server.send("cancel", job="b")
    assert server.wait("cancelled") == {"type": "cancelled", "job": "b", "frames": 0}
    assert server.end("c")["type"] == "done"
    assert server.of("a", "done")
    assert not server.of("b", "progress")
    server.send("cancel", job="a")  # which is done: no matter
    server.send("check")
    server.wait("report")


def test_a_client_on_another_machine(server, examples, tmp_path):
    def sent(job: str) -> dict[str, bytes]:
        files: dict[str, bytes] = {}
        for message in server.of(job, "file"):
            assert Path(message["name"]).name == message["name"]
            files[message["name"]] = files.get(message["name"], b"") + base64.b64decode(message["data"])
        return files

    for piece in file_pieces("put", "far", examples / "walk.mp4", "my clip.mp4"):
        server.send(piece.pop("type"), **piece)
    server.recover("far", None, "my clip.mp4", start=60, end=64)
    done = server.end("far")
    assert done["people"] == ["person-1.npz"], done
    files = sent("far")
    assert sorted(files) == ["person-1.npz", "tracks.npz"]
    (tmp_path / "person-1.npz").write_bytes(files["person-1.npz"])
    assert load_motion(tmp_path / "person-1.npz").source == "my clip.mp4"

    server.send("solve", job="far", folder=None, settings=SETTINGS)
    assert server.end("far")["code"] == "no_tracks"  # nothing of a job stays there
    (tmp_path / "tracks.npz").write_bytes(files["tracks.npz"])
    for piece in file_pieces("put", "later", tmp_path / "tracks.npz", "tracks.npz"):
        server.send(piece.pop("type"), **piece)
    server.send("solve", job="later", folder=None, settings=SETTINGS)
    assert server.end("later")["type"] == "done"
    (tmp_path / "person-1.npz").write_bytes(sent("later")["person-1.npz"])
    assert load_motion(tmp_path / "person-1.npz").frames.tolist() == list(range(60, 65))


def test_the_check_says_in_words_what_is_there(server, tmp_path):
    server.send("check", folder=str(tmp_path / "not" / "yet"))
    lines = server.wait("report")["lines"]
    text = "\n".join(line["text"] for line in lines)
    for word in (
        "Python",
        "ONNX Runtime",
        "Videos",
        "nanodet",
        "blazepose_heavy",
        "cpu",
        "ms",
        "body",
        "free",
    ):
        assert word in text
    assert all(line["ok"] for line in lines if "free" not in line["text"])
    assert all(bool(line["hint"]) != line["ok"] for line in lines)


def test_the_check_tells_of_a_drive_that_is_gone(monkeypatch):
    monkeypatch.setattr(Path, "exists", lambda path: str(path) == tempfile.gettempdir())
    gone, there = checks._room(Path("/gone/results"))
    assert not gone["ok"]
    assert gone["text"] == "Results: there is no /"
    assert gone["hint"]
    assert str(there["text"]).startswith("Temporary files")


def test_it_ends_at_once_with_its_client(examples, tmp_path):
    with running(TMPDIR=str(tmp_path)) as server:
        for piece in file_pieces("put", "far", examples / "walk.mp4", "clip.mp4"):
            server.send(piece.pop("type"), **piece)
        server.recover("far", None, "clip.mp4")
        while server.wait("progress")["done"] < 2:
            pass
        assert names(tmp_path) != []
        start = time.monotonic()
        assert server.hang_up() == 0
        assert time.monotonic() - start < 10
    assert names(tmp_path) == []


def test_it_ends_also_where_what_is_left_cannot_be_deleted(examples, tmp_path):
    forbid = "from pathlib import Path\ndef glob(*_): raise PermissionError(13, 'no')\nPath.glob = glob"
    with running(forbid) as server:
        server.recover("walk", tmp_path, examples / "walk.mp4")
        server.wait("progress")
        assert server.hang_up(seconds=20) == 0


def test_shutdown(tmp_path):
    with running() as server:
        server.send("shutdown")
        assert server.process.wait(timeout=30) == 0


@pytest.mark.skipif(os.name == "nt", reason="pipes break otherwise")
def test_it_ends_when_nobody_takes_its_answers(examples, tmp_path):
    server = Server(listen=False)
    assert server.process.stdout is not None
    assert b"hello" in server.process.stdout.readline()
    server.process.stdout.close()
    server.recover("walk", tmp_path, examples / "walk.mp4")
    assert server.process.wait(timeout=60) == 0
