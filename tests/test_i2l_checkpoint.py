"""What is read of I2L-MeshNet's snapshots, and what is said of files that are none."""

import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from human_mesh_recovery.inference_server import cli
from human_mesh_recovery.inference_server.body.files import FREE_BODY
from human_mesh_recovery.inference_server.errors import RecoveryError
from human_mesh_recovery.inference_server.importing.networks import import_networks
from human_mesh_recovery.inference_server.lixel_layout.kinds import (
    BODY,
    HAND,
    KINDS,
    LixelKind,
    whole_joint_regressor,
)
from human_mesh_recovery.inference_server.methods.i2l_meshnet import network
from human_mesh_recovery.inference_server.weights import imported
from human_mesh_recovery.inference_server.weights.convert.i2l_meshnet_shapes import (
    Shapes,
    lixel_shapes,
    parameter_shapes,
)
from human_mesh_recovery.tests import i2l_samples as samples
from human_mesh_recovery.tests.smpl_files import arrays

torch = pytest.importorskip("torch")

from human_mesh_recovery.inference_server.weights.convert.i2l_meshnet_checkpoint import I2LMeshNetCheckpoint
from human_mesh_recovery.inference_server.weights.convert.recognise import read_checkpoint

STAGE_NORMS = [f"param_regressor.fc.{number}.running" for number in (1, 4)]


def used_shapes(kind: LixelKind, vertex_count: int) -> Shapes:
    return lixel_shapes(kind, vertex_count) | parameter_shapes(kind)


def small_state(kind: LixelKind = BODY, vertex_count: int | None = None) -> dict[str, Any]:
    """All parameters that are used in their shapes, each a single stored number: small files."""
    shapes = used_shapes(kind, vertex_count or kind.vertex_count)
    return {name: torch.tensor(0.01).expand(shape) for name, shape in shapes.items()}


def small_body() -> dict[str, Any]:
    """An embedded SMPL of the right shapes, likewise."""
    shapes = {
        "v_template": (1, 6890, 3),
        "shapedirs": (6890, 3, 10),
        "posedirs": (6890, 3, 207),
        "J_regressor": (24, 6890),
        "weights": (6890, 24),
    }
    body = {f"{samples.PREFIX}{name}": torch.tensor(0.25).expand(shape) for name, shape in shapes.items()}
    return body | {f"{samples.PREFIX}faces": torch.tensor(7).expand(13776, 3)}


def untrained() -> dict[str, Any]:
    """The parameter stage's batch norms as torch makes them."""
    start = {"mean": torch.tensor(0.0), "var": torch.tensor(1.0)}
    return {
        f"{norm}_{key}": value.expand(width)
        for norm, width in zip(STAGE_NORMS, (1024, 512), strict=True)
        for key, value in start.items()
    }


def read(path: Path) -> I2LMeshNetCheckpoint:
    checkpoint = read_checkpoint(path)
    assert isinstance(checkpoint, I2LMeshNetCheckpoint)
    return checkpoint


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HMR_WEIGHTS", str(tmp_path / "models"))
    return tmp_path


def refused(folder: Path, content: Any, body: Path | None = None) -> RecoveryError:
    path = folder / "snapshot_8.pth.tar"
    torch.save(content, path)
    with pytest.raises(RecoveryError) as caught:
        import_networks([path], body)
    assert "snapshot_8.pth.tar" in caught.value.message
    assert caught.value.hint
    assert not (folder / "models").exists(), "nothing half done"
    return caught.value


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_the_shapes_are_the_published_ones(kind: LixelKind):
    unused = (samples.PREFIX, "mesh_backbone.conv1", "mesh_backbone.bn1")
    known = {
        name: shape
        for name, shape in samples.published_shapes(kind).items()
        if not name.startswith(unused) and not name.endswith("num_batches_tracked")
    }
    assert used_shapes(kind, kind.vertex_count) == known


def test_a_snapshot_tells_whether_its_parameter_stage_was_trained(folder: Path):
    path = folder / "snapshot_12.pth.tar"
    trained = read(samples.write_snapshot(small_state() | small_body(), path))
    assert trained.with_parameters
    assert trained.kind is BODY and trained.vertex_count == 6890
    assert trained.joint_regressor is not None and trained.joint_regressor.shape == (29, 6890)
    fresh = read(samples.write_snapshot(small_state() | untrained(), path))
    assert not fresh.with_parameters
    lixels = {name: value for name, value in small_state().items() if not name.startswith("param_regressor")}
    missing = read(samples.write_snapshot(lixels, path))
    assert not missing.with_parameters
    assert missing.body is None and missing.joint_regressor is None
    assert set(missing.parameters) == set(fresh.parameters) == set(lixels)


def test_a_network_of_another_mesh_brings_its_own_joints(folder: Path):
    state = small_state(BODY, 100) | {"joint_regressor": torch.full((29, 100), 0.01)}
    checkpoint = read(samples.write_snapshot(state, folder / "snapshot_1.pth.tar"))
    assert checkpoint.vertex_count == 100
    assert checkpoint.joint_regressor is not None
    assert (checkpoint.joint_regressor == np.float32(0.01)).all()


