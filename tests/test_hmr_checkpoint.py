"""Which checkpoints of HMR are taken, what is known of them, and what is said of others."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from human_mesh_recovery.inference_server import cli
from human_mesh_recovery.inference_server.body.files import load_body
from human_mesh_recovery.inference_server.errors import RecoveryError
from human_mesh_recovery.inference_server.hmr_layout import FREE, ORIGINAL, SMPL, SPIN
from human_mesh_recovery.inference_server.importing.networks import import_networks
from human_mesh_recovery.inference_server.methods.hmr import network
from human_mesh_recovery.inference_server.weights import imported
from human_mesh_recovery.tests import hmr_samples as samples

torch = pytest.importorskip("torch")

from human_mesh_recovery.inference_server.networks import self_test
from human_mesh_recovery.inference_server.weights.convert.hmr_checkpoint import HmrCheckpoint
from human_mesh_recovery.inference_server.weights.convert.hmr_shapes import original_shapes, spin_shapes
from human_mesh_recovery.inference_server.weights.convert.recognise import read_checkpoint


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HMR_WEIGHTS", str(tmp_path / "models"))
    network._session.cache_clear()
    return tmp_path


def small_state() -> dict[str, Any]:
    """A network that stands before the camera whatever it sees, its layers a stored number each: small files."""
    state: dict[str, Any] = {name: torch.tensor(1e-4).expand(shape) for name, shape in spin_shapes().items()}
    upright = [1.0, 0, 0, -1, 0, 0] + [1.0, 0, 0, 1, 0, 0] * 23
    return state | {"init_pose": torch.tensor([upright]), "init_cam": torch.tensor([[0.9, 0, 0]])}


def mmhuman3d(state: dict[str, Any]) -> dict[str, Any]:
    heads = ("fc", "dec", "init")
    named = {f"{'head' if name.startswith(heads) else 'backbone'}.{name}": v for name, v in state.items()}
    return {"meta": {"epoch": 50, "CLASSES": None}, "state_dict": named, "optimizer": {}}


def refused(folder: Path, content: Any) -> str:
    path = folder / "checkpoint.pth"
    torch.save(content, path)
    with pytest.raises(RecoveryError) as told:
        import_networks([path])
    assert told.value.hint and "checkpoint.pth" in told.value.message
    assert not (folder / "models").exists(), "nothing half done"
    return told.value.message


def test_the_shapes_are_the_published_ones():
    known = samples.facts("spin_hmr_keys.json")["keys"]
    used = {name: tuple(shape) for name, shape in known.items() if not name.endswith("num_batches_tracked")}
    assert spin_shapes() == used
    variables = samples.facts("hmr_tf_vars.json")["vars"]
    assert len(original_shapes()) == len(variables)
    assert sum(map(np.prod, original_shapes().values())) == sum(map(np.prod, variables.values()))


@pytest.mark.parametrize(("body", "betas_of"), [("free", FREE), ("smpl", SMPL), (None, SMPL)])
def test_what_was_trained_here_says_on_which_body(folder: Path, body: str | None, betas_of: str):
    path = folder / "snapshot.pt"
    told = {} if body is None else {"body": body}
    torch.save({"model": small_state(), "epoch": 3, **told}, path)
    checkpoint = read_checkpoint(path)
    assert isinstance(checkpoint, HmrCheckpoint)
    assert (checkpoint.form, checkpoint.betas_of, checkpoint.body) == (SPIN, betas_of, None)


def test_what_was_trained_here_is_imported(folder: Path):
    path = folder / "snapshot.pt"
    torch.save({"model": small_state(), "epoch": 3, "body": "free"}, path)
    (facts,) = import_networks([path])
    assert (facts.kind, facts.betas_of, facts.body) == (SPIN, FREE, "")
    assert network.load("cpu").betas_of == FREE
    given = network.predict(network.load("cpu"), np.zeros((1, 224, 224, 3), np.uint8))
    assert np.abs(given.rotations[0, 0] - np.diag([1.0, -1.0, -1.0])).max() < 0.2


def test_mmhuman3ds_files_are_taken_with_the_smpl_that_they_embed(folder: Path):
    path = folder / "resnet50_hmr_pw3d.pth"
    content = mmhuman3d(small_state())
    torch.save(content, path)
    (facts,) = import_networks([path])
    assert (facts.kind, facts.betas_of, facts.body) == (SPIN, SMPL, "")
    body = samples.smplx_buffers()
    content["state_dict"] |= {f"body_model_test.{name}": torch.from_numpy(v) for name, v in body.items()}
    torch.save(content, path)
    (facts,) = import_networks([path])
    assert facts.body == str(folder / "models" / "hmr_smpl.npz")
    kept = load_body(facts.body)
    assert kept.pose_directions is not None
    vertex, side, feature = 7, 2, 11
    assert kept.pose_directions[vertex, side, feature] == body["posedirs"][feature, 3 * vertex + side]


def test_an_embedded_smpl_that_is_none_is_not_kept(folder: Path):
    content, body = mmhuman3d(small_state()), samples.smplx_buffers()
    body["faces_tensor"][0, 0] = len(body["v_template"])
    content["state_dict"] |= {f"body_model_test.{name}": torch.from_numpy(v) for name, v in body.items()}
    assert "names vertices that it does not have" in refused(folder, content)


def test_one_command_takes_several_files(folder: Path, capsys: pytest.CaptureFixture[str]):
    spin, damaged = folder / "model_checkpoint.pt", folder / "damaged.pt"
    torch.save({"model": small_state()}, spin)
    damaged.write_bytes(spin.read_bytes()[:5000])
    assert cli.main(["weights", "import", str(damaged), str(spin)]) == 1
    told = capsys.readouterr().err
    assert "damaged.pt is no checkpoint" in told and "hmr: ready" in told
    assert "BSD" in told and "--body" in told, "its licence, and what it lacks"
    assert imported.read_facts("hmr", "").checkpoint == str(spin)


def test_other_networks_are_refused_by_name(folder: Path):
    pare = mmhuman3d(small_state())
    pare["state_dict"]["head.keypoint_deconv_layers.0.weight"] = torch.zeros(1)
    assert "is PARE, which is not supported" in refused(folder, pare)
    cliff = mmhuman3d(small_state() | {"fc1.weight": torch.tensor(0.0).expand(1024, 2208)})
    assert "is CLIFF, which is not supported" in refused(folder, cliff)
    hybrik = {"state_dict": {"backbone.conv1.weight": torch.zeros(1), "head.decphi.weight": torch.zeros(46)}}
    assert "is HybrIK, which is not supported" in refused(folder, hybrik)
    assert "no HMR" in refused(folder, {"state_dict": {"encoder.weight": torch.zeros(1)}})
    assert "no HMR" in refused(folder, {"model": {"w1.weight": torch.zeros(1)}})
    assert "holds weights" in refused(folder, {"weights": {}})
    assert "the body 'smplx'" in refused(folder, {"model": small_state(), "body": "smplx"})


def test_wrong_parameters_are_refused(folder: Path):
    state = small_state()
    wrong = state | {"decpose.weight": torch.tensor(0.0).expand(216, 1024)}
    assert "decpose.weight should be (144, 1024), and is (216, 1024)" in refused(folder, {"model": wrong})
    lost = {name: value for name, value in state.items() if name != "layer2.1.bn2.running_var"}
    assert "layer2.1.bn2.running_var should be (128,), and is missing" in refused(folder, {"model": lost})
    broken = state | {"deccam.bias": torch.tensor([1.0, float("inf"), 0.0])}
    assert "no numbers" in refused(folder, {"model": broken})


def test_what_gives_nothing_sensible_is_not_kept(folder: Path, monkeypatch: pytest.MonkeyPatch):
    huge = small_state() | {"deccam.bias": torch.full((3,), 1e9)}
    assert "of no use as its camera" in refused(folder, {"model": huge})
    monkeypatch.setattr(self_test, "DECODED", {"rotation_6d": lambda raw: np.zeros((1, 24, 3, 3))})
    assert "gives what torch does not" in refused(folder, {"model": small_state()})


def test_other_tensorflow_checkpoints_are_refused(folder: Path):
    index = samples.write_tensorflow({"dense/kernel": np.zeros((2, 3), np.float32)}, folder / "other")
    with pytest.raises(RecoveryError, match="not HMR's: its variables are dense/kernel"):
        read_checkpoint(index)
    variables = {name: np.zeros(shape, np.float32) for name, shape in tensorflow_shapes().items()}
    whole = read_checkpoint(samples.write_tensorflow(variables, folder / "whole"))
    assert isinstance(whole, HmrCheckpoint) and whole.form == ORIGINAL
    assert {name: value.shape for name, value in whole.parameters.items()} == original_shapes()
    del variables["resnet_v2_50/block2/unit_3/bottleneck_v2/conv2/BatchNorm/moving_mean"]
    with pytest.raises(
        RecoveryError, match="block2/unit_3/bottleneck_v2/conv2/BatchNorm/moving_mean should be"
    ):
        read_checkpoint(samples.write_tensorflow(variables, folder / "lost"))


def tensorflow_shapes() -> dict[str, list[int]]:
    return samples.facts("hmr_tf_vars.json")["vars"]


def test_files_that_could_run_a_program_are_not_opened(folder: Path):
    class Harm:
        def __reduce__(self):
            return (os.system, (f"touch {folder / 'harmed'}",))

    message = refused(folder, {"model": Harm()})
    assert "safely" in message and "weights_only" not in message
    assert not (folder / "harmed").exists()
