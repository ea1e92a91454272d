"""Training HMR: small trainings that go on where they were stopped. The layers are made narrow and few."""

import csv
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from human_mesh_recovery.inference_server import cli
from human_mesh_recovery.inference_server.body.files import load_body
from human_mesh_recovery.inference_server.errors import RecoveryError
from human_mesh_recovery.inference_server.hmr_layout import CROP
from human_mesh_recovery.inference_server.training.pictures.person import People
from human_mesh_recovery.inference_server.training.pictures.sources import read_people
from human_mesh_recovery.tests import picture_samples as samples

torch = pytest.importorskip("torch")

from human_mesh_recovery.inference_server.networks.hmr import spin
from human_mesh_recovery.inference_server.training.batches import Batches
from human_mesh_recovery.inference_server.training.curve import Row, read_curve
from human_mesh_recovery.inference_server.training.device import choose_device
from human_mesh_recovery.inference_server.training.hmr import snapshots, training
from human_mesh_recovery.inference_server.training.hmr.batches import Batch, people_batches
from human_mesh_recovery.inference_server.training.hmr.form import body_on, form_of
from human_mesh_recovery.inference_server.training.hmr.losses import Weights
from human_mesh_recovery.inference_server.training.hmr.pose_pool import PosePool, read_pool
from human_mesh_recovery.inference_server.training.hmr.start import new_network
from human_mesh_recovery.inference_server.training.hmr.training import COLUMNS, Plan, train
from human_mesh_recovery.inference_server.training.hmr.validation import validate

FORM = form_of(load_body("free"))


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(autouse=True)
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spin, "STAGES", ((2, 1, 1), (3, 1, 2), (4, 1, 2), (5, 1, 2)))
    monkeypatch.setattr(spin, "FEATURES", 20)
    monkeypatch.setattr(spin, "HIDDEN", 16)
    monkeypatch.setattr(training, "WARM_UP", 2)


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("figures")
    samples.write_rendered(folder, 6)
    return folder


