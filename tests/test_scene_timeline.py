"""Frame rates and the source's frames on the scene's."""

from dataclasses import replace

import numpy as np
import pytest

from human_mesh_recovery.blender_addon.scene.timeline import Timeline, frame_rate, plan
from human_mesh_recovery.inference_server.body.rotation import (
    axis_angle_to_matrix,
    quaternion_to_axis_angle,
    slerp,
)
from human_mesh_recovery.inference_server.resampling import resample, resample_camera
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
    assert (timeline.first_frame, timeline.last_frame) == (1, 38)
    assert timeline.positions.tolist() == list(range(12, 50))
    late = plan([walking(10, first=40)], first_frame=-7)
    assert (late.first_frame, late.last_frame, late.positions[0]) == (-7, 2, 40)


def test_at_another_rate_the_nearest_source_frame_is_shown():
    timeline = plan([walking(10, first=12)], 60.0)
    assert timeline.source_frames[:5].tolist() == [12, 13, 13, 14, 14]
    timeline = plan([walking(100, fps=24 / 1.001)], 23.98)
    assert timeline.source_frames.tolist() == list(range(100))


def test_samples_stand_where_the_positions_are_in_a_motion_s_range():
    motion = walking(6, first=10)
    positions = np.array([20.0, 15.0, 14.5, 10.0, 3.0, 11.25, 11.25])
    samples = resample(motion, positions)
    assert samples.frames.tolist() == [1, 2, 3, 5, 6]
    own = resample(motion, motion.frames)
    assert np.allclose(samples.trans[0], motion.trans[5])
    assert np.allclose(samples.trans[1], (motion.trans[4] + motion.trans[5]) / 2)
    assert np.allclose(samples.trans[3], 0.75 * motion.trans[1] + 0.25 * motion.trans[2])
    between = slerp(own.quaternions[4], own.quaternions[5], np.full(24, 0.5))
    assert np.allclose(np.abs(np.sum(samples.quaternions[1] * between, axis=-1)), 1)
    assert (np.sum(samples.quaternions[1:] * samples.quaternions[:-1], axis=-1) > 0).all()
    assert Timeline(25.0, 100, positions).scene_frames(samples).tolist() == [101, 102, 103, 105, 106]


@pytest.mark.parametrize(("positions", "taken"), [([0, 8, 30, 60], 2), ([0, 4, 8], 2), ([60, 30], 1)])
def test_somebody_who_is_never_shown_is_put_at_the_next_position(positions: list[int], taken: int):
    assert resample(walking(3, first=10), np.array(positions)).frames.tolist() == [taken]


def test_a_moving_camera_is_sampled_from_all_who_saw_it():
    turn = axis_angle_to_matrix(np.linspace(0, 1, 20)[:, None] * np.array([0, 0, 1.0]))
    centres = np.stack([np.arange(20.0), np.zeros(20), np.ones(20)], axis=1)
    motions = []
    for first, count in ((0, 8), (6, 14)):
        motion = walking(count, first=first)
        assert motion.camera is not None
        rows = slice(first, first + count)
        moved = -np.einsum("fij,fj->fi", turn[rows], centres[rows])
        motion.camera = replace(motion.camera, rotation=turn[rows], translation=moved)
        motions.append(motion)
    samples = resample_camera(motions, np.array([-1.0, 0.0, 6.5, 19.0]))
    assert samples.frames.tolist() == [1, 2, 3]
    assert np.allclose(samples.trans[:, 0], [0, 6.5, 19])
    assert np.allclose(quaternion_to_axis_angle(samples.quaternions)[:, 2], [0, -6.5 / 19, -1])
