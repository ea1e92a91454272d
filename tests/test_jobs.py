"""Tasks in a server, and what becomes of them when the server misbehaves."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from human_mesh_recovery.blender_addon.client.jobs import Task, Work
from human_mesh_recovery.blender_addon.client.server_process import ServerChoice, ServerProcess
from human_mesh_recovery.blender_addon.press import Place, Press, outcome
from human_mesh_recovery.inference_server.errors import RecoveryError

MADE_UP = Path(__file__).with_name("made_up_server.py")


@pytest.fixture
def start(tmp_path):
    """Starts made-up servers, which end with the test."""
    servers: list[ServerProcess] = []

    def start(behaviour: str) -> ServerProcess:
        choice = ServerChoice(
            (sys.executable, "-I", str(MADE_UP), behaviour),
            dict(os.environ),
            behaviour == "remote",
            tmp_path / "log" / "server.log",
        )
        servers.append(ServerProcess(choice))
        return servers[-1]

    yield start
    for server in servers:
        server.kill()


def recovery(folder: Path, name: str = "clip.mp4") -> Task:
    folder.mkdir(exist_ok=True)
    source = {"path": str(folder / name), "files": None, "fps": None, "start": 0, "end": None}
    settings = {"method": "keypoints", "body": "free", "camera": None}
    return Task("recover", name, folder, {"source": source, "settings": settings})


def until(work: Work, ready, seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < deadline, work.tasks
        work.poll()
        time.sleep(0.01)


def finish(work: Work) -> None:
    work.start()
    until(work, lambda: work.finished)


def test_a_recovery_reaches_its_end_whatever_else_is_said(start, tmp_path):
    work = Work(lambda: start("banner"), [recovery(tmp_path / "job")])
    finish(work)
    (task,) = work.tasks
    assert (task.state, task.people, task.warnings) == (
        "done",
        [tmp_path / "job" / "person-1.npz"],
        ["Dark."],
    )
    assert work.progress.fraction == 1.0


def test_a_server_is_asked_for_again_for_every_task(start, tmp_path):
    server = start("works")
    asked = []
    work = Work(lambda: asked.append(1) or server, [recovery(tmp_path / name) for name in "abc"])
    finish(work)
    assert [task.state for task in work.tasks] == ["done"] * 3
    assert len(asked) == 3


def test_an_error_is_its_task_s_alone(start, tmp_path):
    server = start("fails")
    work = Work(lambda: server, [recovery(tmp_path / "a"), recovery(tmp_path / "b")])
    finish(work)
    assert [task.state for task in work.tasks] == ["failed"] * 2
    assert "Nobody in" in work.tasks[1].message
    assert work.tasks[1].hint == "Look."
    assert server.alive


def test_a_dead_server_is_told_with_what_it_said_last(start, tmp_path):
    work = Work(lambda: start("dies"), [recovery(tmp_path / "a"), recovery(tmp_path / "b")])
    finish(work)
    for task in work.tasks:  # each in a server of its own
        assert task.state == "failed"
        assert "MemoryError: out of paper" in task.message
        assert "server.log" in task.hint


def test_a_killed_server_is_told(start, tmp_path):
    server = start("deaf")
    work = Work(lambda: server, [recovery(tmp_path / "job")])
    work.start()
    until(work, lambda: work.progress.count == "57 of 200 frames")
    os.kill(server.process_id, 9)
    until(work, lambda: work.finished)
    assert work.tasks[0].state == "failed"
    assert "ended from outside" in work.tasks[0].message


def test_a_server_that_cannot_start_fails_the_task(tmp_path):
    choice = ServerChoice((str(tmp_path / "python"),), {}, False, tmp_path / "log")
    work = Work(lambda: ServerProcess(choice), [recovery(tmp_path / "job")])
    finish(work)
    assert work.tasks[0].state == "failed"
    assert "could not be started" in work.tasks[0].message
    with pytest.raises(RecoveryError):
        ServerProcess(choice)


def test_another_version_is_told(start, tmp_path):
    work = Work(lambda: start("other_version"), [recovery(tmp_path / "job")])
    finish(work)
    assert work.tasks[0].state == "failed"
    assert "0.0.1" in work.tasks[0].message


def test_a_silent_server_is_given_up(start, tmp_path, monkeypatch):
    monkeypatch.setattr("human_mesh_recovery.blender_addon.client.jobs.SILENCE_SECONDS", 0.5)
    server = start("silent")
    work = Work(lambda: server, [recovery(tmp_path / "job")])
    finish(work)
    assert work.tasks[0].state == "failed"
    assert "did not answer" in work.tasks[0].message
    until(work, lambda: not server.alive)


def test_cancel_ends_the_running_task_and_those_that_wait(start, tmp_path):
    server = start("silent")
    work = Work(lambda: server, [recovery(tmp_path / "a"), recovery(tmp_path / "b")])
    work.start()
    work.cancel()
    assert work.progress.stage == "Cancelling"
    until(work, lambda: work.finished)
    assert [task.state for task in work.tasks] == ["cancelled"] * 2


def test_a_deaf_server_is_ended_and_what_it_kept_can_be_used(start, tmp_path):
    server = start("deaf")
    work = Work(lambda: server, [recovery(tmp_path / "job")])
    work.start()
    until(work, lambda: work.progress.count == "57 of 200 frames")
    work.cancel()
    until(work, lambda: work.finished)
    assert (work.tasks[0].state, work.tasks[0].seen_frames) == ("cancelled", 57)
    until(work, lambda: not server.alive)


def test_files_travel_to_another_machine_and_back(start, tmp_path):
    task = recovery(tmp_path / "job")
    (tmp_path / "job" / "clip.mp4").write_bytes(b"x" * 3_000_000)
    body = tmp_path / "SMPL_NEUTRAL.pkl"
    body.write_bytes(b"y" * 10)
    task.request["settings"] |= {"body": str(body)}
    work = Work(lambda: start("remote"), [task])
    finish(work)
    assert task.state == "done", task
    assert task.people == [tmp_path / "job" / "person-1.npz"]
    there = json.loads(task.people[0].read_text())
    assert there["put"] == {"clip.mp4": 3_000_000, "SMPL_NEUTRAL.pkl": 10}
    assert there["asked"]["source"]["path"] == "clip.mp4"
    assert there["asked"]["settings"]["body"] == "SMPL_NEUTRAL.pkl"
    assert there["asked"]["folder"] is None
    assert not (tmp_path / "person-1.npz").exists()


def test_a_folder_of_frames_travels_in_the_order_of_its_numbers(start, tmp_path):
    task = recovery(tmp_path / "job")
    frames = tmp_path / "frames"
    frames.mkdir()
    for number in (10, 2, 1):
        (frames / f"f{number}.png").write_bytes(b"z" * number)
    (frames / "notes.txt").write_text("no picture")
    task.request["source"] |= {"path": str(frames)}
    work = Work(lambda: start("remote"), [task])
    finish(work)
    there = json.loads(task.people[0].read_text())
    assert there["put"] == {"000000.png": 1, "000001.png": 2, "000002.png": 10}
    assert there["asked"]["source"]["files"] == ["000000.png", "000001.png", "000002.png"]


def test_a_server_that_was_ended_is_given_no_other_task(start):
    killed, stopped = start("works"), start("silent")
    assert killed.usable
    killed.kill()
    stopped.stop()
    assert not killed.usable
    assert not stopped.usable


def test_what_comes_back_is_a_result_or_is_told(start, tmp_path):
    server = start("works")
    server.folders["a"] = tmp_path
    piece = {"type": "file", "job": "a", "data": "bm8=", "last": True}
    for name in ("job.json", "..", "", "../../secret.txt"):
        assert server._keep(piece | {"name": name}) is None
    assert list(tmp_path.iterdir()) == [tmp_path / "log"]
    error = server._keep(piece | {"name": "person-1.npz", "data": "no"})
    assert error is not None
    assert "person-1.npz" in error["message"]


def test_nothing_half_arrived_takes_a_result_s_place(start, tmp_path):
    server = start("works")
    server.folders["a"] = tmp_path
    result = tmp_path / "person-1.npz"
    result.write_bytes(b"before")
    piece = {"type": "file", "job": "a", "name": result.name, "data": "bm8=", "last": False}
    assert server._keep(piece) is None
    assert server._keep(piece | {"data": "no"}) is not None
    assert server._keep(piece | {"last": True}) is None
    assert result.read_bytes() == b"before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log", result.name]
    server.folders["a"] = tmp_path  # again
    server._keep(piece | {"last": True})
    assert result.read_bytes() == b"no"


def test_stop_ends_a_server_that_listens_and_one_that_does_not(start):
    for behaviour in ("works", "silent"):
        server = start(behaviour)
        server.stop()
        deadline = time.monotonic() + 20
        while server.alive and time.monotonic() < deadline:
            server.poll()
            time.sleep(0.02)
        assert not server.alive


def test_a_server_ends_with_its_client(tmp_path):
    """A Blender that crashes closes nothing by itself; the pipe's end tells the server."""
    client = (
        "import os, sys\n"
        "from human_mesh_recovery.blender_addon.client.server_process import ServerChoice, ServerProcess\n"
        "from pathlib import Path\n"
        "choice = ServerChoice((sys.executable, '-I', sys.argv[1], 'works'), {}, False, Path(sys.argv[2]))\n"
        "server = ServerProcess(choice)\n"
        "print(server.process_id, flush=True); os.kill(os.getpid(), 9)"
    )
    command = [sys.executable, "-c", client, str(MADE_UP), str(tmp_path / "log")]
    started = subprocess.run(command, capture_output=True, text=True, check=False)
    process = int(started.stdout)
    deadline = time.monotonic() + 20
    while _runs(process) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _runs(process)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{process}/stat")
    return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] != "Z"


def test_a_problem_calls_the_file_by_its_name():
    task = Task("recover", "b.mp4", None, {"source": {"path": "/far/b.mp4"}})
    task.state, task.message = "failed", "/far/b.mp4 is damaged."
    problems, _ = outcome(Press(Work(_no_server, [task]), Place("", 0, "Scene")))
    assert [problem.message for problem in problems] == ["b.mp4 is damaged."]


def _no_server() -> ServerProcess:
    raise AssertionError("nothing is to be started")
