"""`recover-mesh recover` on what is damaged, empty, missing or wrong: what it says, and its exit codes."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from human_mesh_recovery.inference_server.media import open_source
from human_mesh_recovery.tests.cut_video import cut_short_video
from human_mesh_recovery.tests.results import names, only_person


@pytest.fixture
def nobody(tmp_path: Path) -> Path:
    path = tmp_path / "nobody.png"
    cv2.imwrite(str(path), np.random.default_rng(1).integers(0, 256, (120, 160, 3), np.uint8))
    return path


def test_of_several_inputs_a_bad_one_does_not_stop_the_others(recover, examples, nobody, tmp_path):
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(np.random.default_rng(2).bytes(5000))
    inputs = [nobody, broken, tmp_path / "missing.png", examples / "still.jpg"]
    code, said, err = recover(*inputs, "-o", tmp_path / "r.npz")
    assert code == 1
    assert said.split() == [str(tmp_path / "r-still.npz")]
    assert only_person(tmp_path / "r-still.npz").source.endswith("still.jpg")
    for expected in (
        "No person was found in",
        "neither a picture nor a video",
        "There is no file",
        "Person 1",
    ):
        assert expected in err


def test_a_corrupt_video(recover, examples, tmp_path):
    data = bytearray((examples / "walk.mp4").read_bytes())
    (tmp_path / "headless.mp4").write_bytes(data[: len(data) // 2])  # its index lies at the end
    code, said, err = recover(tmp_path / "headless.mp4", "-o", tmp_path / "r.npz")
    assert (code, said) == (1, "")
    assert str(tmp_path / "headless.mp4") in err
    assert "damaged" in err
    assert "convert it" in err or "export it again" in err
    assert names(tmp_path) == ["headless.mp4"]


def test_a_video_that_ends_early(recover, examples, tmp_path):
    cut = cut_short_video(examples / "walk.mp4", tmp_path / "cut.mp4")
    code, _, err = recover(cut, "-o", tmp_path / "r.npz", "--start", 45, "--preview", tmp_path / "r.mp4")
    assert code == 0
    assert "cut.mp4 ends early: it states 117 frames, but only" in err
    motion = only_person(tmp_path / "r.npz")
    assert motion.frames[0] == 45
    assert 46 < motion.frames[-1] < 100
    assert open_source(tmp_path / "r.mp4").frame_count == len(motion.frames)


def test_nobody_in_the_picture(recover, nobody, tmp_path):
    code, said, err = recover(nobody, "-o", tmp_path / "r.npz")
    assert (code, said) == (1, "")
    assert f"No person was found in {nobody}. Choose footage" in err
    assert names(tmp_path) == ["nobody.png"]


def test_a_picture_of_one_pixel(recover, tmp_path):
    Image.new("RGB", (1, 1)).save(tmp_path / "pixel.png")
    code, _, err = recover(tmp_path / "pixel.png", "-o", tmp_path / "r.npz", "--preview", tmp_path / "p.mp4")
    assert code == 1
    assert "No person was found" in err
    assert names(tmp_path) == ["pixel.png"]


def test_a_folder_of_mixed_sizes_and_one_without_pictures(recover, tmp_path):
    for name, size in (("mixed/1.png", (64, 48)), ("mixed/2.png", (48, 64)), ("mixed/3.png", (64, 48))):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.new("RGB", size).save(tmp_path / name)
    code, _, err = recover(tmp_path / "mixed", "-o", tmp_path / "r.npz")
    assert code == 1
    assert "1.png has 64 x 48 pixels, 2.png has 48 x 64" in err
    assert "folder of their own" in err
    (tmp_path / "empty").mkdir()
    code, _, err = recover(tmp_path / "empty", "-o", tmp_path / "r.npz")
    assert code == 1
    assert "holds no pictures" in err


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (
            ["-o", "r.obj"],
            "r.obj: results can't be written as .obj. Use one of .blend, .glb, .fbx, .npz, .bvh",
        ),
        (["-o", "r"], "a file without an ending. Use one of"),
        (
            ["-o", "r.npz", "--preview", "r.gif"],
            "A preview can't be written as r.gif. Use .mp4, .png or .jpg.",
        ),
        (["-o", "r.npz", "-o", "r.npz"], "r.npz would be written twice"),
        (["-o", "r.npz", "--start", "5", "--end", "4"], "--end 4 lies before --start 5"),
        (["-o", "r.npz", "--start", "1"], "has the frames 0 to 0"),
        (["-o", "r.npz", "--body", "missing.pkl"], "missing.pkl"),
    ],
)
def test_wrong_requests(recover, examples, tmp_path, monkeypatch, arguments, expected):
    monkeypatch.chdir(tmp_path)
    code, said, err = recover(examples / "still.jpg", *arguments)
    assert (code, said) == (1, "")
    assert expected in err
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--people", "0"], "'0' is not a whole number of at least 1"),
        (["--people", "two"], "'two' is not a whole number"),
        (["--start", "-1"], "'-1' is not a frame's number"),
        (["--end", "-3"], "'-3' is not a frame's number"),
        (["--fps", "0"], "'0' is not a frame rate"),
        (["--fps", "fast"], "'fast' is not a frame rate"),
        (["--focal", "nan"], "'nan' is not a number above 0"),
        (["--method", "magic"], "invalid choice: 'magic'"),
        (["--device", "abacus"], "invalid choice: 'abacus'"),
    ],
)
def test_wrong_calls_have_an_exit_code_of_their_own(recover, examples, tmp_path, arguments, expected):
    code, said, err = recover(examples / "still.jpg", "-o", tmp_path / "r.npz", *arguments)
    assert (code, said) == (2, "")
    assert arguments[0] in err
    assert expected in err


def test_a_missing_weight(recover, examples, tmp_path, monkeypatch):
    monkeypatch.setenv("HMR_WEIGHTS", str(tmp_path / "weights"))
    monkeypatch.setenv("HMR_OFFLINE", "1")
    code, _, err = recover(examples / "still.jpg", "-o", tmp_path / "r.npz")
    assert code == 1
    assert "nanodet" in err
    assert str(tmp_path / "weights") in err
    assert "recover-mesh weights get" in err
    assert not (tmp_path / "r.npz").exists()
