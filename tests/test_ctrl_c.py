"""Ctrl-C: the first keeps what was recovered, the second drops it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from human_mesh_recovery.tests.results import names, only_person

pytestmark = pytest.mark.usefixtures("weights")


def started(arguments: list[object], tmp_path: Path) -> subprocess.Popen[str]:
    """The program, once it has begun to read frames. A terminal would send Ctrl-C as this test does."""
    told = tmp_path / "told"
    program = (
        "import sys; from human_mesh_recovery.inference_server import cli, recover_command\n"
        "from human_mesh_recovery.inference_server.people.track import PeopleTracker\n"
        "update = PeopleTracker.update\n"
        "def slow(self, index, image):\n"
        "    update(self, index, image)\n"
        f"    open({str(told)!r}, 'a').write('frame\\n')\n"
        "PeopleTracker.update = slow\n"
        "sys.exit(cli.main(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", program, "recover", *map(str, arguments)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while process.poll() is None and not (told.exists() and told.stat().st_size > 20):
        time.sleep(0.02)
    return process


@pytest.mark.skipif(os.name == "nt", reason="signals are sent otherwise")
def test_ctrl_c_keeps_what_was_recovered(examples, tmp_path):
    outputs = ["-o", tmp_path / "r.npz", "-o", tmp_path / "r.bvh", "--preview", tmp_path / "r.mp4"]
    process = started([examples / "walk.mp4", examples / "still.jpg", *outputs], tmp_path)
    process.send_signal(signal.SIGINT)
    said, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "Stopping; what was recovered so far is kept" in err
    assert "frames up to it were recovered and written" in err
    assert "The preview" in err
    assert "1 of 2 inputs were not looked at" in err
    written = [tmp_path / "r-walk.npz", tmp_path / "r-walk.bvh"]
    assert said.split() == [str(path) for path in written]
    motion = only_person(written[0])
    assert 3 <= len(motion.frames) < 117
    assert f"Stopped at frame {motion.frames[-1]}" in err
    assert names(tmp_path) == ["r-walk.bvh", "r-walk.npz", "told"]


@pytest.mark.skipif(os.name == "nt", reason="signals are sent otherwise")
def test_a_second_ctrl_c_ends_it_at_once(examples, tmp_path):
    process = started([examples / "walk.mp4", "-o", tmp_path / "r.npz"], tmp_path)
    process.send_signal(signal.SIGINT)
    assert process.stderr is not None
    while "Stopping" not in process.stderr.readline():
        pass
    process.send_signal(signal.SIGINT)
    said, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert said == ""
    assert "stopped" in err
    assert "Traceback" not in err
    assert names(tmp_path) == ["told"]
