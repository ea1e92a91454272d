"""Frame rates and the source's frames on the scene's."""

import pytest

from human_mesh_recovery.blender_addon.scene.timeline import frame_rate, plan
from human_mesh_recovery.tests.scene_samples import walking


@pytest.mark.parametrize(
    ("fps", "expected"),
    [
        (24, (24, 1.0)), (25, (25, 1.0)), (30.0, (30, 1.0)), (60, (60, 1.0)), (120, (120, 1.0)),
        (23.976, (24, 1.001)), (24000 / 1001, (24, 1.001)), (23.98, (24, 1.001)),
        (29.97, (30, 1.001)), (30000 / 1001, (30, 1.001)), (59.94, (60, 1.001)), (14.985, (15, 1.001)),
        (12.5, (25, 2.0)), (7.5, (15, 2.0)), (0.5, (1, 2.0)),
    ],
)  # fmt: skip
def test_frame_rates_as_blender_holds_them(fps, expected):
    assert frame_rate(fps) == expected


@pytest.mark.parametrize("fps", [29.83, 18.2, 0.1, 333.3])
def test_odd_frame_rates_are_kept_exactly(fps):
    whole, base = frame_rate(fps)
    assert whole / base == pytest.approx(fps, rel=1e-9)


@pytest.mark.parametrize("fps", [0, -1, float("nan"), 1e9])
def test_impossible_frame_rates_are_refused(fps):
    with pytest.raises(ValueError, match="frame rate"):
        frame_rate(fps)


def test_scene_frame_one_is_the_first_frame_that_anybody_was_seen_on():
    timeline = plan([walking(10, first=40), walking(10, first=12, person=2)])
    assert [timeline.source_frame(frame) for frame in (1, 2, 29)] == [12, 13, 40]


def test_at_another_rate_the_nearest_source_frame_is_shown():
    timeline = plan([walking(10, first=12)], 60.0)
    assert [timeline.source_frame(frame) for frame in (1, 2, 3, 4, 5)] == [12, 13, 13, 14, 14]
    timeline = plan([walking(100, fps=24 / 1.001)], 23.98)
    assert [timeline.source_frame(frame) for frame in (1, 1000, 100001)] == [0, 999, 100000]
