"""Where in a clip a body is guessed rather than seen."""

import numpy as np

from human_mesh_recovery.blender_addon.unsure_stretches import LIMBS, find_stretches, least_sure
from human_mesh_recovery.inference_server.body.skeleton import JOINT_INDEX, JOINT_NAMES

FPS = 30.0


def sure(frames: int = 100) -> np.ndarray:
    return np.full((frames, len(JOINT_NAMES)), 0.9)


def doubt(confidence: np.ndarray, first: int, last: int, value: float, *joints: str) -> None:
    confidence[first : last + 1, [JOINT_INDEX[joint] for joint in joints]] = value


def test_every_joint_is_of_one_limb():
    assert sorted(joint for joints in LIMBS.values() for joint in joints) == sorted(JOINT_NAMES)


def test_nothing_is_found_where_all_was_seen():
    assert find_stretches(sure(), FPS) == []
    assert least_sure([]) is None


def test_a_joint_s_stretch_has_its_frames_and_name():
    confidence = sure()
    doubt(confidence, 40, 57, 0.2, "left_wrist")
    (stretch,) = find_stretches(confidence, FPS, first_frame=1)
    assert (stretch.first, stretch.last, stretch.middle) == (41, 58, 49)
    assert stretch.joints == ("left_wrist",)
    assert stretch.words == "left wrist"
    assert np.isclose(stretch.doubt, 18 * 0.3)


def test_joints_of_a_limb_are_one_stretch_with_the_least_sure_first():
    confidence = sure()
    doubt(confidence, 20, 40, 0.4, "left_elbow")
    doubt(confidence, 18, 42, 0.1, "left_hand")
    (stretch,) = find_stretches(confidence, FPS)
    assert (stretch.first, stretch.last) == (18, 42)
    assert stretch.joints == ("left_hand", "left_elbow")
    assert stretch.words == "left elbow and hand"


def test_limbs_that_are_unsure_together_are_one_stretch():
    confidence = sure()
    doubt(confidence, 20, 40, 0.3, "left_knee")
    doubt(confidence, 22, 41, 0.2, "right_wrist")
    (stretch,) = find_stretches(confidence, FPS)
    assert (stretch.first, stretch.last, stretch.words) == (20, 41, "right wrist and left knee")
    doubt(confidence, 20, 41, 0.1, "head")
    (stretch,) = find_stretches(confidence, FPS)
    assert stretch.words == "most of the body"


def test_a_foot_out_of_sight_does_not_hide_the_rest():
    confidence = sure()
    doubt(confidence, 0, 99, 0.1, "right_foot")
    doubt(confidence, 60, 69, 0.0, "left_wrist")
    found = find_stretches(confidence, FPS)
    assert [(each.first, each.last, each.words) for each in found] == [
        (0, 99, "right foot"),
        (60, 69, "left wrist"),
    ]
    worst = least_sure(found)
    assert worst is not None
    assert worst.words == "right foot"


def test_flickering_is_one_stretch_and_a_blink_is_none():
    confidence = sure()
    doubt(confidence, 5, 5, 0.0, "head")
    doubt(confidence, 20, 25, 0.45, "head")
    for first in (40, 46, 52):
        doubt(confidence, first, first + 2, 0.2, "neck")
    doubt(confidence, 80, 90, 0.2, "neck")
    found = find_stretches(confidence, FPS)
    assert [(each.first, each.last) for each in found] == [(40, 54), (80, 90)]


def test_they_come_in_order_of_time():
    confidence = sure(300)
    doubt(confidence, 200, 220, 0.2, "left_hip")
    doubt(confidence, 10, 20, 0.2, "right_hand")
    doubt(confidence, 90, 120, 0.4, "pelvis")
    found = find_stretches(confidence, FPS)
    assert [each.words for each in found] == ["right hand", "torso", "left hip"]
    worst = least_sure(found)
    assert worst is not None
    assert worst.first == 200


def test_a_still_has_its_unsure_joints_too():
    confidence = sure(1)
    doubt(confidence, 0, 0, 0.3, "right_wrist")
    (stretch,) = find_stretches(confidence, 24.0)
    assert (stretch.first, stretch.last, stretch.words) == (0, 0, "right wrist")
