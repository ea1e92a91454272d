"""How far the work is, as a person would say it."""

import time

import pytest

from human_mesh_recovery.blender_addon.client.progress import Meter, duration


def test_progress_is_told_as_a_person_would():
    meter = Meter()
    assert meter.progress(0, 1).stage == "Starting"
    meter.update({"stage": "people", "done": 0, "total": 200})
    meter._marks.clear()
    meter._marks.extend([(0.0, 1), (5.0, 56)])
    meter._done = 56
    progress = meter.progress(1, 5)
    assert progress.text == "56 of 200 frames, 11 frames/s, 13 s left"
    assert progress.place == "2 of 5"
    assert 0.2 < progress.fraction < 0.4


def test_one_picture_is_not_counted():
    meter = Meter()
    meter.update({"stage": "people", "done": 0, "total": 1})
    assert meter.progress(0, 1).text == ""


def test_a_word_is_a_word_also_where_nothing_moves(monkeypatch: pytest.MonkeyPatch):
    meter = Meter()
    for now in (10.0, 20.0):
        monkeypatch.setattr(time, "monotonic", lambda now=now: now)
        meter.update({"stage": "unpack", "done": 0, "total": 1})
    assert meter.idle(25.0, 5.0) == 5.0


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.4, "0 s"), (59.4, "59 s"), (125, "2 min 5 s"), (3840, "1 h 4 min")]
)
def test_durations(seconds, words):
    assert duration(seconds) == words
