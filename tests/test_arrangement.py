"""Where the people of several sources stand."""

import numpy as np
import pytest

from human_mesh_recovery.blender_addon.arrangement import Span, moved, sideways, width
from human_mesh_recovery.tests.scene_samples import walking


def still(footage: str, low: float = 0.0, high: float = 0.0, first: int = 1, **more: bool) -> Span:
    return Span(first, first, low, high, footage, **more)


def test_stills_stand_in_a_row():
    assert sideways([still("a"), still("b"), still("c")]) == [0.0, 1.5, 3.0]


def test_a_group_takes_the_room_that_it_needs():
    assert sideways([still("a", -1.0, 2.0), still("b", -0.5, 0.5)]) == [0.0, 4.0]


def test_a_still_stands_there_at_all_times():
    assert sideways([still("a"), still("b", first=2)]) == [0.0, 1.5]
    assert sideways([Span(2, 61, -1.0, 0.5, "a"), still("b")]) == [0.0, 2.0]


def test_those_who_follow_in_time_or_are_of_the_same_footage_stay():
    assert sideways([Span(1, 20, 0.0, 0.0, "a"), Span(21, 30, 0.0, 0.0, "b")]) == [0.0, 0.0]
    assert sideways([still("a"), still("b"), still("b")]) == [0.0, 1.5, 1.5]


def test_the_user_s_own_camera_holds_its_people():
    assert sideways([still("a"), still("b", fixed=True)]) == [0.0, 0.0]


def test_what_stands_there_is_kept_clear_but_not_of_itself():
    assert sideways([still("b")], [still("a", 0.0, 1.0)]) == [2.5]
    assert sideways([still("a")], [still("a")]) == [0.0]


def test_the_camera_moves_with_its_people():
    motion = walking(8)
    aside = moved(motion, 2.0)
    assert width([aside]) == pytest.approx(np.add(width([motion]), 2.0))
    assert motion.camera is not None
    assert aside.camera is not None
    point = np.array([0.3, 0.2, 1.0])
    seen = motion.camera.to_camera(point)
    assert np.allclose(aside.camera.to_camera(point + [2.0, 0.0, 0.0]), seen)
    assert moved(motion, 0.0) is motion
