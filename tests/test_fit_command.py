"""`recover-mesh fit`: meshes in files to a body's motion."""

import importlib.util
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from human_mesh_recovery.inference_server import cli
from human_mesh_recovery.inference_server.body.axes import Y_UP_TO_Z_UP
from human_mesh_recovery.inference_server.body.files import load_body
from human_mesh_recovery.inference_server.body.model import pose_body
from human_mesh_recovery.inference_server.motion import load_motion

needs_blender = pytest.mark.skipif(importlib.util.find_spec("bpy") is None, reason="bpy is not installed")
BODY = load_body("free")
FRAMES = 3


@pytest.fixture(scope="module")
def vertices() -> np.ndarray:
    """(F, V, 3) metres, Y up."""
    generator = np.random.default_rng(6)
    poses = 0.3 * generator.normal(size=(FRAMES, 24, 3))
    return pose_body(BODY, poses, generator.normal(size=10), generator.normal(size=(FRAMES, 3)))[0]


@pytest.fixture
def fit(capfd: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Runs `recover-mesh fit ARGUMENTS`: its exit code, stdout and stderr."""

    def run(*arguments: object) -> tuple[int, str, str]:
        capfd.readouterr()
        code = cli.main(["fit", *map(str, arguments)])
        out, err = capfd.readouterr()
        assert "Traceback" not in err
        return code, out, err

    return run


def write_obj(path: Path, vertices: np.ndarray, colours: str = "") -> Path:
    lines = [f"v {x:.6f} {y:.6f} {z:.6f}{colours}" for x, y, z in vertices]
    path.write_text("\n".join(["# a mesh", "o body", *lines, "vn 0 0 1", "f 1 2 3", ""]))
    return path


def posed(path: Path) -> np.ndarray:
    motion = load_motion(path)
    return pose_body(BODY, motion.poses, motion.betas, motion.trans)[0]


def test_a_folder_of_obj_files_in_the_order_of_their_numbers(fit, vertices, tmp_path):
    folder = tmp_path / "meshes"
    folder.mkdir()
    for number, mesh in zip((2, 9, 10), vertices, strict=True):
        write_obj(folder / f"m{number}.obj", mesh, " 0.5 0.5 0.5")
    code, said, err = fit(folder, "-o", tmp_path / "m.npz", "-o", tmp_path / "m.bvh", "--fps", 50)
    assert code == 0, err
    assert said.splitlines() == [str(tmp_path / "m.npz"), str(tmp_path / "m.bvh")]
    assert "3 frames; the body lies 0.00 mm" in err
    motion = load_motion(tmp_path / "m.npz")
    assert (motion.fps, motion.body, motion.source) == (50, "free", str(folder.resolve()))
    assert motion.frames.tolist() == [0, 1, 2]
    np.testing.assert_allclose(posed(tmp_path / "m.npz"), vertices @ Y_UP_TO_Z_UP.T, atol=2e-5)


def test_several_obj_files_are_taken_as_they_come(fit, vertices, tmp_path):
    files = [write_obj(tmp_path / f"{name}.obj", mesh) for name, mesh in zip("ba", vertices, strict=False)]
    assert fit(*files, "-o", tmp_path / "m.npz", "--up", "z")[0] == 0
    np.testing.assert_allclose(posed(tmp_path / "m.npz"), vertices[:2], atol=2e-5)


@pytest.mark.parametrize("unit, factor", [("centimetres", 100), ("inches", 39.37), ("", 1.9)])
def test_units_are_found_out_and_told(fit, vertices, tmp_path, unit, factor):
    np.save(tmp_path / "m.npy", (factor * vertices[:1]).astype(np.float32))
    code, _, err = fit(tmp_path / "m.npy", "-o", tmp_path / "m.npz", "--up", "z")
    assert code == 0
    if unit:
        assert f"in {unit}" in err
        np.testing.assert_allclose(posed(tmp_path / "m.npz"), vertices[:1], atol=2e-3)
    else:
        assert "times as large" in err


def test_a_network_s_noisy_meshes_in_camera_space(fit, vertices, tmp_path):
    noisy = vertices + np.random.default_rng(1).normal(size=vertices.shape) * 0.01
    np.savez(tmp_path / "seen.npz", vertices=noisy, faces=BODY.faces)
    code, _, err = fit(tmp_path / "seen.npz", "-o", tmp_path / "m.npz", "--up", "camera", "--noise", 10)
    assert code == 0, err
    found = posed(tmp_path / "m.npz")
    in_camera = np.stack([found[..., 0], -found[..., 2], found[..., 1]], axis=-1)
    assert np.linalg.norm(in_camera - vertices, axis=2).mean() < 0.003


def test_joints_alone(fit, tmp_path):
    joints = pose_body(BODY, np.zeros((1, 24, 3)), np.zeros(10), np.zeros((1, 3)))[1]
    np.save(tmp_path / "joints.npy", joints)
    code, _, err = fit(tmp_path / "joints.npy", "-o", tmp_path / "m.npz")
    assert code == 0, err
    assert load_motion(tmp_path / "m.npz").poses.shape == (1, 24, 3)


@needs_blender
def test_a_scene(fit, vertices, tmp_path, blender_resources):
    np.save(tmp_path / "m.npy", vertices[0])
    code, said, err = fit(tmp_path / "m.npy", "-o", tmp_path / "m.blend")
    assert code == 0, err
    assert said.split() == [str(tmp_path / "m.blend")]
    assert (tmp_path / "m.blend").stat().st_size > 10000


@pytest.mark.parametrize(
    "count, words",
    [
        (6890, "look like SMPL. Name your SMPL file with --body"),
        (10475, "SMPL-X is not supported"),
        (778, "a hand"),
        (1234, "have 1234 vertices, and the body 'free' has 6506"),
    ],
)
def test_other_bodies_meshes_are_named(fit, tmp_path, count, words):
    np.save(tmp_path / "m.npy", np.zeros((1, count, 3)))
    code, _, err = fit(tmp_path / "m.npy", "-o", tmp_path / "m.npz")
    assert code == 1
    assert words in err
    assert not (tmp_path / "m.npz").exists()


def test_files_that_are_no_meshes(fit, vertices, tmp_path):
    def refused(*arguments: object) -> str:
        code, _, err = fit(*arguments, "-o", tmp_path / "out.npz")
        assert code == 1
        assert len(err.splitlines()) == 1
        return err

    (tmp_path / "empty.obj").write_text("")
    (tmp_path / "words.obj").write_text("v one two three\n")
    (tmp_path / "flat.obj").write_text("v 1 2\nv 3 4\n")
    (tmp_path / "empty").mkdir()
    (tmp_path / "damaged.npy").write_bytes(b"no array")
    np.save(tmp_path / "pickled.npy", np.array([{}], dtype=object), allow_pickle=True)
    np.savez(tmp_path / "two.npz", a=vertices, b=vertices)
    assert "no vertices" in refused(tmp_path / "empty.obj")
    assert "damaged" in refused(tmp_path / "words.obj")
    assert "fewer than three" in refused(tmp_path / "flat.obj")
    assert "no .obj file" in refused(tmp_path / "empty")
    assert "can't be read" in refused(tmp_path / "damaged.npy")
    assert "can't be read" in refused(tmp_path / "pickled.npy")
    assert "holds a, b" in refused(tmp_path / "two.npz")
    assert "cannot be read" in refused(tmp_path / "missing.obj")
    assert "no file" in refused(tmp_path / "missing.npy")
    np.save(tmp_path / "text.npy", np.array(["a"]))
    assert "are needed" in refused(tmp_path / "text.npy")
    few = write_obj(tmp_path / "few.obj", vertices[0][:7])
    whole = write_obj(tmp_path / "whole.obj", vertices[0])
    assert "few.obj has 7 vertices, but" in refused(whole, few)
    gone = vertices.copy()
    gone[1, 5] = np.nan
    np.save(tmp_path / "gone.npy", gone)
    assert "frame 1 of" in refused(tmp_path / "gone.npy")


def test_a_mesh_is_not_replaced_by_its_result(fit, vertices, tmp_path):
    np.savez(tmp_path / "m.npz", vertices=vertices)
    before = (tmp_path / "m.npz").read_bytes()
    code, _, err = fit(tmp_path / "m.npz", "-o", tmp_path / "m.npz")
    assert code == 1
    assert "would be lost" in err
    assert (tmp_path / "m.npz").read_bytes() == before


def test_a_mesh_in_another_order_is_told(fit, vertices, tmp_path):
    np.save(tmp_path / "m.npy", vertices[:1, ::-1])
    code, _, err = fit(tmp_path / "m.npy", "-o", tmp_path / "m.npz")
    assert code == 0
    assert "that is far" in err
