"""Finding people with the real networks; and the arithmetic around them, without."""

import cv2
import numpy as np
import pytest

from human_mesh_recovery.inference_server.body.skeleton import KEYPOINT_INDEX
from human_mesh_recovery.inference_server.media import open_source, read_frames
from human_mesh_recovery.inference_server.people import appearance, boxes
from human_mesh_recovery.inference_server.people.blazepose import Landmarks, aligned_region
from human_mesh_recovery.inference_server.people.crop import Picture, Region, crop, to_image
from human_mesh_recovery.inference_server.people.detect import detect_people
from human_mesh_recovery.inference_server.people.keypoints import confidence_within, fuse
from human_mesh_recovery.inference_server.people.networks import Networks, load_networks
from human_mesh_recovery.inference_server.people.track import PeopleTracker
from human_mesh_recovery.tests.made_up_people import pose


@pytest.fixture(scope="module")
def networks(weights) -> Networks:
    return load_networks("cpu", 1)


@pytest.mark.parametrize("side", [100.0, 256.0, 900.0])
@pytest.mark.parametrize("rotation", [0.0, 0.7, np.pi])
def test_a_crop_shows_what_its_affine_says(side, rotation):
    height, width = 600, 800
    rows, columns = np.mgrid[:height, :width]
    image = np.stack([columns * 255 / width, rows * 255 / height, 0 * rows], axis=2).astype(np.uint8)
    pixels, affine = crop(Picture(image), Region(400, 300, side, rotation), 256, cv2.BORDER_REPLICATE)
    points = np.array([[128, 128], [60, 140], [200, 90]])
    expected = to_image(points, affine)
    seen = pixels[points[:, 1], points[:, 0], :2] * np.array([width, height]) / 255
    inside = ((expected > 5) & (expected < np.array([width, height]) - 5)).all(axis=1)
    assert inside.any()
    assert np.abs(seen - expected)[inside].max() < 5  # a step of the ramp is about 3 pixels


def test_regions_turn_people_upright():
    region = aligned_region(np.array([50.0, 50.0]), np.array([150.0, 50.0]))  # the head is to the right
    assert region.rotation == pytest.approx(np.pi / 2)
    _, affine = crop(Picture(np.zeros((100, 200, 3), np.uint8)), region, 256, cv2.BORDER_CONSTANT)
    centre, above = to_image(np.array([[127.5, 127.5], [127.5, 20.0]]), affine)
    assert np.allclose(centre, 50)
    assert above[0] > 100 and above[1] == pytest.approx(50)


def test_boxes():
    found = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [20, 0, 30, 10]], dtype=float)
    assert boxes.iou(found[:1], found)[0] == pytest.approx([1, 90 / 110, 0])
    assert boxes.suppress(found, np.array([0.5, 0.9, 0.3]), 0.6).tolist() == [1, 2]


def test_agreement_raises_confidence_and_disagreement_lowers_it():
    points = np.zeros((33, 2))
    points[[0, 2, 5, 7, 8, *range(11, 17), *range(23, 29)]] = pose(300, 300)[:17, :2]
    found = Landmarks(points, np.full(33, 0.9), np.zeros((33, 3)), Region(0, 0, 1))
    coco = pose(300, 300, confidence=0.6)[:17]
    coco[9, :2] += [60, 0]
    keypoints = fuse(found, coco)
    assert keypoints[10, 2] == pytest.approx(0.9)
    assert np.allclose(keypoints[10, :2], coco[10, :2])
    assert keypoints[9, 2] < 0.05
    assert keypoints[KEYPOINT_INDEX["left_index"], 2] < 0.2  # it hangs from that wrist


def test_confidence_counts_what_the_image_shows():
    cut_off = pose(100, 100, confidence=0.8)
    cut_off[13:, 2] = 0.0
    assert confidence_within(cut_off, 400, 120) == pytest.approx(0.8)
    assert confidence_within(cut_off, 400, 400) < 0.6
    assert confidence_within(pose(900, 900), 400, 400) == 0


def test_clothes_tell_people_apart():
    image = np.zeros((300, 600, 3), np.uint8)
    image[:, :200], image[:, 200:400], image[:, 400:] = (200, 30, 30), (30, 30, 200), (190, 40, 40)
    red, blue, reddish = (appearance.describe(image, pose(x, 150)) for x in (100, 300, 500))
    assert appearance.distance(red, red) == pytest.approx(0, abs=1e-6)
    assert appearance.distance(red, blue) > 0.7
    assert appearance.distance(red, reddish) < 0.6
    assert red.sum(axis=1) == pytest.approx([1, 1])


def test_an_empty_picture_has_nobody(networks):
    tracker = PeopleTracker(networks, 0.0)
    assert tracker.update(0, np.full((240, 320, 3), 128, np.uint8)) == []
    assert tracker.finish() == []
    one_pixel = PeopleTracker(networks, 0.0)
    assert one_pixel.update(0, np.zeros((1, 1, 3), np.uint8)) == []


def test_a_person_where_the_reference_says(networks, shared_media):
    reference = np.load(shared_media / "four_cameras" / "reference.npz")
    source = open_source(shared_media / "four_cameras" / "cam03.mp4")
    tracker = PeopleTracker(networks, source.fps, 1)
    for frame in read_frames(source, 0, 7):
        tracker.update(frame.index, frame.image)
    (track,) = tracker.finish()
    assert track.frames.tolist() == list(range(8))
    assert track.observed.all()
    joints = {"Hip": "hip", "Knee": "knee", "Ankle": "ankle", "Shoulder": "shoulder", "Elbow": "elbow"}
    for k, name in enumerate(str(n) for n in reference["names"]):
        if name[1:] in joints:
            index = KEYPOINT_INDEX[("right_" if name[0] == "R" else "left_") + joints[name[1:]]]
            error = np.linalg.norm(track.keypoints[:, index, :2] - reference["obs2d"][2, :8, k], axis=1)
            assert np.median(error) < 30, name  # of a man 700 pixels tall
    assert networks.seconds["blazepose_heavy"] > 0


def test_two_people_in_one_frame(networks, shared_media):
    (frame,) = read_frames(open_source(shared_media / "jumps_two_people.mp4"), 60, 60)
    picture = Picture(frame.image)
    assert len(detect_people(networks, picture)) >= 2
    tracker = PeopleTracker(networks, 0.0)
    assert len(tracker.update(0, frame.image)) == 2
    # Turned upside down, a still shows the same two.
    turned = PeopleTracker(networks, 0.0)
    turned.update(0, np.ascontiguousarray(frame.image[::-1, ::-1]))
    there = sorted(t.boxes[0].tolist() for t in tracker.finish())
    size = np.array([frame.image.shape[1], frame.image.shape[0]])
    for track in turned.finish():
        back = np.concatenate([size - track.boxes[0, 2:], size - track.boxes[0, :2]])
        assert boxes.iou(back[None], np.array(there)).max() > 0.6
