"""Training I2L-MeshNet: small trainings that end in networks that run.

The layers are made narrow and few, in the torch network and in its conversion alike, so that a step takes no time.
"""

import csv
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from human_mesh_recovery.inference_server import cli
from human_mesh_recovery.inference_server.body.files import FREE_BODY, load_body
from human_mesh_recovery.inference_server.errors import RecoveryError
from human_mesh_recovery.inference_server.lixel_layout import layers
from human_mesh_recovery.inference_server.lixel_layout.kinds import BODY, HAND
from human_mesh_recovery.inference_server.methods.i2l_meshnet import network
from human_mesh_recovery.inference_server.methods.i2l_meshnet.crops import as_input
from human_mesh_recovery.tests import picture_samples as samples
from human_mesh_recovery.tests.pose2mesh_samples import small_body

torch = pytest.importorskip("torch")

from human_mesh_recovery.inference_server.networks.i2l_meshnet import lixel_net, trunk
from human_mesh_recovery.inference_server.training.curve import Row, check_row, read_curve
from human_mesh_recovery.inference_server.training.i2l_meshnet import snapshots, training
from human_mesh_recovery.inference_server.training.i2l_meshnet.batches import people_batches
from human_mesh_recovery.inference_server.training.i2l_meshnet.form import form_of_body, form_of_hand
from human_mesh_recovery.inference_server.training.i2l_meshnet.start import new_network
from human_mesh_recovery.inference_server.training.i2l_meshnet.targets import make_targets
from human_mesh_recovery.inference_server.training.i2l_meshnet.training import Plan, train
from human_mesh_recovery.inference_server.training.pictures.augment import UNCHANGED
from human_mesh_recovery.inference_server.training.pictures.person import People
from human_mesh_recovery.inference_server.training.pictures.sources import read_people
from human_mesh_recovery.inference_server.weights.convert import i2l_meshnet_shapes, i2l_meshnet_to_onnx

NARROW = {
    "STAGES": ((2, 1, 1), (3, 1, 2), (4, 1, 2), (5, 1, 2)),
    "FEATURES": 5 * layers.EXPANSION,
    "WIDTH": 8,
    "UPSAMPLINGS": {0: 5 * layers.EXPANSION, 3: 8, 6: 8},
}


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (trunk, lixel_net, i2l_meshnet_shapes, i2l_meshnet_to_onnx):
        for name, value in NARROW.items():
            if hasattr(module, name):
                monkeypatch.setattr(module, name, value)


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("figures")
    samples.write_rendered(folder, 4)
    return folder


@pytest.fixture(scope="module")
def free(figures: Path) -> People:
    return read_people(figures, load_body("free"))


def test_the_rate_falls_as_in_the_paper():
    plan = Plan(13, 5, 1)
    rates = [plan.rate(epoch, BODY) for epoch in range(plan.epochs)]
    assert rates == pytest.approx([1e-4] * 10 + [1e-5] * 2 + [1e-6] + [1e-4] * 2 + [1e-5] * 2 + [1e-6])
    hand = Plan(25, 0, 1)
    assert [hand.rate(epoch, HAND) for epoch in (16, 17, 20, 21)] == pytest.approx([1e-4, 1e-5, 1e-5, 1e-6])


