"""HMR's checkpoints through the project's own import, against what the authors' code gives."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from onnxruntime import InferenceSession

from human_mesh_recovery.inference_server import cli
from human_mesh_recovery.inference_server.body.rotation import axis_angle_to_matrix
from human_mesh_recovery.inference_server.hmr_layout import ORIGINAL, SMPL, SPIN
from human_mesh_recovery.inference_server.methods.hmr import network
from human_mesh_recovery.inference_server.methods.hmr.crops import as_input
from human_mesh_recovery.inference_server.pipeline import Settings, recover
from human_mesh_recovery.inference_server.solve import SolveSettings
from human_mesh_recovery.inference_server.weights import imported
from human_mesh_recovery.tests import hmr_samples as samples
from human_mesh_recovery.tests.pose2mesh_samples import golden
from human_mesh_recovery.tests.smpl_files import arrays
from human_mesh_recovery.tests.usual_networks import usual_networks

torch = pytest.importorskip("torch")

from human_mesh_recovery.inference_server.networks.hmr.original import OriginalHmr
from human_mesh_recovery.inference_server.networks.hmr.spin import SpinHmr
from human_mesh_recovery.inference_server.weights.convert.hmr_checkpoint import HmrCheckpoint
from human_mesh_recovery.inference_server.weights.convert.hmr_to_onnx import convert_original, convert_spin
from human_mesh_recovery.inference_server.weights.convert.recognise import read_checkpoint

GOLDENS = {ORIGINAL: "hmr_tf", SPIN: "spin_hmr"}


@dataclass
class Brought:
    form: str
    file: Path
    facts: imported.ImportFacts
    known: dict[str, np.ndarray]
    checkpoint: HmrCheckpoint
    usual_weights: str | None
    """Where the default method's networks are, if the environment says it."""


@pytest.fixture(scope="module", params=GOLDENS)
def brought(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Brought]:
    """A network, imported into a folder of its own, which is large and goes again."""
    form, known = request.param, golden(GOLDENS[request.param])
    folder = tmp_path_factory.mktemp(form)
    usual_weights = os.environ.get("HMR_WEIGHTS")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HMR_WEIGHTS", str(folder / "models"))
        if form == ORIGINAL:
            samples.write_tensorflow(samples.tensorflow_variables(), folder / "authors")
            file = samples.write_archive(folder / "authors", folder / "models.tar.gz")
        else:
            file = folder / "model_checkpoint.pt"
            torch.save({"model": samples.spin_state()}, file)
        assert cli.main(["weights", "import", str(file)]) == 0
        checkpoint = read_checkpoint(file)
        assert isinstance(checkpoint, HmrCheckpoint)
        yield Brought(form, file, imported.read_facts("hmr", ""), known, checkpoint, usual_weights)
    network._session.cache_clear()
    shutil.rmtree(folder)


def loaded(brought: Brought, iterations: int = 3) -> network.Network:
    if iterations == 3:
        return network.load("cpu")
    write = convert_original if brought.form == ORIGINAL else convert_spin
    contents = write(brought.checkpoint.parameters, "", iterations)
    session = InferenceSession(contents, providers=["CPUExecutionProvider"])
    return network.Network(session, brought.form, SMPL)


@pytest.mark.parametrize("iterations", [1, 2, 3])
@pytest.mark.parametrize("brought", [SPIN], indirect=True)
def test_spins_iterations_give_what_the_original_gives(brought: Brought, iterations: int):
    known = brought.known
    given = network.predict(loaded(brought, iterations), known["img_u8"])
    pose, camera = {
        1: ("rotmat_iter1", "cam_iter1"),
        2: ("rotmat_iter2", "cam_iter2"),
        3: ("pred_rotmat", "pred_cam"),
    }[iterations]
    assert np.abs(given.rotations - known[pose]).max() < 1e-4
    assert np.abs(given.camera - known[camera]).max() < 1e-4
    if iterations == 3:
        assert np.abs(given.betas - known["pred_shape"]).max() < 1e-4


