"""I2L-MeshNet's crops and what becomes of its lixels, against what its authors' own code gives."""

import numpy as np
import pytest
from scipy.ndimage import map_coordinates

from human_mesh_recovery.inference_server.evaluation.metrics import align_similarity
from human_mesh_recovery.inference_server.lixel_layout.kinds import BODY, HAND
from human_mesh_recovery.inference_server.methods.i2l_meshnet.crops import (
    Square,
    as_input,
    cut_out,
    square_around,
)
from human_mesh_recovery.inference_server.methods.i2l_meshnet.lixels import (
    FOCAL_LENGTH,
    spread_in_picture,
    to_camera,
    to_picture,
)
from human_mesh_recovery.tests.pose2mesh_samples import golden


@pytest.fixture(scope="module")
def known() -> dict[str, np.ndarray]:
    return golden("i2l_prepost")


def test_the_square_is_the_authors(known: dict[str, np.ndarray]):
    """Their boxes of whole numbers lose what comes after the point; the first has fractions, and keeps them."""
    for number, (box, wanted) in enumerate(zip(known["bbox_in"], known["bbox_out"], strict=True)):
        square = square_around(box, int(known["W"]), int(known["H"]))
        assert square is not None
        if number == 0:
            assert np.allclose([square.left, square.top, square.side, square.side], wanted, atol=1e-9)
        else:
            side = int(square.side)
            lost = (square.side - side) / 2
            assert [int(square.left + lost), int(square.top + lost), side, side] == wanted.tolist()


def test_the_maps_between_picture_and_crop_are_the_authors(known: dict[str, np.ndarray]):
    for (left, top, side, _), there, back in zip(
        known["bbox_out"], known["img2bb"], known["bb2img"], strict=True
    ):
        square = Square(left, top, side)
        assert np.allclose(square.to_crop, there, rtol=1e-6, atol=1e-5)
        assert np.allclose(square.to_image, back, rtol=1e-6, atol=1e-5)


@pytest.mark.parametrize("box", [(0, 0, 0, 10), (10, 10, 5, -3), (700, 10, 50, 50), (-90, 10, 0.5, 60)])
def test_a_box_beside_the_picture_has_no_square(box: tuple[float, ...]):
    assert square_around(box, 640, 392) is None


@pytest.mark.parametrize(
    "square",
    [Square(99.75, 72.2, 300.7), Square(-60.5, -20.25, 500.0), Square(30, 40, 100.5), Square(500, 250, 300)],
)
def test_a_crop_is_the_picture_through_the_map(square: Square):
    image = np.random.default_rng(2).integers(0, 255, (392, 640, 3), dtype=np.uint8)
    crop = cut_out(image, square)
    assert crop.shape == (256, 256, 3) and crop.dtype == np.float32
    pixels = np.stack(np.meshgrid(np.arange(256), np.arange(256), [1]), axis=-1)[..., 0, :]
    x, y = np.moveaxis(pixels @ square.to_image.T.astype(np.float64), -1, 0)
    for colour in range(3):
        known = map_coordinates(image[..., colour].astype(float), [y, x], order=1, mode="grid-constant")
        assert np.abs(crop[..., colour] - known).max() < 0.1  # of 255: the map is in single precision


def test_the_network_gets_colours_from_0_to_1():
    crops = np.zeros((2, 256, 256, 3), np.uint8)
    crops[1, 3, 5] = (255, 51, 0)
    given = as_input(crops)
    assert given.shape == (2, 3, 256, 256) and given.dtype == np.float32
    assert np.allclose(given[1, :, 3, 5], [1, 0.2, 0])


def test_lixels_are_placed_as_the_authors_do_it(known: dict[str, np.ndarray]):
    points = to_picture(known["lixel_in"], known["bb2img"][0], BODY.depth)
    assert np.abs(points - known["img_rel"]).max() < 1e-4
    assert (known["focal"] == FOCAL_LENGTH).all()
    camera = to_camera(points, known["root_depth_m"], FOCAL_LENGTH, known["princpt"])
    assert np.abs(camera - known["cam"]).max() < 1e-5
    lixels = np.stack([known["demo_lixel_hm"]] * 2)  # the authors' own demo, twice as a clip
    maps = np.stack([known["bb2img"][0]] * 2)
    depths = np.full(2, known["root_depth_m"])
    camera = to_camera(to_picture(lixels, maps, BODY.depth), depths, FOCAL_LENGTH, known["princpt"])
    assert np.abs(camera - known["demo_lixel_cam"]).max() < 1e-4


def test_spread_has_the_units_of_the_places_it_is_of(known: dict[str, np.ndarray]):
    maps, lixels = known["bb2img"], np.full((4, 7, 3), 20.0)
    spread = np.random.default_rng(0).random(lixels.shape)
    moved = to_picture(lixels + spread, maps, HAND.depth) - to_picture(lixels, maps, HAND.depth)
    assert np.allclose(spread_in_picture(spread, maps, HAND.depth), moved, atol=1e-9)


def test_the_rigid_alignment_is_the_authors(known: dict[str, np.ndarray]):
    aligned = align_similarity(known["align_A"].astype(np.float64), known["align_B"].astype(np.float64))
    assert np.abs(aligned - known["align_out"]).max() < 1e-5
