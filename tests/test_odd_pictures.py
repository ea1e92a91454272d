"""Odd pictures through the whole road: of any depth, turn and size they end in the same person."""

import cv2
import numpy as np
import pytest
from PIL import Image

from human_mesh_recovery.inference_server.errors import RecoveryError
from human_mesh_recovery.inference_server.evaluation.metrics import align_similarity
from human_mesh_recovery.inference_server.pictures import LONGEST_SIDE
from human_mesh_recovery.inference_server.pipeline import Recovery, Settings, recover
from human_mesh_recovery.inference_server.solve import SolveSettings


def difference(recovery: Recovery, still: Recovery) -> float:
    """Millimetres between the only person's pose and the one of the unchanged still, aligned."""
    (motion,), (plain,) = recovery.motions, still.motions
    assert motion.joints is not None
    assert plain.joints is not None
    aligned = align_similarity(motion.joints, plain.joints)
    return float(np.linalg.norm(aligned - plain.joints, axis=-1).mean() * 1000)


@pytest.mark.parametrize("picture", ["noise", "landscape", "pixel"])
def test_nobody_is_found_where_nobody_is(networks, tmp_path, picture):
    random = np.random.default_rng(1)
    rows = np.linspace(0, 1, 480)[:, None, None]
    image = {
        "noise": random.integers(0, 256, (480, 640, 3)),
        "landscape": np.where(rows < 0.6, [235, 206, 150], [60, 140, 90])
        * (0.6 + 0.4 * rows)
        * np.ones((1, 640, 1)),
        "pixel": np.full((1, 1, 3), 120),
    }[picture].astype(np.uint8)
    path = tmp_path / f"{picture}.png"
    cv2.imwrite(str(path), image)
    with pytest.raises(RecoveryError) as caught:
        recover(path, Settings(), networks=networks)
    assert caught.value.code == "no_person"
    assert str(path) in caught.value.message


def test_sixteen_bits_grey_and_alpha_end_in_the_same_person(networks, still, examples, tmp_path):
    image = cv2.imread(str(examples / "still.jpg"))
    alpha = np.full((*image.shape[:2], 1), 255, np.uint8)
    cv2.imwrite(str(tmp_path / "deep.png"), image.astype(np.uint16) * 257)
    cv2.imwrite(str(tmp_path / "alpha.png"), np.concatenate([image, alpha], axis=2))
    cv2.imwrite(str(tmp_path / "grey.png"), cv2.cvtColor(image, cv2.COLOR_BGR2GRAY))
    cv2.imwrite(str(tmp_path / "grey16.png"), cv2.cvtColor(image, cv2.COLOR_BGR2GRAY).astype(np.uint16) * 257)
    for name, tolerance in (("deep", 0.1), ("alpha", 0.1), ("grey", 40), ("grey16", 40)):
        recovery = recover(tmp_path / f"{name}.png", Settings(), networks=networks)
        assert difference(recovery, still) < tolerance, name


@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_a_still_turned_by_exif_ends_in_the_same_person(networks, still, examples, tmp_path, orientation):
    upright = np.asarray(Image.open(examples / "still.jpg"))
    stored = np.rot90(upright, {3: 2, 6: 1, 8: -1}[orientation])
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(np.ascontiguousarray(stored)).save(tmp_path / "turned.png", exif=exif)
    recovery = recover(tmp_path / "turned.png", Settings(), networks=networks)
    assert (recovery.source.width, recovery.source.height) == (960, 720)
    assert difference(recovery, still) < 0.1


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_a_picture_of_12000_pixels(networks, still, examples, tmp_path):
    small = Image.open(examples / "still.jpg")
    small.resize((12000, 9000), Image.Resampling.BILINEAR).save(tmp_path / "huge.jpg", quality=75)
    recovery = recover(tmp_path / "huge.jpg", Settings(), networks=networks)
    assert difference(recovery, still) < 25
    camera, plain = recovery.motions[0].camera, still.motions[0].camera
    assert camera is not None
    assert plain is not None
    assert (camera.width, camera.height) == (LONGEST_SIDE, LONGEST_SIDE * 3 // 4)
    np.testing.assert_allclose(camera.principal_point, [(camera.width - 1) / 2, (camera.height - 1) / 2])
    assert camera.focal_length / camera.width == pytest.approx(plain.focal_length / plain.width, rel=0.1)
    ours = camera.project(np.asarray(recovery.motions[0].joints)) / camera.width
    assert np.abs(ours - plain.project(np.asarray(still.motions[0].joints)) / plain.width).max() < 0.02


def test_a_focal_length_is_given_in_the_file_s_pixels(networks, examples, tmp_path):
    Image.open(examples / "still.jpg").resize((4800, 3600)).save(tmp_path / "large.jpg")
    settings = Settings(SolveSettings(focal_length=6000.0))
    camera = recover(tmp_path / "large.jpg", settings, networks=networks).motions[0].camera
    assert camera is not None
    assert camera.focal_length == pytest.approx(6000 * LONGEST_SIDE / 4800)
