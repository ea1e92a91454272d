"""`recover-mesh recover`: what it writes, from which inputs."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from human_mesh_recovery.inference_server.media import open_source
from human_mesh_recovery.tests.results import names, only_person

needs_blender = pytest.mark.skipif(importlib.util.find_spec("bpy") is None, reason="bpy is not installed")


@pytest.fixture(scope="module")
def couple(examples: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The still's person twice, side by side; the second is the mirror image, a little smaller."""
    person = Image.open(examples / "still.jpg").crop((150, 0, 720, 720))
    smaller = person.transpose(Image.Transpose.FLIP_LEFT_RIGHT).resize((513, 648))
    both = Image.new("RGB", (1083, 720), (168, 188, 186))
    both.paste(person, (0, 0))
    both.paste(smaller, (570, 72))
    path = tmp_path_factory.mktemp("couple") / "couple.png"
    both.save(path)
    return path


def test_the_command_line_starts_without_the_trainings():
    """Which the packaged program is without."""
    said = subprocess.check_output(
        [
            sys.executable,
            "-c",
            "import sys; from human_mesh_recovery.inference_server import cli; cli.build_parser(); "
            "print([name for name in sys.modules if '.training' in name or name.startswith('scipy.io')])",
        ],
        text=True,
    )
    assert said.strip() == "[]"


def test_a_still_to_a_motion_and_a_preview(recover, examples, tmp_path):
    out = tmp_path / "new" / "folder"
    code, said, err = recover(
        examples / "still.jpg", "-o", out / "s.npz", "--preview", out / "s.png", "--focal", 1500
    )
    assert code == 0
    assert said.splitlines() == [str(out / "s.npz"), str(out / "s.png")]
    assert "Person 1: frame 0, confidence" in err
    assert names(out) == ["s.npz", "s.png"]
    motion = only_person(out / "s.npz")
    assert motion.camera is not None
    assert motion.camera.focal_length == 1500
    assert cv2.imread(str(out / "s.png")).shape == (720, 960, 3)


def test_a_video_s_part_with_its_frame_numbers(recover, examples, tmp_path):
    arguments = ["--start", 30, "--end", 35, "-o", tmp_path / "w.npz", "-o", tmp_path / "w.bvh"]
    code, said, err = recover(examples / "walk.mp4", *arguments, "--preview", tmp_path / "w.mp4")
    assert code == 0
    assert len(said.splitlines()) == 3
    assert "Person 1: frames 30 to 35" in err
    assert only_person(tmp_path / "w.npz").frames.tolist() == [30, 31, 32, 33, 34, 35]
    assert "Frames: 6\nFrame Time: 0.04" in (tmp_path / "w.bvh").read_text()
    preview = open_source(tmp_path / "w.mp4")
    assert (preview.frame_count, preview.width, preview.height) == (6, 640, 360)
    assert "%|" not in err  # a progress bar would fill a log


def test_a_folder_of_frames_at_a_rate(recover, examples, tmp_path):
    frames = tmp_path / "frames"
    frames.mkdir()
    for index in range(3):
        (frames / f"{index}.jpg").write_bytes((examples / "still.jpg").read_bytes())
    assert recover(frames, "-o", tmp_path / "f.npz", "--fps", 12)[0] == 0
    motion = only_person(tmp_path / "f.npz")
    assert motion.fps == 12
    assert motion.frames.tolist() == [0, 1, 2]


def test_two_people_go_to_files_of_their_own(recover, couple, tmp_path):
    code, said, _ = recover(couple, "-o", tmp_path / "c.npz", "-o", tmp_path / "c.bvh")
    assert code == 0
    expected = ["c-1.bvh", "c-1.npz", "c-2.bvh", "c-2.npz"]
    assert names(tmp_path) == expected
    assert sorted(Path(line).name for line in said.splitlines()) == expected
    first, second = only_person(tmp_path / "c-1.npz"), only_person(tmp_path / "c-2.npz")
    assert (first.person, second.person) == (1, 2)
    assert first.camera is not None
    assert second.camera is not None
    assert first.camera.focal_length == second.camera.focal_length
    np.testing.assert_array_equal(first.camera.rotation, second.camera.rotation)
    left, right = (m.camera.project(m.joints[0])[0, 0] for m in (first, second))  # type: ignore[union-attr,index]
    assert left == pytest.approx(480 - 150, abs=60)  # the larger first
    assert right == pytest.approx(570 + (720 - 480) * 0.9, abs=60)


def test_only_as_many_people_as_were_asked_for(recover, couple, tmp_path):
    assert recover(couple, "-o", tmp_path / "c.npz", "--people", 1)[0] == 0
    assert names(tmp_path) == ["c.npz"]


@needs_blender
def test_a_scene_of_two_people_is_one_file(recover, couple, tmp_path, blender_resources):
    out = tmp_path / "out"
    code, said, err = recover(couple, "-o", out / "c.glb")
    assert code == 0, err
    assert said.split() == [str(out / "c.glb")]
    assert names(out) == ["c.glb"]
    assert (out / "c.glb").read_bytes()[:4] == b"glTF"


def test_inputs_of_one_name_do_not_overwrite_each_other(recover, examples, tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "still.jpg").write_bytes((examples / "still.jpg").read_bytes())
    inputs = [tmp_path / "a" / "still.jpg", tmp_path / "b" / "still.jpg"]
    assert recover(*inputs, "-o", tmp_path / "out" / "r.npz")[0] == 0
    assert names(tmp_path / "out") == ["r-1-still.npz", "r-2-still.npz"]
    assert Path(only_person(tmp_path / "out" / "r-2-still.npz").source) == inputs[1].resolve()
