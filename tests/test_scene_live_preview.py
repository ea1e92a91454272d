"""The rough bodies of the live preview, as far as they go without a window."""

import numpy as np
import pytest

bpy = pytest.importorskip("bpy", reason="Blender as a Python module is not installed")

from human_mesh_recovery.blender_addon import live_preview
from human_mesh_recovery.inference_server.body.files import load_body
from human_mesh_recovery.inference_server.body.model import pose_body
from human_mesh_recovery.inference_server.colours import srgb
from human_mesh_recovery.tests.scene_samples import walking


@pytest.fixture(autouse=True)
def _nobody():
    live_preview.hide()
    yield
    live_preview.hide()


def message(frame: int, *people: int, job: str = "1") -> dict:
    """What the server says of people, each of whom moves in a way of their own."""
    seen = []
    for person in people:
        motion = walking(40, person=person + 1)
        pose, trans = motion.poses[frame], motion.trans[frame]
        seen.append({"id": person, "pose": pose.ravel().tolist(), "trans": trans.tolist()})
    return {"type": "live", "job": job, "frame": frame, "people": seen}


def test_bodies_stand_as_the_message_says():
    live_preview.show(message(8, 3, 5))
    assert list(live_preview.bodies) == [3, 5]
    motion = walking(40, person=6)
    points, _ = pose_body(load_body("free"), motion.poses[8], np.zeros(10), motion.trans[8])
    body = live_preview.bodies[5]
    assert body.points.dtype == np.float32
    assert np.allclose(body.points, points[0], atol=1e-5)
    assert body.colours.shape == (len(points[0]), 4)


def test_everybody_keeps_their_colour_and_is_lit_from_above():
    live_preview.show(message(0, 7))
    live_preview.show(message(1, 2, 7))
    for who, place in ((7, 0), (2, 1)):
        body = live_preview.bodies[who]
        rgb = body.colours[:, :3]
        assert np.allclose(rgb / rgb.max(axis=1, keepdims=True), np.array(srgb(place)) / max(srgb(place)))
        assert rgb.max() <= 1
    points = load_body("free").template @ np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0.0]]).T
    colours = live_preview.shaded(points, 0)
    crown, sole = np.argmax(points[:, 2]), np.argmin(points[:, 2])
    assert colours[crown, 0] > 1.2 * colours[sole, 0]


def test_who_is_not_seen_for_a_while_vanishes():
    live_preview.show(message(0, 0, 1))
    live_preview.show(message(10, 1))
    assert set(live_preview.bodies) == {0, 1}
    live_preview.show(message(20, 1))
    assert set(live_preview.bodies) == {1}
    live_preview.show(message(39))
    assert not live_preview.bodies
    live_preview.show(message(39, 0))
    live_preview.show(message(39, 4, job="2"))
    assert [(who, body.place) for who, body in live_preview.bodies.items()] == [(4, 0)]
    live_preview.hide()
    assert not live_preview.bodies


def test_nothing_is_put_into_the_file():
    bpy.ops.wm.read_factory_settings(use_empty=True)
    live_preview.show(message(0, 0))
    assert not bpy.data.objects
    assert not bpy.data.meshes
