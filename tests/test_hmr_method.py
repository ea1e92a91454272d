"""HMR as a method: what of a frame its network is shown, and what becomes of what it says."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from human_mesh_recovery.inference_server.errors import RecoveryError
from human_mesh_recovery.inference_server.hmr_layout import FREE, ORIGINAL, SMPL, SPIN
from human_mesh_recovery.inference_server.methods.hmr import cameras, crops, method, network
from human_mesh_recovery.inference_server.methods.method import Crop, Running
from human_mesh_recovery.inference_server.pipeline import check_solve_settings
from human_mesh_recovery.inference_server.solve import SolveSettings
from human_mesh_recovery.inference_server.weights import imported
from human_mesh_recovery.tests.pose2mesh_samples import golden


def picture(height: int, width: int) -> np.ndarray:
    """Smooth, so that a place between pixels is well known."""
    noise = np.random.default_rng(4).integers(0, 255, (height, width, 3), dtype=np.uint8)
    return cv2.GaussianBlur(noise, (0, 0), 6) * 3 - 250


def keypoints_in(box: tuple[float, float, float, float]) -> np.ndarray:
    """(25, 3) all over a box: left, top, right, bottom."""
    shares = np.random.default_rng(1).random((25, 2))
    shares[0], shares[1] = 0, 1
    points = np.array(box[:2]) + shares * (np.array(box[2:]) - box[:2])
    return np.column_stack([points, np.full(25, 0.9)])


BOXES = [
    (200.3, 50.2, 310.9, 320.6),  # is made smaller
    (30.0, 40.0, 70.5, 110.2),  # is made larger, and reaches beyond the frame
    (-40.0, -30.0, 260.0, 460.0),
]


@pytest.mark.parametrize("box", BOXES)
def test_the_original_form_s_crop_is_its_authors(box: tuple[float, float, float, float]):
    """They make the whole frame smaller, put its edge around it, and cut out what lies around the middle."""
    image, (left, top, right, bottom) = picture(400, 640), box
    scale = 150 / np.hypot(right - left, bottom - top)
    size = np.floor(np.array(image.shape[:2]) * scale).astype(int)
    scaled = cv2.resize(image, (int(size[1]), int(size[0])))
    centre = np.array([(left + right) / 2, (top + bottom) / 2]) * (size / image.shape[:2])[::-1]
    padded = np.pad(scaled, ((112, 112), (112, 112), (0, 0)), mode="edge")
    x, y = np.round(centre).astype(int)
    wanted = padded[y : y + 224, x : x + 224]
    made = crops.cut(ORIGINAL, image, keypoints_in(box))
    assert made.patch.shape == (224, 224, 3) and made.patch.dtype == np.uint8
    assert np.abs(made.patch.astype(int) - wanted).max() <= 2
    assert np.hypot(right - left, bottom - top) / made.side * 224 == pytest.approx(150, rel=0.01)
    assert np.abs(made.centre - [(left + right) / 2, (top + bottom) / 2]).max() < 1 / scale


@pytest.mark.parametrize("box", BOXES)
def test_spins_crop_is_its_authors(box: tuple[float, float, float, float]):
    """They cut a square of whole pixels out of a black surrounding, and let Pillow make it 224 pixels large."""
    image, (left, top, right, bottom) = picture(400, 640), box
    side = 1.2 * max(right - left, bottom - top)
    x0, y0, x1, y1 = crops.square_of_spin(
        np.array([(left + right) / 2, (top + bottom) / 2]), side / 200
    ).tolist()
    padded = np.pad(image, ((900, 900), (900, 900), (0, 0)))
    square = Image.fromarray(padded[900 + y0 : 900 + y1, 900 + x0 : 900 + x1])
    wanted = np.asarray(square.resize((224, 224), Image.Resampling.BILINEAR)).astype(int)
    made = crops.cut(SPIN, image, keypoints_in(box))
    inside = np.abs(made.patch.astype(int) - wanted)
    assert np.median(inside) <= 2 and np.quantile(inside, 0.99) <= 12
    assert made.side == pytest.approx(side, abs=2)
    assert np.abs(made.centre - [(left + right) / 2, (top + bottom) / 2]).max() < 1.5


def test_spins_square_is_that_of_the_authors_transform():
    known = golden("spin_hmr")
    to_crop = known["get_transform"]
    side = 224 / to_crop[0, 0]
    centre = (0.5 - to_crop[:2, 2] / 224) * side
    square = crops.square_of_spin(centre, side / 200)
    assert square[:2].tolist() == (known["transform_ul"] - 1).tolist()


@pytest.mark.parametrize("form", [ORIGINAL, SPIN])
def test_a_place_in_the_crop_is_where_the_crop_says(form: str):
    frame = np.zeros((400, 640, 3), np.uint8)
    keypoints = keypoints_in((250, 60, 420, 350))
    middle = np.array([300, 150])
    frame[middle[1] - 4 : middle[1] + 5, middle[0] - 4 : middle[0] + 5] = 255
    made = method.cut(form, frame, keypoints)
    rows, columns, _ = np.nonzero(made.patch > 128)
    across = (np.array([columns.mean(), rows.mean()]) - 111.5) * made.side / 224
    np.testing.assert_allclose(made.centre + across, middle, atol=1.0)


@pytest.mark.parametrize("form", [ORIGINAL, SPIN])
@pytest.mark.parametrize("spread", [0.0, 1e7])
def test_somebody_of_no_size_is_shown_as_much_as_the_whole_frame(form: str, spread: float):
    keypoints = np.full((25, 3), [900.0, 300.0, 0.5])
    keypoints[:, 0] += spread * np.linspace(0, 1, 25)
    made = crops.cut(form, np.zeros((480, 640, 3), np.uint8), keypoints)
    assert made.patch.shape == (224, 224, 3)
    assert made.side > 600


def test_each_form_gets_its_own_colours():
    patches = np.zeros((2, 224, 224, 3), np.uint8)
    patches[1, 3, 5] = (255, 51, 0)
    given = crops.as_input(ORIGINAL, patches)
    assert given.shape == (2, 3, 224, 224) and given.dtype == np.float32
    np.testing.assert_allclose(given[1, :, 3, 5], [1, -0.6, -1], atol=1e-6)
    given = crops.as_input(SPIN, patches)
    wanted = (np.array([1, 0.2, 0]) - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    np.testing.assert_allclose(given[1, :, 3, 5], wanted, atol=1e-5)


def test_the_cameras_are_the_authors():
    known = golden("spin_hmr")
    made = cameras.translation_in_crop(known["pred_cam"], cameras.FOCAL_LENGTHS[SPIN])
    np.testing.assert_allclose(made, known["camera_translation"], rtol=1e-6)
    known = golden("hmr_tf")
    for camera, points, seen in zip(known["proj_cam"], known["proj_X"], known["proj_out"], strict=True):
        np.testing.assert_allclose(camera[0] * (points[:, :2] + camera[1:]), seen, atol=1e-5)
        # a full camera far away sees the same
        placed = points + cameras.translation_in_crop(camera, 1e7)
        np.testing.assert_allclose(1e7 / 112 * placed[:, :2] / placed[:, 2:], seen, atol=1e-4)


def test_a_network_that_sees_nobody_is_hardly_believed(monkeypatch: pytest.MonkeyPatch):
    camera = np.array([[0.9, 0, 0], [-0.9, 0, 0], [0.9, 2.0, 0], [30, 0, 0], [0.01, 0, 0], [1.2, 0.3, -0.5]])
    assert cameras.is_lost(camera).tolist() == [False, True, True, True, True, False]
    turns = np.tile(np.eye(3), (6, 24, 1, 1))
    said = network.Predicted(turns, np.zeros((6, 10)), camera)
    monkeypatch.setattr(network, "predict", lambda *_: said)
    patches = [Crop(np.zeros((224, 224, 3), np.uint8), np.zeros(2), 200.0, 640)] * 6
    sigma = method.look(loaded(SPIN, SMPL), Running(), patches).sigma
    assert (sigma[1:5] == method.LOST).all()
    np.testing.assert_allclose(sigma[0], method.SIGMA * method.OF_SPIN)
    np.testing.assert_allclose(sigma[5], sigma[0])
    own = method.look(loaded(SPIN, FREE), Running(), patches)
    original = method.look(loaded(ORIGINAL, SMPL), Running(), patches)
    np.testing.assert_allclose(own.sigma, original.sigma)
    assert own.knows_free and not original.knows_free


def test_what_is_missing_is_told_before_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HMR_WEIGHTS", str(tmp_path))
    monkeypatch.setattr(imported.store, "user_folder", lambda: tmp_path)
    with pytest.raises(RecoveryError, match="not imported") as told:
        check_solve_settings(SolveSettings("hmr"))
    assert "weights import models.tar.gz" in told.value.hint


def loaded(form: str, betas_of: str) -> network.Network:
    return network.Network(None, form, betas_of)  # pyright: ignore[reportArgumentType]
