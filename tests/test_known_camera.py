"""The file of a camera that is known before the solve."""

from pathlib import Path

import numpy as np
import pytest

from human_mesh_recovery.inference_server.errors import RecoveryError
from human_mesh_recovery.inference_server.known_camera import KnownCamera, load_camera, save_camera


def a_camera(count: int = 3) -> KnownCamera:
    random = np.random.default_rng(1)
    return KnownCamera(
        812.5,
        np.array([319.0, 181.5]),
        640,
        360,
        np.arange(count) * 2 + 5,
        random.normal(size=(count, 3, 3)),
        random.normal(size=(count, 3)),
    )


@pytest.mark.parametrize("count", [0, 3])
def test_a_camera_comes_back_as_it_was(tmp_path: Path, count: int):
    camera = a_camera(count)
    save_camera(camera, tmp_path / "camera.npz")
    again = load_camera(tmp_path / "camera.npz")
    assert (again.focal_length, again.width, again.height) == (812.5, 640, 360)
    for name in ("principal_point", "frames", "rotations", "translations"):
        assert np.array_equal(getattr(again, name), getattr(camera, name)), name
    assert [path.name for path in tmp_path.iterdir()] == ["camera.npz"]


def test_a_folder_that_is_not_there_is_said(tmp_path: Path):
    with pytest.raises(RecoveryError) as failure:
        save_camera(a_camera(), tmp_path / "gone" / "camera.npz")
    assert failure.value.code == "unwritable"


def test_what_is_no_camera_is_refused(tmp_path: Path):
    path = tmp_path / "camera.npz"
    save_camera(a_camera(), path)
    whole = path.read_bytes()
    damaged = {"nothing": b"", "half": whole[: len(whole) // 2], "text": b"a camera"}
    for content in damaged.values():
        path.write_bytes(content)
        with pytest.raises(RecoveryError) as failure:
            load_camera(path)
        assert failure.value.code == "camera_file"
    with pytest.raises(RecoveryError):
        load_camera(tmp_path / "none.npz")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("frames", np.array([5, 5, 6])),
        ("frames", np.arange(4)),
        ("rotations", np.zeros((3, 4, 4))),
        ("translations", np.full((3, 3), np.nan)),
        ("principal_point", np.zeros(3)),
        ("focal_length", np.array(0.0)),
        ("size", np.array([0, 360])),
        ("translations", np.array([["a"] * 3] * 3)),
    ],
)
def test_members_that_do_not_fit_are_refused(tmp_path: Path, name: str, value: np.ndarray):
    path = tmp_path / "camera.npz"
    save_camera(a_camera(), path)
    with np.load(path) as arrays:
        members = dict(arrays)
    np.savez(path, **(members | {name: value}))
    with pytest.raises(RecoveryError) as failure:
        load_camera(path)
    assert failure.value.code == "camera_file"
