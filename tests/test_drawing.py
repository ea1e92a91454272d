"""The mesh drawn over a picture: where it is, what hides what, and what is left alone."""

import numpy as np

from human_mesh_recovery.inference_server.drawing import draw_mesh
from human_mesh_recovery.inference_server.motion import Camera

BLUE, ORANGE = (80, 140, 220), (230, 150, 80)
CAMERA = Camera(100.0, np.array([49.5, 39.5]), 100, 80)


def square(centre: tuple[float, float, float], size: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Vertices and faces of a square that looks back at the camera (OpenCV: y down, so clockwise)."""
    corners = np.array([[-1, -1, 0], [-1, 1, 0], [1, 1, 0], [1, -1, 0]]) * size / 2 + centre
    return corners, np.array([[0, 1, 2], [0, 2, 3]])


def grey() -> np.ndarray:
    return np.full((80, 100, 3), 128, np.uint8)


def changed(image: np.ndarray) -> np.ndarray:
    return (image != 128).any(axis=2)


def test_the_mesh_lies_where_the_camera_sees_it():
    image = grey()
    vertices, faces = square((0, 0, 5))  # 20 pixels wide, about the principal point
    draw_mesh(image, vertices, faces, CAMERA, BLUE)
    rows, columns = np.nonzero(changed(image))
    assert changed(image).sum() == len(rows)
    assert abs(rows.min() - 29.5) <= 1
    assert abs(rows.max() - 49.5) <= 1
    assert abs(columns.min() - 39.5) <= 1
    assert abs(columns.max() - 59.5) <= 1
    assert changed(image)[31:48, 41:58].all()


def test_the_mesh_has_its_colour_shaded_by_the_light():
    blue, orange = grey(), grey()
    vertices, faces = square((0, 0, 5))
    draw_mesh(blue, vertices, faces, CAMERA, BLUE)
    draw_mesh(orange, vertices, faces, CAMERA, ORANGE)
    assert np.argmax(blue[40, 50]) == 2
    assert np.argmax(orange[40, 50]) == 0
    brighter = grey()
    vertices[[0, 3], 2] += 1  # its upper edge leans back: it turns up, to the light
    draw_mesh(brighter, vertices, faces, CAMERA, BLUE)
    assert brighter[40, 50].sum() > blue[40, 50].sum()


def test_the_nearer_part_hides_the_farther_whatever_their_order():
    near, faces = square((0, 0, 4), 0.4)
    far, _ = square((0, 0, 6), 2.0)
    far[[0, 3], 2] += 1.5  # leans back, so that its shade differs
    alone, in_order, reversed_order = grey(), grey(), grey()
    draw_mesh(alone, near, faces, CAMERA, BLUE)
    draw_mesh(in_order, np.concatenate([near, far]), np.concatenate([faces, faces + 4]), CAMERA, BLUE)
    draw_mesh(reversed_order, np.concatenate([near, far]), np.concatenate([faces + 4, faces]), CAMERA, BLUE)
    np.testing.assert_array_equal(in_order, reversed_order)
    np.testing.assert_array_equal(in_order[40, 50], alone[40, 50])
    assert (in_order[31, 50] != alone[40, 50]).any()


def test_what_looks_away_or_lies_behind_the_camera_is_not_drawn():
    image = grey()
    vertices, faces = square((0, 0, 5))
    draw_mesh(image, vertices, faces[:, ::-1], CAMERA, BLUE)
    behind, _ = square((0, 0, -5))
    draw_mesh(image, behind, faces, CAMERA, BLUE)
    draw_mesh(image, behind, faces[:, ::-1], CAMERA, BLUE)
    across = vertices - np.array([0, 0, 5])  # in the plane of the lens
    draw_mesh(image, across, faces, CAMERA, BLUE)
    assert not changed(image).any()


def test_far_outside_the_picture_nothing_wraps_around():
    image = grey()
    vertices, faces = square((4e4, 0, 5))
    draw_mesh(image, vertices, faces, CAMERA, BLUE)
    assert not changed(image).any()
    close, _ = square((0, 0, 0.06), 50.0)  # covers everything, its corners 80,000 pixels away
    draw_mesh(image, close, faces, CAMERA, BLUE)
    assert changed(image).all()


def test_the_footage_shows_through():
    light, dark = np.full((80, 100, 3), 250, np.uint8), np.zeros((80, 100, 3), np.uint8)
    vertices, faces = square((0, 0, 5))
    for image in (light, dark):
        draw_mesh(image, vertices, faces, CAMERA, BLUE)
    assert 10 < light[40, 50].astype(int).mean() - dark[40, 50].mean() < 125
