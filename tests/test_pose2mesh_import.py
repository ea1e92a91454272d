"""The authors' Pose2Mesh through the project's own import, against what the original network gives."""

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from human_mesh_recovery.inference_server import cli
from human_mesh_recovery.inference_server.body.files import FREE_BODY
from human_mesh_recovery.inference_server.errors import RecoveryError
from human_mesh_recovery.inference_server.importing.networks import import_networks
from human_mesh_recovery.inference_server.methods.pose2mesh import network
from human_mesh_recovery.inference_server.methods.registry import METHODS
from human_mesh_recovery.inference_server.weights import imported
from human_mesh_recovery.tests import pose2mesh_samples as samples

torch = pytest.importorskip("torch")

from human_mesh_recovery.inference_server.weights.convert.pose2mesh_checkpoint import (
    Pose2MeshCheckpoint,
    parameter_shapes,
)
from human_mesh_recovery.inference_server.weights.convert.recognise import read_checkpoint


@dataclass
class Brought:
    known: dict[str, np.ndarray]
    checkpoint: Path
    body: Path
    facts: imported.ImportFacts


@pytest.fixture(scope="module", params=[samples.SMPL_COCO, samples.MADE_UP_COCO])
def brought(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Brought]:
    """A golden's network, imported into a folder of its own, which is large and goes again."""
    known = samples.golden(request.param)
    folder = tmp_path_factory.mktemp(request.param)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HMR_WEIGHTS", str(folder / "models"))
        checkpoint = samples.write_checkpoint(request.param, folder / "final.pth.tar")
        body = samples.write_body(known["faces"], folder / "body.npz")
        assert cli.main(["weights", "import", str(checkpoint), "--smpl", str(body)]) == 0
        yield Brought(known, checkpoint, body, imported.read_facts("pose2mesh", ""))
    network._session.cache_clear()
    shutil.rmtree(folder)


def test_the_imported_network_gives_what_the_original_gives(brought: Brought):
    pose, mesh = network.predict(network.load("cpu"), brought.known["kp_norm"])
    for value, name in ((pose, "pose3d_mm"), (mesh, "cam_mesh")):
        known = brought.known[name]
        assert value.shape == known.shape
        assert np.abs(value - known).max() < 1e-4 * np.abs(known).max(), name
        assert np.abs(value - known).max() < 1e-3, name


def test_what_it_was_made_from_is_known(brought: Brought, capsys: pytest.CaptureFixture[str]):
    facts = brought.facts
    assert facts.kind == "coco"
    assert facts.vertex_count == brought.known["cam_mesh"].shape[1]
    assert facts.checkpoint == str(brought.checkpoint)
    assert facts.checkpoint_sha256 == imported.checksum(brought.checkpoint)
    assert facts.body_sha256 == imported.checksum(brought.body)
    assert cli.main(["weights", "list"]) == 0
    assert "pose2mesh: imported" in capsys.readouterr().out
    METHODS["pose2mesh"].check()


