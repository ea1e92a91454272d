"""A hand in MANO's form: read from a file, fitted to vertices, and what I2L-MeshNet's lixels of one become."""

from pathlib import Path

import numpy as np
import pytest

from human_mesh_recovery.inference_server.body.files import FREE_BODY, MANO, load_body, load_hand
from human_mesh_recovery.inference_server.body.model import Body
from human_mesh_recovery.inference_server.body.rotation import axis_angle_to_matrix, matrix_to_axis_angle
from human_mesh_recovery.inference_server.errors import RecoveryError
from human_mesh_recovery.inference_server.fitting.finger_joints import FLEX, HABITS, hand_form
from human_mesh_recovery.inference_server.fitting.vertices import fit_vertices
from human_mesh_recovery.inference_server.hands import i2l
from human_mesh_recovery.inference_server.hands.layout import PART_STARTS
from human_mesh_recovery.inference_server.hands.look_types import HandLook
from human_mesh_recovery.inference_server.lixel_layout.kinds import CROP, GRID, HAND
from human_mesh_recovery.inference_server.methods.i2l_meshnet import network
from human_mesh_recovery.inference_server.methods.i2l_meshnet.lixels import Lixels
from human_mesh_recovery.inference_server.people.crop import Picture
from human_mesh_recovery.tests.hand_samples import VERTICES, hand_points, hand_vertices, write_hand

COUNT = 6
SPAN = 0.24
"""Metres that a crop spans."""


@pytest.fixture
def hand(tmp_path: Path) -> Body:
    write_hand(tmp_path / "MANO_RIGHT.npz")
    return load_hand(tmp_path / "MANO_RIGHT.npz")


def rotations(count: int = COUNT) -> np.ndarray:
    """(F, 16, 3, 3) of right hands that bend and turn."""
    random = np.random.default_rng(4)
    turns = HABITS.usual + random.normal(size=(count, 15, 3)) * np.minimum(HABITS.spread, 0.4)
    fingers = np.einsum("jab,fjb->fja", hand_form("right").axes, turns)
    return axis_angle_to_matrix(np.concatenate([random.normal(0, 0.8, (count, 1, 3)), fingers], axis=1))


def degrees(found: np.ndarray, truth: np.ndarray) -> np.ndarray:
    return np.degrees(np.linalg.norm(matrix_to_axis_angle(found.swapaxes(-1, -2) @ truth), axis=-1))


def test_a_hand_s_file_is_read_as_one(hand: Body, tmp_path: Path):
    assert hand.template.shape == (VERTICES, 3) and hand.weights.shape == (VERTICES, 16)
    assert hand.parents.tolist() == list(MANO.parents)
    with pytest.raises(RecoveryError, match="16 joints: it is a MANO hand, not SMPL"):
        load_body(tmp_path / "MANO_RIGHT.npz")
    with pytest.raises(RecoveryError, match="24 joints: it is SMPL, a whole body, not MANO") as told:
        load_hand(FREE_BODY)
    assert "MANO_RIGHT.pkl" in told.value.hint
    with pytest.raises(RecoveryError, match="cannot be read"):
        load_hand(tmp_path / "none.pkl")


def test_a_hand_is_fitted_to_its_vertices(hand: Body):
    truth = rotations()
    fitted = fit_vertices(hand, hand_vertices(hand, truth))
    assert degrees(fitted.rotations, truth).max() < 0.1
    assert fitted.residual.max() < 1e-5


def test_a_hand_is_fitted_to_rough_vertices(hand: Body):
    truth = rotations()
    vertices = hand_vertices(hand, truth)
    rough = vertices + np.random.default_rng(0).normal(0, 0.004, vertices.shape)
    fitted = fit_vertices(hand, rough, noise=0.004)
    assert degrees(fitted.rotations, truth)[:, 1:].mean() < 8
    assert degrees(fitted.rotations, truth)[:, 0].mean() < 2


def as_lixels(points: np.ndarray) -> Lixels:
    """Metres from the crop's middle -> where a network that is sure has them."""
    lixels = points / (SPAN, SPAN, HAND.depth) * GRID + GRID / 2
    return Lixels(lixels.astype(np.float32), np.full(lixels.shape, 0.5, np.float32))


@pytest.mark.parametrize("side", ["left", "right"])
def test_lixels_become_a_hand(hand: Body, side: str, monkeypatch: pytest.MonkeyPatch):
    """The network sees right hands only: a left one's turns are the mirror images of what it sees."""
    truth = rotations()
    vertices = hand_vertices(hand, truth)
    wrist = hand.joint_template[0]
    points = hand_points("right", truth[:, 0], matrix_to_axis_angle(truth[:, 1:]))
    middle = points.mean(axis=1, keepdims=True)
    given = network.Predicted(as_lixels(points - middle), as_lixels(vertices - wrist - middle), None, None)
    monkeypatch.setattr(i2l.network, "predict", lambda loaded, crops: given)
    loaded = network.Network(None, HAND, False, hand)  # pyright: ignore[reportArgumentType]
    look = HandLook(side, np.zeros((21, 2)), np.zeros((21, 3)), np.zeros(2), 0.9)
    crops = [i2l.HandCrop(look, np.zeros((CROP, CROP, 3), np.float32), np.ones(2), SPAN)] * COUNT
    found = i2l.fit(loaded, crops)
    mirror = np.diag([-1.0 if side == "left" else 1.0, 1, 1])
    turned = np.stack([each.rotations for each in found if each.rotations is not None])
    assert degrees(turned, mirror @ truth @ mirror).mean() < 3.5
    places = np.stack([each.world for each in found])
    np.testing.assert_allclose(places, (points - middle) @ mirror, atol=1e-5)
    assert all(0.8 < each.confidence <= 0.9 for each in found)
    assert all((each.centre == 1).all() for each in found)


def test_what_it_is_shown_spans_the_hand_and_a_quarter():
    image = np.zeros((200, 300, 3), np.uint8)
    points = hand_points("left", np.eye(3)[None], np.zeros((1, 15, 3)))[0]
    look = HandLook("left", points[:, :2] * 500 + (60, 100), points, np.zeros(2), 1.0)
    crop = i2l.cut(Picture(image), look)
    assert crop is not None and crop.patch.shape == (CROP, CROP, 3)
    assert crop.metres == pytest.approx(1.25 * np.ptp(points[:, 0]), rel=0.05)
    assert abs(crop.centre[0] - (look.points[:, 0].min() + look.points[:, 0].max()) / 2) < 2


def test_the_fingers_bend_about_the_axes_that_are_known():
    """hand_form's hinges, on the points of a bent hand: finger tips come nearer to the wrist."""
    form = hand_form("right")
    bent = np.zeros((1, 15, 3))
    bent[0, :, FLEX] = 0.6
    poses = np.einsum("jab,fjb->fja", form.axes, bent)
    tips = PART_STARTS[2::3] + 1
    still, closed = (hand_points("right", np.eye(3)[None], each)[0, tips] for each in (0 * poses, poses))
    assert (np.linalg.norm(closed, axis=1) < np.linalg.norm(still, axis=1)).all()
    assert (closed[:4, 1] < still[:4, 1]).all()
