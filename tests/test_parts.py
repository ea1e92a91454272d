"""Which part of the body shows in which pixel, and how silhouettes and parts are compared."""

from dataclasses import replace

import numpy as np
import pytest

from human_mesh_recovery.inference_server import triangles
from human_mesh_recovery.inference_server.body.files import load_body
from human_mesh_recovery.inference_server.body.skeleton import JOINT_INDEX
from human_mesh_recovery.inference_server.evaluation.parts import (
    PARTS,
    UNKNOWN,
    compare,
    draw_parts,
    part_of_vertices,
)
from human_mesh_recovery.inference_server.motion import Camera
from human_mesh_recovery.tests.pose2mesh_samples import small_body

CAMERA = Camera(100.0, np.array([50.0, 40.0]), 100, 80)


def square(depth: float, low: float, high: float) -> np.ndarray:
    """(4, 3) corners of a square that stands upright before the camera, its sides at pixels low + 50 and high + 50."""
    corners = np.array([[low, low], [high, low], [high, high], [low, high]]) * depth / 100
    return np.column_stack([corners, np.full(4, depth)])


def test_the_nearest_triangle_shows_whatever_the_order():
    vertices = np.concatenate([square(2.0, -10, 10), square(3.0, -20, 5)])
    faces = np.array([[0, 1, 2], [0, 2, 3], [4, 5, 6], [4, 6, 7]])
    labels = np.array([1] * 4 + [2] * 4, dtype=np.uint8)
    for order in (slice(None), slice(None, None, -1)):
        image = draw_parts(vertices, faces[order], labels, CAMERA)
        assert image.shape == (80, 100)
        assert (image[30:51, 40:61] == 1).all(), "the nearer one, its edges included"
        assert (image[20:30, 30:56] == 2).all() and (image[30:46, 30:40] == 2).all()
        assert (image > 0).sum() == 21 * 21 + 26 * 26 - 16 * 16


def test_depth_runs_through_a_slanted_triangle():
    """Two squares that pierce each other: each is the nearer on its own side."""
    slanted = square(2.0, -10, 10)
    slanted[[1, 2]] *= 2.0  # the right edge is twice as far, and looks the same
    level = square(2.6, -10, 10)
    image = draw_parts(np.concatenate([slanted, level]), np.array([[0, 1, 2], [0, 2, 3], [4, 5, 6], [4, 6, 7]]),
                       np.array([1] * 4 + [2] * 4, dtype=np.uint8), CAMERA)  # fmt: skip
    # the slanted one's depth at the share t of the way is 1 / ((1 - t) / 2 + t / 4)
    meeting = 40 + 20 * (1 / 2 - 1 / 2.6) / (1 / 4)
    assert (image[31:50, 41 : int(meeting)] == 1).all() and (image[31:50, int(meeting) + 1 : 60] == 2).all()


def test_what_lies_outside_or_behind_is_left_out(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(triangles, "_SAMPLES", 50)
    vertices = np.concatenate([square(2.0, 30, 200), square(-2.0, -10, 10)])
    faces = np.array([[0, 1, 2], [0, 2, 3], [4, 5, 6]])
    image = draw_parts(vertices, faces, np.ones(8, dtype=np.uint8), CAMERA)
    assert (image[70:, 80:] == 1).all() and (image > 0).sum() == 10 * 20
    assert not draw_parts(vertices, faces[2:], np.ones(8, dtype=np.uint8), CAMERA).any()


@pytest.mark.parametrize("body", [load_body("free"), small_body()], ids=["free", "another"])
def test_every_vertex_is_of_the_part_whose_joints_carry_it(body):
    found = part_of_vertices(body)
    assert set(found.tolist()) <= set(range(1, 7))
    for joint, part in (
        ("head", "head"),
        ("spine2", "torso"),
        ("left_hand", "left arm"),
        ("right_knee", "right leg"),
    ):
        carried = body.weights[:, JOINT_INDEX[joint]] > 0.6
        assert (found[carried] == PARTS.index(part)).all()


def test_a_body_from_the_front_shows_its_parts_where_they_are():
    body = load_body("free")
    vertices = body.template * [1, -1, -1] + [0, 0, 3]  # upright, facing the camera
    camera = replace(CAMERA, focal_length=120.0)
    image = draw_parts(vertices, body.faces, part_of_vertices(body), camera)
    places = {part: np.argwhere(image == PARTS.index(part)).mean(axis=0) for part in PARTS[1:]}
    assert places["head"][0] < places["torso"][0] < places["left leg"][0]
    for limb in ("arm", "leg"):
        assert places[f"right {limb}"][1] < 50 < places[f"left {limb}"][1], (
            "its left is on the picture's right"
        )


def test_agreement_is_counted_as_the_authors_do():
    truth = np.array([[0, 0, 1, 1], [2, 2, UNKNOWN, UNKNOWN]], dtype=np.uint8)
    found = np.array([[0, 1, 1, 1], [2, 0, 2, 0]], dtype=np.uint8)
    agreement = compare(found, truth, 3)
    assert (agreement.right, agreement.total) == (6, 8) and agreement.accuracy == 0.75
    assert agreement.hits.tolist() == [3, 2, 1]
    assert agreement.only_found.tolist() == [1, 1, 0] and agreement.only_true.tolist() == [1, 0, 1]
    assert agreement.f1 == pytest.approx((6 / 8 + 4 / 5 + 2 / 3) / 3)
    twice = agreement + agreement
    assert twice.total == 16 and twice.f1 == pytest.approx(agreement.f1)
    absent = compare(np.zeros((2, 2), np.uint8), np.zeros((2, 2), np.uint8), 7)
    assert absent.f1 == 1, "parts that are nowhere do not count"