@pytest.mark.parametrize("iterations", [1, 2, 3])
@pytest.mark.parametrize("brought", [ORIGINAL], indirect=True)
def test_the_authors_iterations_give_what_the_original_gives(brought: Brought, iterations: int):
    known = brought.known[{1: "theta_it1", 2: "theta_it2", 3: "theta"}[iterations]]
    used = loaded(brought, iterations)
    given = network.predict(used, brought.known["img_u8"])
    image = {"image": as_input(ORIGINAL, brought.known["img_u8"])}
    pose = np.asarray(used.session.run(["axis_angle"], image)[0])
    theta = np.concatenate([given.camera, pose.reshape(2, 72), given.betas], axis=1)
    assert np.abs(theta - known).max() < 1e-4
    assert np.abs(given.rotations - axis_angle_to_matrix(pose)).max() < 1e-6


def test_the_torch_network_gives_the_same(brought: Brought):
    with torch.device("meta"):  # the weights are there already
        model = OriginalHmr() if brought.form == ORIGINAL else SpinHmr()
    state = {name: torch.from_numpy(value.copy()) for name, value in brought.checkpoint.parameters.items()}
    model.load_state_dict(state, strict=False, assign=True)
    image = torch.from_numpy(as_input(brought.form, brought.known["img_u8"]))
    with torch.no_grad():
        features = model.eval().encode(image)
        *_, last = model(image)
    wanted = brought.known["feat" if brought.form == ORIGINAL else "xf"]
    assert np.abs(features.numpy() - wanted).max() < 1e-4
    given = network.predict(network.load("cpu"), brought.known["img_u8"])
    for made, original in zip(
        (given.rotations, given.betas, given.camera), (last.rotations, last.betas, last.camera), strict=True
    ):
        assert np.abs(made - original.numpy()).max() < 1e-4


def test_what_it_was_made_from_is_known(brought: Brought, capsys: pytest.CaptureFixture[str]):
    facts = brought.facts
    assert (facts.kind, facts.betas_of, facts.body) == (brought.form, SMPL, "")
    assert facts.checkpoint == str(brought.file)
    assert facts.checkpoint_sha256 == imported.checksum(brought.file)
    assert cli.main(["weights", "list"]) == 0
    told = capsys.readouterr().out
    assert f"hmr: imported, {brought.form}, from {brought.file}" in told
    network.check()


def test_many_crops_are_looked_at_a_few_at_a_time(brought: Brought):
    steps: list[None] = []
    used, crops = loaded(brought), brought.known["img_u8"]
    given = network.predict(used, crops[[0, 1] * 5], lambda: steps.append(None))
    assert len(steps) == 2
    alone = network.predict(used, crops)
    assert np.abs(given.rotations - np.tile(alone.rotations, (5, 1, 1, 1))).max() < 1e-4


@pytest.mark.parametrize("brought", [SPIN], indirect=True)
def test_a_video_is_recovered_with_it(
    brought: Brought, request: pytest.FixtureRequest, examples: Path, tmp_path: Path
):
    """The weights are made up, and so is the pose; that everything else works is not."""
    networks = usual_networks(request, brought.usual_weights)
    settings = Settings(SolveSettings("hmr", device="cpu"), start=60, end=65)
    stages = []
    recovery = recover(
        examples / "walk.mp4", settings, lambda progress: stages.append(progress.stage), networks=networks
    )
    assert list(dict.fromkeys(stages)) == ["find", "look", "fit"]
    (motion,) = recovery.motions
    assert motion.frames.tolist() == list(range(60, 66))
    assert motion.body == "free"
    assert np.isfinite(motion.poses).all() and np.isfinite(motion.trans).all()
    np.savez(tmp_path / "body.npz", **arrays())
    own = replace(settings, solve=replace(settings.solve, body=str(tmp_path / "body.npz")))
    (on_the_users_body,) = recover(examples / "walk.mp4", own, networks=networks).motions
    assert on_the_users_body.body == str(tmp_path / "body.npz")
    assert np.isfinite(on_the_users_body.poses).all()
