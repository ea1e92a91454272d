"""The authors' I2L-MeshNet through the project's own import, against what the original network gives."""

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from human_mesh_recovery.inference_server import cli
from human_mesh_recovery.inference_server.body.files import USER_LICENCE, load_body
from human_mesh_recovery.inference_server.body.model import pose_body
from human_mesh_recovery.inference_server.body.rotation import matrix_to_axis_angle
from human_mesh_recovery.inference_server.errors import RecoveryError
from human_mesh_recovery.inference_server.hands.i2l import open_hand_fitter
from human_mesh_recovery.inference_server.hands.look_types import HandFitter, HandLook
from human_mesh_recovery.inference_server.importing.i2l_meshnet import NAMES
from human_mesh_recovery.inference_server.lixel_layout.kinds import (
    BODY,
    HAND,
    KINDS,
    LixelKind,
    whole_joint_regressor,
)
from human_mesh_recovery.inference_server.methods.i2l_meshnet import network
from human_mesh_recovery.inference_server.methods.i2l_meshnet.crops import as_input
from human_mesh_recovery.inference_server.people.crop import Picture
from human_mesh_recovery.inference_server.pipeline import Settings, recover
from human_mesh_recovery.inference_server.solve import SolveSettings
from human_mesh_recovery.inference_server.weights import imported
from human_mesh_recovery.tests import i2l_samples as samples
from human_mesh_recovery.tests.hand_samples import write_hand
from human_mesh_recovery.tests.usual_networks import usual_networks

torch = pytest.importorskip("torch")

from human_mesh_recovery.inference_server.networks.i2l_meshnet.model import I2LMeshNet, Output


@dataclass
class Brought:
    kind: LixelKind
    snapshot: Path
    facts: imported.ImportFacts
    crops: np.ndarray
    original: Output
    """What the torch network gives of them."""
    predicted: network.Predicted
    usual_weights: str | None
    """Where the default method's networks are, if the environment says it."""