def test_what_was_imported_is_found_beside_another_folder_of_networks(
    brought: Brought, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    folder = imported.place("pose2mesh").parent
    monkeypatch.setenv("HMR_WEIGHTS", str(tmp_path / "brought by the add-on"))
    monkeypatch.setattr(imported.store, "user_folder", lambda: folder)
    METHODS["pose2mesh"].check()


def test_a_body_that_is_gone_or_another_is_told(brought: Brought, tmp_path: Path):
    moved = tmp_path / "moved.npz"
    brought.body.rename(moved)
    try:
        with pytest.raises(RecoveryError, match=r"body\.npz"):
            METHODS["pose2mesh"].check()
        shutil.copy(FREE_BODY, brought.body)
        with pytest.raises(RecoveryError, match="another body"):
            METHODS["pose2mesh"].check()
    finally:
        os.replace(moved, brought.body)


def small_state(joints: int, coarsest: int) -> dict[str, Any]:
    """All parameters in their shapes, each a single stored number: small files."""
    shapes = parameter_shapes(joints, coarsest)
    return {name: torch.tensor(0.5).expand(shape) for name, shape in shapes.items()}


def refused(folder: Path, content: Any, body: Path = FREE_BODY) -> RecoveryError:
    path = folder / "final.pth.tar"
    torch.save(content, path)
    with pytest.raises(RecoveryError) as caught:
        import_networks([path], body)
    assert "final.pth.tar" in caught.value.message
    assert caught.value.hint
    return caught.value


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HMR_WEIGHTS", str(tmp_path / "models"))
    return tmp_path


def test_the_shapes_are_the_published_ones():
    for name, joints in (("p2m_smpl_coco", 19), ("p2m_smpl_h36m", 17)):
        path = samples.GOLDENS / f"{name}_keys.json"
        if not path.is_file():
            pytest.skip(f"{path}, the published checkpoints' parameters, is not here")
        unused = ("num_batches_tracked", "pose_lifter.batch_norm1")
        known = {
            key: tuple(shape)
            for key, shape in json.loads(path.read_text())["keys"].items()
            if not key.endswith(unused[0]) and not key.startswith(unused[1])
        }
        assert parameter_shapes(joints, 96) == known


def test_other_checkpoints_are_refused(folder: Path):
    assert "holds weights" in refused(folder, {"weights": {}}).message
    assert "holds list" in refused(folder, [1, 2]).message
    lifter = {"model_state_dict": {"w1.weight": torch.zeros(4096, 38)}}
    assert "w1.weight" in refused(folder, lifter).message
    assert "24 joints" in refused(folder, {"model_state_dict": small_state(24, 96)}).message
    assert "hand" in refused(folder, {"model_state_dict": small_state(21, 96)}).message
    state = small_state(19, 96)
    state["pose2mesh.cl.4.weight"] = torch.tensor(0.5).expand(256, 128)
    assert (
        "pose2mesh.cl.4.weight should be (256, 384)" in refused(folder, {"model_state_dict": state}).message
    )
    del state["pose2mesh.cl.4.weight"]
    assert "is missing" in refused(folder, {"model_state_dict": state}).message
    state = small_state(19, 96) | {"pose2mesh.cl.0.bias": torch.full((32,), float("nan"))}
    assert "no numbers" in refused(folder, {"model_state_dict": state}).message
    assert not (folder / "models").exists(), "nothing half done"


def test_a_mesh_that_the_checkpoint_was_not_trained_on_is_refused(folder: Path):
    error = refused(folder, {"model_state_dict": small_state(19, 77)})
    assert error.code == "body_file"
    assert "free_body.npz" in error.message


def test_files_of_the_time_of_the_paper_can_be_read(folder: Path):
    """Torch 1.3 wrote them otherwise; the state and the numbers beside it are found all the same."""
    path = folder / "final.pth.tar"
    content = {"model_state_dict": small_state(19, 96), **samples.training_log()}
    torch.save(content, path, _use_new_zipfile_serialization=False)
    checkpoint = read_checkpoint(path)
    assert isinstance(checkpoint, Pose2MeshCheckpoint)
    assert checkpoint.joint_set.name == "coco"
    assert (checkpoint.parameters["pose_lifter.w2.bias"] == 0.5).all()


def test_files_that_could_run_a_program_are_not_opened(folder: Path):
    class Harm:
        def __reduce__(self):
            return (os.system, (f"touch {folder / 'harmed'}",))

    assert "safely" in refused(folder, {"model_state_dict": Harm()}).message
    assert not (folder / "harmed").exists()


def test_files_that_are_no_checkpoints_are_refused(folder: Path):
    path = folder / "final.pth.tar"
    for contents in (b"", b"<html>quota exceeded</html>", os.urandom(2000)):
        path.write_bytes(contents)
        with pytest.raises(RecoveryError, match=r"final\.pth\.tar"):
            import_networks([path], FREE_BODY)
    with pytest.raises(RecoveryError, match=r"missing\.tar"):
        import_networks([folder / "missing.tar"], FREE_BODY)
    with pytest.raises(RecoveryError, match=r"SMPL\.pkl"):
        import_networks([path], folder / "SMPL.pkl")


def test_without_torch_the_import_says_what_is_missing(folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(
        __import__("sys").modules,
        "human_mesh_recovery.inference_server.weights.convert.recognise",
        None,
    )
    with pytest.raises(RecoveryError) as caught:
        import_networks([folder / "final.pth.tar"], FREE_BODY)
    assert caught.value.code == "conversion"
    assert "`convert`" in caught.value.hint