@pytest.fixture(scope="module")
def motion(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("motion") / "motion.npz"
    poses = np.random.default_rng(1).normal(0, 0.2, (9, 24, 3))
    np.savez(path, poses=poses, clip=np.arange(9))
    return path


@pytest.fixture(scope="module")
def free(figures: Path) -> People:
    return read_people(figures, load_body("free"))


def batches_of(free: People, pool: PosePool | None) -> Callable[[int], Batches[Batch]]:
    return partial(people_batches, [free], FORM, pool, 3, 0)


def fresh(pool: PosePool | None) -> spin.SpinHmr:
    torch.manual_seed(0)
    return new_network(pool)


def test_the_plan_of_a_new_trunk_and_of_one_that_is_brought():
    plan = Plan(epochs=24, steps=10, small_epochs=20)
    assert [plan.size(epoch) for epoch in range(24)] == [64] * 15 + [112] * 4 + [160] + [224] * 4
    assert (
        plan.rate(0) == pytest.approx(training.NEW_RATE / training.WARM_UP)
        and plan.rate(90) == training.NEW_RATE
    )
    assert plan.rate(168) == pytest.approx(training.NEW_RATE / 2), "it falls in the end"
    assert 0 < plan.rate(239) < training.NEW_RATE / 50
    assert plan.weights == training.NEW_WEIGHTS
    brought = Plan(epochs=24, steps=10, small_epochs=20, new=False)
    assert brought.rate(0) == brought.rate(239) == 1e-5 and brought.weights == Weights(60, 60, 60, 1, 1)


def test_a_new_network_says_the_mean_pose(motion: Path):
    pool = read_pool(motion)
    model = fresh(pool).eval()
    with torch.no_grad():
        last = model(torch.randn(2, 3, CROP, CROP))[-1]
    assert np.abs(last.rotations[0, 1:].numpy() - pool.mean()[1:]).max() < 1e-5
    facing = torch.diag(torch.tensor([1.0, -1, -1]))
    assert torch.allclose(last.rotations[:, 0], facing.expand(2, 3, 3)), "upright, towards the camera"
    assert not last.betas.any() and last.camera[0].tolist() == pytest.approx([0.9, 0, 0])


def test_it_learns_and_a_stopped_training_goes_on_as_if_it_had_not_been(
    free: People, motion: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(training, "NEW_RATE", 5e-3)
    monkeypatch.setattr(training, "NEW_WEIGHTS", Weights())
    pool = read_pool(motion)
    batches, rows = batches_of(free, pool), list[Row]()
    plan = Plan(epochs=3, steps=6, small_epochs=2)
    whole, seen = tmp_path / "whole", free.people[:3]
    last = train(fresh(pool), FORM, batches, plan, whole, seen, on_step=rows.append)
    steps = [row for row in rows if row.epoch >= 0 and "pa_mpjpe" not in row.measures]
    assert [row.stage for row in steps] == ["64"] * 12 + ["224"] * 6
    assert [row.step for row in steps] == list(range(1, 19))
    parts = [sum(sum(row.losses[name] for name in ("reprojection", "joints", "parameters")) for row in some)
             for some in (steps[:6], steps[12:])]  # fmt: skip
    assert parts[1] < 0.9 * parts[0]
    apart = [row.measures["told_apart"] for row in steps]
    assert apart[-1] < apart[0] and all(value > 0 for value in apart), "the discriminators learn, too"
    assert last == whole / "best.pt" and (whole / "checkpoint_2.pt").is_file()
    assert not (whole / "checkpoint_1.pt").exists(), "the last alone is kept"
    curve = read_curve(whole / training.CURVE, 99, COLUMNS)
    assert [row.stage for row in curve] == ["untrained", "64", "64", "224"]
    assert all(row.measures["pa_mpjpe"] > 0 for row in curve)
    # stopped within the second epoch, and again within the third
    stopped = tmp_path / "stopped"

    def stop(after: int, row: Row) -> None:
        if row.step == after:
            raise KeyboardInterrupt

    for after in (8, 17):
        with pytest.raises(KeyboardInterrupt):
            train(fresh(pool), FORM, batches, plan, stopped, seen, on_step=partial(stop, after))
    train(fresh(pool), FORM, batches, plan, stopped, seen)
    states = [torch.load(folder / "checkpoint_2.pt", weights_only=True) for folder in (whole, stopped)]
    assert _same(*states)
    with (whole / training.CURVE).open(newline="") as one, (stopped / training.CURVE).open() as other:
        assert list(csv.reader(one)) == list(csv.reader(other))


def _same(one: object, other: object) -> bool:
    """Everything in two checkpoints."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, torch.Tensor) and isinstance(other, torch.Tensor):
        return torch.equal(one, other)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return one == other


def test_without_motion_there_is_no_prior(free: People, tmp_path: Path):
    rows = list[Row]()
    plan = Plan(1, 2, 1)
    last = train(
        fresh(None), FORM, batches_of(free, None), plan, tmp_path, with_prior=False, on_step=rows.append
    )
    assert last == tmp_path / "checkpoint_0.pt" and all(row.losses["adversarial"] == 0 for row in rows)
    content = torch.load(last, weights_only=True)
    assert content["body"] == "free" and content["best"] is None and not content["rest"]["discriminators"]
    assert set(content["model"]) == set(fresh(None).state_dict()), "by SPIN's names"


def test_the_figure_of_validation_is_the_distance_from_the_truth(free: People):
    model = fresh(None)
    body = body_on(FORM, torch.device("cpu"))
    error = validate(model, free.people, FORM, body, 64)
    assert 20 < error < 400
    person = free.people[0]
    assert person.fit is not None
    flat = [type(person)(person.picture, person.box, person.names, person.joints_2d)]
    assert np.isnan(validate(model, flat, FORM, body, 64)), "nobody is known in space"
    assert model.training


def test_the_command_trains_and_goes_on(
    figures: Path, motion: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    work = tmp_path / "work"
    call = ["train", "hmr", str(figures), "--work", str(work), "--motion", str(motion), "--device", "cpu"]
    call += ["--validate", str(figures), "--steps", "1", "--batch", "2", "--small-epochs", "1"]
    assert cli.main([*call, "--epochs", "2"]) == 0
    told = capsys.readouterr()
    assert "6 people" in told.out and f"weights import {work / 'best.pt'}" in told.out
    assert "untrained: PA-MPJPE" in told.err + told.out
    assert cli.main([*call, "--epochs", "3"]) == 0
    assert torch.load(work / "checkpoint_2.pt", weights_only=True)["epoch"] == 2
    (work / "checkpoint_7.pt").write_bytes(b"cut short")
    assert cli.main([*call, "--epochs", "9"]) == 1
    assert "checkpoint_7.pt is no checkpoint of this training" in capsys.readouterr().err


def test_hands_are_not_learnt_from(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    samples.write_freihand(tmp_path / "hands")
    assert cli.main(["train", "hmr", str(tmp_path / "hands"), "--work", str(tmp_path / "work")]) == 1
    assert "shows hands" in capsys.readouterr().err


def test_a_trunk_may_be_brought(tmp_path: Path):
    model = fresh(None)
    assert not model.layer4[0].bn3.weight.any(), "what is led around a block passes unchanged"  # pyright: ignore
    state = {
        name: value + 1
        for name, value in model.state_dict().items()
        if name.startswith(("conv1", "bn1", "layer"))
    }
    torch.save(
        state | {"fc.weight": torch.zeros(1000, 20), "fc.bias": torch.zeros(1000)}, tmp_path / "trunk.pth"
    )
    brought = new_network(None, tmp_path / "trunk.pth")
    assert torch.equal(brought.conv1.weight, model.conv1.weight + 1)
    assert torch.equal(brought.layer4[0].bn3.weight, model.layer4[0].bn3.weight + 1)  # pyright: ignore
    torch.save({"conv1.weight": state["conv1.weight"]}, tmp_path / "part.pth")
    with pytest.raises(RecoveryError, match=r"part\.pth is no trunk.*bn1"):
        new_network(None, tmp_path / "part.pth")


def test_another_networks_checkpoint_is_refused(tmp_path: Path):
    snapshots.save(fresh(None), "free", snapshots.Past(0, {}, None), tmp_path)
    content = torch.load(tmp_path / "checkpoint_0.pt", weights_only=True)
    del content["model"]["fc1.weight"]
    torch.save(content, tmp_path / "checkpoint_0.pt")
    with pytest.raises(RecoveryError, match=r"checkpoint_0.*fc1"):
        snapshots.resume(fresh(None), tmp_path)


def test_cuda_is_refused_where_there_is_none(
    figures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    if torch.cuda.is_available():
        pytest.skip("there is a CUDA device")
    call = ["train", "hmr", str(figures), "--work", str(tmp_path), "--device", "cuda"]
    assert cli.main(call) == 1 and "no CUDA device" in capsys.readouterr().err
    assert choose_device("auto") == torch.device("cpu")
