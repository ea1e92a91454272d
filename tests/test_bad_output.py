"""Outputs that can't be written: nothing half-written stays, what was recovered is kept, no input is lost."""

import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from human_mesh_recovery.tests.results import names, only_person

needs_blender = pytest.mark.skipif(importlib.util.find_spec("bpy") is None, reason="bpy is not installed")


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system with 4 kB of room left."""
    folder = tmp_path / "full"
    folder.mkdir()
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only root can mount a small file system")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], capture_output=True)
    if mounted.returncode:
        pytest.skip(f"no small file system can be mounted: {mounted.stderr.decode().strip()}")
    try:
        (folder / "ballast").write_bytes(bytes(60 * 1024))
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


def kept_motions(err: str) -> list[Path]:
    """The files in the folder that a message says the motion is kept in."""
    folder = Path(err.partition("kept in ")[2].split("\n")[0].rstrip("."))
    assert folder.is_dir(), err
    return sorted(folder.iterdir())


def test_outputs_that_cannot_be_written_are_refused_before_the_work(recover, examples, tmp_path, monkeypatch):
    monkeypatch.setattr(
        "human_mesh_recovery.inference_server.recover_command.recover", lambda *_: pytest.fail()
    )
    (tmp_path / "file").write_text("mine")
    (tmp_path / "folder.npz").mkdir()
    still = examples / "still.jpg"
    good = tmp_path / "good.npz"
    for arguments in (
        ["-o", tmp_path / "file" / "r.npz"],
        ["-o", tmp_path / "folder.npz"],
        ["-o", good, "-o", tmp_path / "file" / "r.bvh"],
        ["-o", good, "--preview", tmp_path / "file" / "r.png"],
    ):
        code, said, err = recover(still, *arguments)
        assert (code, said) == (1, "")
        assert f"{arguments[-1]} can't be written" in err
        assert "Choose a folder" in err
    assert names(tmp_path) == ["file", "folder.npz"]


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission(recover, examples, tmp_path):
    (tmp_path / "locked").mkdir(mode=0o500)
    code, _, err = recover(examples / "still.jpg", "-o", tmp_path / "locked" / "r.npz")
    assert code == 1
    assert "can't be written: Permission denied" in err


def test_the_user_s_own_files_are_never_overwritten(recover, examples, tmp_path):
    film = tmp_path / "film.mp4"
    film.write_bytes((examples / "walk.mp4").read_bytes())
    body = tmp_path / "body.npz"
    body.write_bytes(b"mine")
    frames = tmp_path / "frames"
    frames.mkdir()
    (frames / "1.png").write_bytes(b"frame")
    (tmp_path / "link.mp4").symlink_to(film)
    before = {path: path.read_bytes() for path in (film, body, frames / "1.png")}
    out = tmp_path / "r.npz"
    for arguments, expected in (
        ([film, "-o", out, "--preview", film], "is an input, which would be lost"),
        ([film, "-o", out, "--preview", tmp_path / "link.mp4"], "is an input, which would be lost"),
        ([film, "-o", out, "--preview", tmp_path / "frames" / ".." / "film.mp4"], "is an input"),
        ([film, frames, "-o", out, "--preview", tmp_path / "x.mp4", "-o", out], "would be written twice"),
        ([film, "-o", body, "--body", body], "is an input, which would be lost"),
        ([frames, "-o", out, "--preview", frames / "1.png"], "would lie among the frames"),
        ([frames, "-o", out, "--preview", frames / "2.png"], "would lie among the frames"),
    ):
        code, said, err = recover(*arguments)
        assert (code, said) == (1, ""), arguments
        assert expected in err
    assert {path: path.read_bytes() for path in before} == before
    assert not out.exists()


@pytest.mark.parametrize("ending", [".npz", ".bvh", pytest.param(".blend", marks=needs_blender)])
def test_a_full_disk(recover, examples, full_disk, ending, blender_resources):
    video = ["--end", "15"] if ending == ".bvh" else []
    source = examples / ("walk.mp4" if video else "still.jpg")
    code, said, err = recover(source, *video, "-o", full_disk / f"r{ending}")
    assert (code, said) == (1, "")
    assert str(full_disk / f"r{ending}") in err
    assert "free space" in err
    assert names(full_disk) == ["ballast"]
    (kept,) = kept_motions(err)
    assert only_person(kept).person == 1


@pytest.mark.parametrize("ending", [".mp4", ".png"])
def test_a_full_disk_for_the_preview(recover, examples, full_disk, tmp_path, ending):
    arguments = ["-o", tmp_path / "r.npz", "--preview", full_disk / f"r{ending}"]
    code, said, err = recover(examples / "still.jpg", *arguments)
    assert code == 1
    assert f"The preview could not be written to {full_disk / f'r{ending}'}" in err
    assert names(full_disk) == ["ballast"]
    assert said.split() == [str(tmp_path / "r.npz")]  # it was written before, and stays
    only_person(tmp_path / "r.npz")


def test_where_one_output_fails_the_others_are_written(recover, examples, full_disk, tmp_path):
    code, said, err = recover(examples / "still.jpg", "-o", full_disk / "r.npz", "-o", tmp_path / "r.npz")
    assert code == 1
    assert said.split() == [str(tmp_path / "r.npz")]
    assert f"kept in {tmp_path / 'r.npz'}" in err


def test_nothing_is_promised_where_nothing_can_be_kept(recover, examples, full_disk, monkeypatch):
    def folder_on_the_full_disk(prefix: str) -> str:
        (full_disk / prefix).mkdir()
        return str(full_disk / prefix)

    monkeypatch.setattr("tempfile.mkdtemp", folder_on_the_full_disk)
    code, _, err = recover(examples / "still.jpg", "-o", full_disk / "r.npz")
    assert code == 1
    assert "lost: the temporary folder can't be written either" in err
    assert names(full_disk) == ["ballast"]