@pytest.mark.usefixtures("narrow")
def test_a_few_steps_make_it_better_and_a_stopped_training_goes_on(
    free: People, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(training, "RATE", 1e-2)
    form = form_of_body(load_body("free"))
    batches = people_batches([free], form, 3, seed=0)

    def fresh():
        torch.manual_seed(0)
        return new_network(form)

    plan, rows = Plan(2, 1, 8), list[Row]()
    whole = fresh()
    last = train(whole, form, batches, plan, tmp_path / "whole", on_step=rows.append)
    totals = [row.total for row in rows]
    assert sum(totals[12:16]) < 0.9 * sum(totals[:4])
    assert sum(totals[-3:]) < 0.9 * sum(totals[16:19])
    assert [row.stage for row in rows] == [training.LIXELS] * 16 + [training.PARAMETERS] * 8
    assert sorted(path.name for path in (tmp_path / "whole").glob("*.tar")) == [
        "snapshot_1.pth.tar",
        last.name,
    ]
    lixels, posed = (torch.load(tmp_path / "whole" / name, weights_only=True)["network"] for name in
                     ("snapshot_1.pth.tar", last.name))  # fmt: skip
    changed = {name for name in posed if not torch.equal(lixels[name], posed[name])}
    assert changed and all(name.startswith("module.param_regressor.") for name in changed)
    assert not lixels["module.param_regressor.fc.1.running_mean"].any(), (
        "as it was made, and known to be untrained"
    )
    # stopped after the first epoch, and again after the second
    stopped = tmp_path / "stopped"
    for epochs in (Plan(1, 0, 8), Plan(2, 0, 8), plan):
        train(fresh(), form, batches, epochs, stopped)
    state = torch.load(stopped / last.name, weights_only=True)
    assert state["epoch"] == 2 and len(state["optimizer"]["state"]) > 0
    for name, value in whole.state_dict().items():
        assert torch.equal(value, state["network"][f"module.{name}"]), name
    kept = read_curve(stopped / training.CURVE, 99, training.COLUMNS)
    assert [row.epoch for row in kept] == [0, 1, 2]
    with (
        (tmp_path / "whole" / training.CURVE).open(newline="") as one,
        (stopped / training.CURVE).open() as other,
    ):
        assert list(csv.reader(one)) == list(csv.reader(other))
    # fewer epochs of lixels than were done: what is left of the second stage begins anew
    shutil.rmtree(tmp_path / "whole")
    train(fresh(), form, batches, Plan(2, 0, 1), tmp_path / "whole")
    assert train(fresh(), form, batches, Plan(1, 2, 1), tmp_path / "whole").name == "snapshot_2.pth.tar"
    # another network's folder is not gone on with
    small = small_body()
    with pytest.raises(RecoveryError, match=r"snapshot_2.*no snapshot of this training"):
        snapshots.resume(new_network(form_of_body(small)), stopped)
    (stopped / "snapshot_7.pth.tar").write_bytes(b"cut short")
    with pytest.raises(RecoveryError, match="snapshot_7"):
        snapshots.resume(fresh(), stopped)


@pytest.mark.usefixtures("narrow")
def test_what_the_command_trains_is_imported_and_runs(
    figures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("HMR_WEIGHTS", str(tmp_path / "models"))
    call = ["train", "i2l-meshnet", str(figures), "--work", str(tmp_path / "work"), "--device", "cpu"]
    call += ["--epochs", "1", "--parameter-epochs", "1", "--steps", "2", "--batch", "2"]
    assert cli.main(call) == 0
    snapshot = tmp_path / "work" / "snapshot_1.pth.tar"
    told = capsys.readouterr().out
    assert "4 people" in told and f"weights import {snapshot} --smpl {FREE_BODY}" in told
    assert cli.main(["weights", "import", str(snapshot), "--smpl", str(FREE_BODY)]) == 0
    made = network.load(BODY, "cpu")
    network._session.cache_clear()
    assert made.with_parameters and made.body is load_body("free")
    crops = np.random.default_rng(0).integers(0, 255, (2, 256, 256, 3)).astype(np.uint8)
    predicted = network.predict(made, crops)
    model = new_network(form_of_body(load_body("free")))
    snapshots.resume(model, tmp_path / "work")
    with torch.no_grad():
        original = model.eval()(torch.from_numpy(as_input(crops)))
    assert predicted.vertices.positions.shape == (2, len(load_body("free").template), 3)
    assert np.abs(predicted.joints.positions - original.joints.positions.numpy()).max() < 1e-3
    assert np.abs(predicted.vertices.positions - original.vertices.positions.numpy()).max() < 1e-3
    assert predicted.rotations is not None and predicted.betas is not None
    assert original.rotations is not None and original.betas is not None
    assert np.abs(predicted.rotations - original.rotations.numpy()).max() < 1e-4
    assert np.abs(predicted.betas - original.betas.numpy()).max() < 1e-4


@pytest.mark.usefixtures("narrow")
def test_a_hand_is_learnt_from_its_vertices(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    _, vertices = samples.write_freihand(tmp_path / "freihand")
    mano = samples.write_mano(tmp_path / "MANO_RIGHT.pkl")
    form = form_of_hand(mano)
    person = read_people(tmp_path / "freihand", load_body("free")).people[0]
    targets = make_targets(person, form, UNCHANGED)
    root = (form.joint_regressor[0] @ vertices[0])[2]
    inside = targets.vertices_known[:, 0] > 0
    assert inside.any()
    depth = (vertices[0, :, 2] - root) / HAND.depth * 64 + 32
    assert np.abs(targets.vertices[inside, 2] - depth[inside]).max() < 1e-3
    assert targets.rotations.shape == (16, 3, 3) and not targets.pose_known
    call = ["train", "i2l-meshnet", str(tmp_path / "freihand"), "--work", str(tmp_path / "work")]
    call += ["--device", "cpu", "--epochs", "1", "--steps", "1", "--batch", "2"]
    assert cli.main(call) == 1
    assert "--hand" in capsys.readouterr().err
    assert cli.main([*call, "--hand", str(mano)]) == 0
    assert (tmp_path / "work" / "snapshot_0.pth.tar").is_file()


@pytest.mark.usefixtures("narrow")
def test_a_trunk_may_be_brought(tmp_path: Path):
    form = form_of_body(small_body())
    model = new_network(form)
    state = {name: value + 1 for name, value in model.pose_backbone.state_dict().items()}
    torch.save(
        state | {"fc.weight": torch.zeros(1000, 20), "fc.bias": torch.zeros(1000)}, tmp_path / "trunk.pth"
    )
    brought = new_network(form, tmp_path / "trunk.pth")
    for part in (brought.pose_backbone, brought.mesh_backbone):
        assert torch.equal(part.conv1.weight, model.pose_backbone.conv1.weight + 1)
    torch.save({"conv1.weight": state["conv1.weight"]}, tmp_path / "part.pth")
    for name in ("part.pth", "gone.pth"):
        with pytest.raises(RecoveryError, match=f"{name} is no trunk"):
            new_network(form, tmp_path / name)


def test_a_loss_that_is_no_number_ends_the_training():
    with pytest.raises(RecoveryError, match="epoch 3, step 7"):
        check_row(Row(training.LIXELS, 3, 7, 1e-4, {"joints": float("nan")}))
