"""Another machine by way of ssh: a stand-in for ssh runs the command here, with the same pipes."""

import os
import shlex
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from human_mesh_recovery.blender_addon.client.jobs import Task, Work
from human_mesh_recovery.blender_addon.client.server_choice import Wishes, choose_server
from human_mesh_recovery.blender_addon.client.server_process import ServerProcess
from human_mesh_recovery.inference_server.motion import load_motion
from human_mesh_recovery.tests import smpl_files
from human_mesh_recovery.tests.serving import SETTINGS, START

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the stand-in is a shell script")
SERVE = shlex.join([sys.executable, "-c", START])
RUN_HERE = 'for command; do :; done; exec sh -c "$command"'
PATIENCE = 120.0


class Machine:
    """What the preferences call another machine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.servers: list[ServerProcess] = []

    def connect(self, ssh: str = RUN_HERE, command: str = SERVE) -> ServerProcess:
        """A server, through an ssh that is this shell script."""
        program = self.folder / "bin" / "ssh"
        program.parent.mkdir(exist_ok=True)
        program.write_text(f"#!/bin/sh\n{ssh}\n")
        program.chmod(0o755)
        unused = self.folder / "unused"
        wishes = Wishes("MACHINE", unused, unused, unused, unused, self.folder / "log", "", "there", command)
        choice = choose_server(wishes, os.environ | {"TMPDIR": str(self.folder)})
        # a child is looked for in this process's own PATH
        choice = type(choice)((str(program), *choice.argv[1:]), choice.environment, choice.remote, choice.log)
        self.servers.append(ServerProcess(choice))
        return self.servers[-1]


@pytest.fixture
def machine(tmp_path):
    machine = Machine(tmp_path)
    yield machine
    for server in machine.servers:
        server.kill()


def task(folder: Path, path: Path | None, body: object = "free", **more: object) -> Task:
    folder.mkdir(exist_ok=True)
    settings = SETTINGS | {"body": str(body)}
    if path is None:
        return Task("solve", folder.name, folder, {"settings": settings})
    source = {"path": str(path), "files": None, "fps": None, "start": 0, "end": None} | more
    return Task("recover", folder.name, folder, {"source": source, "settings": settings})


def finish(server: ServerProcess, *tasks: Task) -> list[str]:
    """Does the tasks; the stages that were shown."""
    work = Work(lambda: server, tasks)
    stages: list[str] = []
    deadline = time.monotonic() + PATIENCE
    work.start()
    while not work.finished:
        assert time.monotonic() < deadline, tasks
        work.poll()
        stages.append(work.progress.stage)
        time.sleep(0.01)
    return stages


def test_results_are_of_the_files_here(weights, machine, examples, tmp_path):
    """Whatever the footage and the body were called there, Blender has to find them again."""
    body = tmp_path / "my: body.npz"
    np.savez(body, **smpl_files.arrays())
    footage = tmp_path / "Tanz: 1?.mp4"
    footage.write_bytes((examples / "walk.mp4").read_bytes())
    job = tmp_path / "job"
    recovery = task(job, footage, start=60, end=63)
    server = machine.connect()
    finish(server, recovery)
    assert recovery.state == "done", recovery
    assert recovery.people == [job / "person-1.npz"]
    motion = load_motion(recovery.people[0])
    assert (motion.source, motion.body) == (str(footage), "free")

    (job / ".person-1.npz.part").write_bytes(b"of a connection that broke")
    again = task(job, None, body)
    finish(machine.connect(), again)
    assert again.state == "done", again
    motion = load_motion(again.people[0])
    assert (motion.source, motion.body) == (str(footage), str(body))
    assert motion.frames.tolist() == [60, 61, 62, 63]


def test_rows_of_pictures_are_of_their_folder(weights, machine, examples, tmp_path):
    frames = tmp_path / "frames"
    frames.mkdir()
    for number in range(2):
        (frames / f"{number}.jpg").write_bytes((examples / "still.jpg").read_bytes())
    (tmp_path / "job").mkdir()
    source = {"path": None, "files": [str(frames / "0.jpg"), str(frames / "1.jpg")], "fps": 25.0, "start": 0}
    recovery = Task("recover", "job", tmp_path / "job", {"source": source, "settings": SETTINGS})
    finish(machine.connect(), recovery)
    assert recovery.state == "done", recovery
    assert load_motion(recovery.people[0]).source == str(frames)


def test_what_goes_wrong_there_is_told_without_its_folders(weights, machine, tmp_path):
    damaged = tmp_path / "damaged.mp4"
    damaged.write_bytes(b"no video")
    tasks = [task(tmp_path / "a", damaged), task(tmp_path / "b", tmp_path / "gone.mp4")]
    finish(machine.connect(), *tasks)
    assert [each.state for each in tasks] == ["failed", "failed"]
    assert tasks[0].message.startswith("damaged.mp4 is neither")
    assert str(tmp_path / "gone.mp4") in tasks[1].message, "of this machine's files the whole path"


@pytest.mark.parametrize(
    ("said", "status", "message", "hint"),
    [
        ("bash: recover-mesh: command not found", 127, "no such program", "full path"),
        ("ssh: Could not resolve hostname there: Name or service not known", 255, "of that name", "name"),
        ("Host key verification failed.", 255, "does not know", "terminal"),
        ("me@there: Permission denied (publickey).", 255, "did not let you in", "ssh-copy-id"),
        ("ssh: connect to host there port 22: Connection refused", 255, "no ssh connections", "port"),
        ("ssh: connect to host there port 22: Connection timed out", 255, "does not answer", "switched on"),
        ("Timeout, server there not responding.", 255, "was lost", "network"),
        ("ModuleNotFoundError: No module named 'cv2'", 1, "No module named 'cv2'", "Check"),
    ],
)
def test_why_there_is_no_connection_is_told_in_words(machine, tmp_path, said, status, message, hint):
    footage = tmp_path / "clip.mp4"
    footage.write_bytes(b"x")
    recovery = task(tmp_path / "job", footage)
    stages = finish(machine.connect(f"echo {shlex.quote(said)} >&2; exit {status}"), recovery)
    assert recovery.state == "failed"
    assert message in recovery.message
    assert hint in recovery.hint
    assert "Sending the footage" not in stages


def test_a_connection_that_is_cut_is_told(machine, tmp_path):
    footage = tmp_path / "clip.mp4"
    footage.write_bytes(b"x" * 10_000_000)
    server = machine.connect("sleep 60")
    recovery = task(tmp_path / "job", footage)
    work = Work(lambda: server, [recovery])
    work.start()
    server.kill()
    deadline = time.monotonic() + PATIENCE
    while not work.finished and time.monotonic() < deadline:
        work.poll()
        time.sleep(0.01)
    assert "connection to the other machine was lost" in recovery.message
