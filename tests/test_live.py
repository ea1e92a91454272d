"""The rough bodies of the live preview, from keypoints of a body whose place is known."""

import json

import numpy as np
import pytest

from human_mesh_recovery.inference_server.body.files import load_body
from human_mesh_recovery.inference_server.body.model import pose_body
from human_mesh_recovery.inference_server.fitting.body_keypoints import attach_keypoints
from human_mesh_recovery.inference_server.known_camera import KnownCamera
from human_mesh_recovery.inference_server.people.keypoints import PoseObservation
from human_mesh_recovery.inference_server.serving.live import LivePreview
from human_mesh_recovery.tests.made_up_people import observation

WIDTH, HEIGHT, FOCAL = 1280, 720, 1100.0
CENTRE = np.array([(WIDTH - 1) / 2, (HEIGHT - 1) / 2])
TO_CAMERA = np.diag([1.0, -1.0, -1.0])
"""The body's rest frame (Y up, facing +Z) to that of a camera that it faces."""
BODY = load_body("free")


def seen_at(place: tuple[float, float, float], confidence: float = 0.9) -> PoseObservation:
    """A body at rest that faces the camera, its pelvis at a place (3,) of camera space."""
    rest = (attach_keypoints(BODY, BODY).rest - BODY.joint_template[0]) @ TO_CAMERA.T
    points = rest + place
    pixels = points[:, :2] / points[:, 2:] * FOCAL + CENTRE
    keypoints = np.column_stack([pixels, np.full(len(points), confidence)])
    # the middle of the picture: there the network's axes are the camera's
    return PoseObservation(
        keypoints, rest, CENTRE, np.zeros(4), confidence, observation(0, 0).region
    )  # fmt: skip


def preview(fps: float = 25.0, camera: KnownCamera | None = None) -> LivePreview:
    return LivePreview(WIDTH, HEIGHT, fps, FOCAL, camera)


def pelvis(person: dict) -> np.ndarray:
    return BODY.joint_template[0] + person["trans"]


def mesh(person: dict) -> np.ndarray:
    pose = np.array(person["pose"]).reshape(1, 24, 3)
    return pose_body(BODY, pose, np.zeros(10), np.array([person["trans"]]))[0][0]


def test_the_first_one_stands_upright_on_the_floor_at_the_origin():
    (person,) = preview().people(7, [(3, seen_at((0.8, 0.2, 5.0)))])
    assert person["id"] == 3
    json.dumps(person, allow_nan=False)
    vertices = mesh(person)
    assert vertices[:, 2].min() == pytest.approx(0, abs=0.01)
    assert vertices[:, 2].max() == pytest.approx(np.ptp(BODY.template[:, 1]), abs=0.05)
    assert pelvis(person)[:2] == pytest.approx([0, 0], abs=1e-3)
    nose = vertices[BODY.template[:, 2].argmax()]
    assert nose[1] < -0.05  # it faces the camera, which looks along +Y


def test_the_world_stays_where_it_is():
    live = preview()
    live.people(0, [(1, seen_at((0.0, 0.2, 5.0)))])
    people = live.people(30, [(1, seen_at((1.0, 0.2, 5.0))), (2, seen_at((-0.5, 0.0, 6.0)))])
    assert pelvis(people[0])[:2] == pytest.approx([1.0, 0.0], abs=0.02)
    assert pelvis(people[1]) == pytest.approx(pelvis(people[0]) + [-1.5, 1.0, 0.2], abs=0.05)


def test_what_trembles_is_calmed():
    live, plain = preview(), []
    shown = []
    for frame, error in enumerate(np.random.default_rng(1).normal(0, 0.1, 40)):
        plain.append(5.0 + error)
        shown.append(pelvis(live.people(frame, [(1, seen_at((0, 0, plain[-1])))])[0])[1])
    assert np.abs(np.diff(shown)).mean() < 0.25 * np.abs(np.diff(plain)).mean()


def test_who_is_hardly_seen_is_left_out():
    live = preview()
    assert live.people(0, [(1, seen_at((0, 0, 5.0), confidence=0.1))]) == []
    assert live.people(0, []) == []
    assert len(live.people(1, [(1, seen_at((0, 0, 5.0), 0.1)), (2, seen_at((0, 0, 5.0)))])) == 1


def test_a_picture():
    assert len(preview(fps=0).people(0, [(0, seen_at((0, 0, 4.0)))])) == 1


def test_in_the_world_of_a_known_camera():
    rotation = np.array([[0.0, 1, 0], [0, 0, -1], [-1, 0, 0]])  # it looks along -X
    place = np.array([6.0, 2.0, 1.5])
    frames = np.array([0, 10])
    rotations = np.stack([rotation, rotation])
    translations = np.stack([-rotation @ place, -rotation @ (place + [0, 1.0, 0])])
    camera = KnownCamera(FOCAL, CENTRE, WIDTH, HEIGHT, frames, rotations, translations)
    live = preview(camera=camera)
    (person,) = live.people(0, [(1, seen_at((0, 0.5, 6.0)))])
    assert pelvis(person) == pytest.approx([0, 2.0, 1.0], abs=0.05)
    (person,) = live.people(10, [(2, seen_at((0, 0.5, 6.0)))])
    assert pelvis(person) == pytest.approx([0, 3.0, 1.0], abs=0.05)