@pytest.fixture(scope="module")
def bodys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The body's weights: the hand's are the same but for the last layers."""
    return samples.seeded_state(BODY, {})


@pytest.fixture(scope="module", params=KINDS)
def brought(
    request: pytest.FixtureRequest, bodys: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Brought]:
    """A network, imported into a folder of its own, which is large and goes again."""
    kind = KINDS[request.param]
    crops = samples.golden("i2l_body")["img_u8"]
    folder = tmp_path_factory.mktemp(kind.name)
    state = bodys if kind is BODY else samples.seeded_state(kind, bodys)
    usual_weights = os.environ.get("HMR_WEIGHTS")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HMR_WEIGHTS", str(folder / "models"))
        snapshot = samples.write_snapshot(state, folder / "snapshot_8.pth.tar")
        command = ["weights", "import", str(snapshot)]
        if kind is HAND:
            write_hand(folder / "MANO_RIGHT.npz")
            command += ["--smpl", str(folder / "MANO_RIGHT.npz")]
        assert cli.main(command) == 0
        facts = imported.read_facts(NAMES[kind.name], "")
        predicted = network.predict(network.load(kind, "cpu"), crops)
        original = torch_output(kind, state, crops)
        yield Brought(kind, snapshot, facts, crops, original, predicted, usual_weights)
    network._session.cache_clear()
    shutil.rmtree(folder)


only_the_body = pytest.mark.parametrize("brought", [BODY.name], indirect=True)


def torch_output(kind: LixelKind, state: dict[str, Any], crops: np.ndarray) -> Output:
    own = state[f"{samples.PREFIX}J_regressor"].numpy()
    regressor = torch.from_numpy(whole_joint_regressor(kind, own))
    with torch.device("meta"):  # the weights are there already
        model = I2LMeshNet(kind.joint_count, kind.vertex_count, kind.turned_count, regressor)
    parameters = {name: value for name, value in state.items() if not name.startswith(samples.PREFIX)}
    model.load_state_dict(parameters | {"joint_regressor": regressor}, assign=True)
    with torch.no_grad():
        return model.eval()(torch.from_numpy(as_input(crops)))


@only_the_body
def test_the_imported_network_gives_what_the_original_gives(brought: Brought):
    known, predicted = samples.golden("i2l_body"), brought.predicted
    assert np.abs(predicted.joints.positions - known["joint_coord_img"]).max() < 1e-3
    assert np.abs(predicted.vertices.positions - known["mesh_coord_img"]).max() < 1e-3
    assert predicted.rotations is not None and predicted.betas is not None
    poses = matrix_to_axis_angle(predicted.rotations)
    assert np.abs(poses.reshape(2, 72) - known["pose_param"]).max() < 1e-4
    assert np.abs(predicted.betas - known["shape_param"]).max() < 1e-4
    body = load_body(brought.facts.body)
    for pose, betas, mesh in zip(poses, predicted.betas, known["mesh_coord_cam"], strict=True):
        vertices, _ = pose_body(body, pose, betas, np.zeros(3))
        root = body.joint_regressor[0] @ vertices[0]
        assert np.abs(vertices[0] - root - mesh).max() < 1e-4


def test_the_imported_network_gives_what_the_torch_network_gives(brought: Brought):
    original, predicted = brought.original, brought.predicted
    for points, kept in ((original.joints, predicted.joints), (original.vertices, predicted.vertices)):
        assert kept.positions.shape == points.positions.shape
        assert np.abs(kept.positions - points.positions.numpy()).max() < 1e-3
        assert np.abs(kept.spread - points.spread.numpy()).max() < 1e-3
    assert original.rotations is not None and predicted.rotations is not None
    assert original.betas is not None and predicted.betas is not None
    assert predicted.rotations.shape == (2, brought.kind.turned_count, 3, 3)
    assert np.abs(predicted.rotations - original.rotations.numpy()).max() < 1e-4
    assert np.abs(predicted.betas - original.betas.numpy()).max() < 1e-4


def test_what_it_was_made_from_is_known(brought: Brought, capsys: pytest.CaptureFixture[str]):
    facts = brought.facts
    assert (facts.kind, facts.vertex_count) == (brought.kind.name, brought.kind.vertex_count)
    assert facts.with_parameters
    assert Path(facts.body).name == {BODY: "i2l_meshnet_smpl.npz", HAND: "MANO_RIGHT.npz"}[brought.kind]
    assert facts.body_sha256 == imported.checksum(Path(facts.body))
    assert facts.checkpoint == str(brought.snapshot)
    assert facts.checkpoint_sha256 == imported.checksum(brought.snapshot)
    assert cli.main(["weights", "list"]) == 0
    assert f"{NAMES[brought.kind.name]}: imported" in capsys.readouterr().out
    network.check(brought.kind)
    other = HAND if brought.kind is BODY else BODY
    with pytest.raises(RecoveryError, match="not imported"):
        network.check(other)


@only_the_body
def test_the_embedded_body_is_kept_beside_the_network(brought: Brought):
    path = Path(brought.facts.body)
    assert path.parent == imported.place("i2l_meshnet").parent
    body, made = load_body(path), samples.body_model()
    assert body.licence == USER_LICENCE
    assert np.array_equal(body.template, made["v_template"][0])
    assert np.array_equal(body.faces, made["faces"])
    assert np.array_equal(body.shape_directions, made["shapedirs"])
    assert body.pose_directions is not None
    assert np.array_equal(body.pose_directions, made["posedirs"])
    assert np.array_equal(body.joint_regressor, made["J_regressor"])
    assert np.array_equal(body.weights, made["weights"])


def test_many_crops_are_looked_at_a_few_at_a_time(brought: Brought):
    steps: list[None] = []
    crops = brought.crops[[0, 1, 0, 1, 0]]
    predicted = network.predict(network.load(brought.kind, "cpu"), crops, lambda: steps.append(None))
    assert len(steps) == 2
    for crop, alone in enumerate([0, 1, 0, 1, 0]):
        known = brought.predicted.vertices.positions[alone]
        assert np.abs(predicted.vertices.positions[crop] - known).max() < 1e-3


@only_the_body
def test_a_body_that_is_gone_is_told(brought: Brought):
    body = Path(brought.facts.body)
    moved = body.rename(body.with_name("moved.npz"))
    try:
        with pytest.raises(RecoveryError, match=r"i2l_meshnet_smpl\.npz"):
            network.check()
    finally:
        moved.rename(body)


@only_the_body
def test_a_video_is_recovered_with_it(brought: Brought, request: pytest.FixtureRequest, examples: Path):
    """The weights are made up, and so is the pose; that everything else works is not."""
    networks = usual_networks(request, brought.usual_weights)
    settings = Settings(SolveSettings("i2l-meshnet", brought.facts.body, device="cpu"), start=60, end=65)
    stages = []
    recovery = recover(
        examples / "walk.mp4", settings, lambda progress: stages.append(progress.stage), networks=networks
    )
    assert list(dict.fromkeys(stages)) == ["find", "look", "fit"]
    (motion,) = recovery.motions
    assert motion.frames.tolist() == list(range(60, 66))
    assert motion.body == brought.facts.body
    assert np.isfinite(motion.poses).all() and np.isfinite(motion.trans).all()
    free = replace(settings, solve=replace(settings.solve, body="free"))
    (on_the_free_body,) = recover(examples / "walk.mp4", free, networks=networks).motions
    assert on_the_free_body.body == "free"


def fitters(facts: imported.ImportFacts) -> tuple[HandFitter, HandFitter]:
    """As it was imported, with MANO, and as it is without."""
    place = imported.place(NAMES[HAND.name]).with_suffix(".json")
    with_hand, known = open_hand_fitter("cpu"), place.read_bytes()
    place.write_text(json.dumps(asdict(replace(facts, body="", body_sha256=""))))
    try:
        without = open_hand_fitter("cpu")
    finally:
        place.write_bytes(known)
    assert with_hand is not None and without is not None
    return with_hand, without


@pytest.mark.parametrize("brought", [HAND.name], indirect=True)
def test_hands_are_looked_at_with_it(brought: Brought):
    """The weights are made up, and so are the hands; that both sides are shown as right ones, and come back, is not."""
    with_hand, open_hand = fitters(brought.facts)
    image = np.random.default_rng(0).integers(0, 256, (240, 320, 3), dtype=np.uint8)
    points = np.random.default_rng(1).uniform(-40, 40, (21, 2))
    world = np.concatenate([points / 400, np.zeros((21, 1))], axis=1)
    right = HandLook("right", points + (160, 120), world, np.zeros(2), 0.8)
    left = replace(right, side="left", points=points * (-1, 1) + (159, 120), world=world * (-1, 1, 1))
    crops = [open_hand.cut(Picture(image), right), open_hand.cut(Picture(image[:, ::-1].copy()), left)]
    assert crops[0].metres == pytest.approx(crops[1].metres, rel=1e-3)
    # the authors' squares begin at a pixel's middle, and end before one
    np.testing.assert_allclose(crops[0].patch[:, 1:], crops[1].patch[:, :-1], atol=1e-2)
    crops[1] = replace(crops[1], patch=crops[0].patch)
    seen = open_hand.fit(crops)
    np.testing.assert_allclose(seen[0].world, seen[1].world * (-1, 1, 1), atol=1e-5)
    assert 0 < seen[0].confidence < 0.8 and seen[0].rotations is None
    fitted = with_hand.fit(crops)
    right_turns, left_turns = fitted[0].rotations, fitted[1].rotations
    assert right_turns is not None and left_turns is not None
    np.testing.assert_allclose(np.linalg.det(right_turns), 1, atol=1e-6)
    flip = np.diag([-1, 1, 1])
    np.testing.assert_allclose(right_turns, flip @ left_turns @ flip, atol=1e-2)