def test_without_a_trained_parameter_stage_the_lixels_are_imported(folder: Path):
    """With a body file of the user's own, whose mesh may be any."""
    snapshot = samples.write_snapshot(small_state(BODY, 60) | untrained(), folder / "snapshot_12.pth.tar")
    body = folder / "body.npz"
    np.savez(body, **arrays())
    assert cli.main(["weights", "import", str(snapshot), "--smpl", str(body)]) == 0
    facts = imported.read_facts("i2l_meshnet", "")
    assert facts.body == str(body) and facts.body_sha256 == imported.checksum(body)
    assert not facts.with_parameters
    predicted = network.predict(network.load(BODY, "cpu"), np.zeros((1, 256, 256, 3), np.uint8))
    network._session.cache_clear()
    assert predicted.vertices.positions.shape == (1, 60, 3)
    assert predicted.rotations is None and predicted.betas is None


def test_files_of_the_time_of_the_paper_can_be_read(folder: Path):
    """Torch 1.3 wrote them otherwise, and the names begin with "module." only where it ran on several devices."""
    path = folder / "snapshot_8.pth.tar"
    samples.write_snapshot(small_state(HAND), path, _use_new_zipfile_serialization=False)
    assert read(path).kind is HAND
    torch.save({"network": small_state(HAND)}, path)
    assert read(path).kind is HAND


def test_other_checkpoints_are_refused(folder: Path):
    assert "holds weights" in refused(folder, {"weights": {}}).message
    assert "holds list" in refused(folder, [1, 2]).message
    assert "w1.weight" in refused(folder, {"network": {"module.w1.weight": torch.zeros(4, 38)}}).message
    state = small_state()
    other = {"pose_net.conv_x.0.weight": torch.zeros(17, 256, 1)}
    assert "17 joints" in refused(folder, {"network": state | other}).message
    other = {"mesh_net.conv_y.0.weight": torch.zeros(778, 256, 1)}
    message = refused(folder, {"network": state | other}).message
    assert "mesh_net.conv_y.0.weight should be (6890, 256, 1), and is (778, 256, 1)" in message
    other = {"pose_backbone.layer3.5.bn2.running_var": torch.full((256,), float("nan"))}
    assert "no numbers" in refused(folder, {"network": state | other}).message
    del state["mesh_backbone.layer4.2.conv3.weight"]
    assert "layer4.2.conv3.weight" in refused(folder, {"network": state}).message
    half = {name: value for name, value in small_state().items() if name != "param_regressor.fc.3.weight"}
    assert "param_regressor.fc.3.weight" in refused(folder, {"network": half}).message


def test_the_body_must_be_the_network_s(folder: Path):
    error = refused(folder, {"network": small_state()})
    assert error.code == "body_file" and "embeds no SMPL" in error.message and "--smpl" in error.hint
    error = refused(folder, {"network": small_state()}, FREE_BODY)
    assert error.code == "body_file" and "free_body.npz" in error.message
    wrong = small_body() | {f"{samples.PREFIX}faces": torch.tensor(6890).expand(13776, 3)}
    error = refused(folder, {"network": small_state() | wrong})
    assert error.code == "body_file" and "names vertices" in error.message
    error = refused(folder, {"network": small_state(HAND)}, FREE_BODY)
    assert "hand" in error.message


def test_files_that_could_run_a_program_are_not_opened(folder: Path):
    class Harm:
        def __reduce__(self):
            return (os.system, (f"touch {folder / 'harmed'}",))

    assert "safely" in refused(folder, {"network": Harm()}).message
    assert not (folder / "harmed").exists()


def test_files_that_are_no_checkpoints_are_refused(folder: Path):
    path = folder / "snapshot_8.pth.tar"
    samples.write_snapshot({"pose_net.conv_x.0.weight": torch.zeros(29, 256, 1)}, path)
    whole = path.read_bytes()
    for contents in (b"", b"<html>quota exceeded</html>", os.urandom(2000), whole[: len(whole) // 2]):
        path.write_bytes(contents)
        with pytest.raises(RecoveryError, match=r"snapshot_8\.pth\.tar"):
            import_networks([path])
    with pytest.raises(RecoveryError, match=r"missing\.tar"):
        import_networks([folder / "missing.tar"])
    assert not (folder / "models").exists()


def test_without_torch_the_import_says_what_is_missing(folder: Path, monkeypatch: pytest.MonkeyPatch):
    module = "human_mesh_recovery.inference_server.weights.convert.recognise"
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(RecoveryError) as caught:
        import_networks([folder / "snapshot_8.pth.tar"])
    assert caught.value.code == "conversion"
    assert "`convert`" in caught.value.hint


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_the_network_s_joints_follow_from_its_vertices(kind: LixelKind):
    own = np.random.default_rng(1).random((kind.turned_count, kind.vertex_count))
    whole = whole_joint_regressor(kind, own)
    assert whole.shape == (kind.joint_count, kind.vertex_count)
    assert sorted(kind.order) == list(range(kind.joint_count)), "every joint once"
    assert np.allclose(whole[0], own[0]), "the root comes first"
    on_skin = [row for row in whole if np.count_nonzero(row) == 1]
    assert [int(row.argmax()) for row in on_skin] == list(kind.skin_joints)
