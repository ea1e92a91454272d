"""Fingers solved of what networks see of them: bends come back, noise is calmed, gaps are bridged."""

import numpy as np
import pytest

from human_mesh_recovery.inference_server.body.fingers import SIDES
from human_mesh_recovery.inference_server.body.rotation import axis_angle_to_matrix, matrix_to_axis_angle
from human_mesh_recovery.inference_server.fitting.finger_joints import FLEX, HABITS, hand_form
from human_mesh_recovery.inference_server.fitting.fingers import SeenFingers, solve_fingers

FPS = 30.0
INDEX = slice(0, 3)


def turned(side: str, turns: np.ndarray) -> np.ndarray:
    """(F, 15, 3) turns about the joints' own axes -> axis-angle."""
    return np.einsum("jab,fjb->fja", hand_form(side).axes, turns)


def chained(poses: np.ndarray) -> np.ndarray:
    """(F, 15, 3) -> (F, 15, 3, 3) relative to the palm."""
    matrices = axis_angle_to_matrix(poses).reshape(len(poses), 5, 3, 3, 3)
    for joint in (1, 2):
        matrices[:, :, joint] = matrices[:, :, joint - 1] @ matrices[:, :, joint]
    return matrices.reshape(len(poses), 15, 3, 3)


def parts_of(side: str, poses: np.ndarray) -> np.ndarray:
    """(F, 15, 3) where the fingers' parts point."""
    return (chained(poses) @ hand_form(side).parts[..., None])[..., 0]


def seen(side: str, poses: np.ndarray, noise: float = 0.0, confidence: float = 1.0) -> SeenFingers:
    """noise: degrees that each part is off along either of its sides."""
    pointing = parts_of(side, poses)
    pointing = pointing + np.random.default_rng(5).normal(0, np.radians(noise), pointing.shape)
    pointing /= np.linalg.norm(pointing, axis=2, keepdims=True)
    count = len(poses)
    at_rest = hand_form(side).parts[:, None]
    return SeenFingers(np.arange(count), at_rest, pointing[:, :, None], np.full(count, confidence))


def off(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Degrees between two hands' joints."""
    between = axis_angle_to_matrix(a).swapaxes(-1, -2) @ axis_angle_to_matrix(b)
    return np.degrees(np.linalg.norm(matrix_to_axis_angle(between), axis=-1))


def plausible(side: str, count: int, seed: int = 0) -> np.ndarray:
    """(F, 15, 3) poses as hands take them, each frame another."""
    random = np.random.default_rng(seed)
    turns = HABITS.usual + random.normal(size=(count, 15, 3)) * HABITS.spread
    turns = np.clip(turns, HABITS.lower, HABITS.upper)
    turns[:, 2:12:3, FLEX] = 0.6 * turns[:, 1:12:3, FLEX] + random.normal(0, 0.15, (count, 4))
    return turned(side, turns)


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize(
    ("noise", "long_fingers", "thumb", "pointing"), [(0, 6.5, 10.5, 4.5), (4, 7.5, 12, 6), (8, 9.5, 14, 9)]
)
def test_random_hands_come_back(side: str, noise: float, long_fingers: float, thumb: float, pointing: float):
    """Mean degrees, each picture for itself. How parts turn about themselves, which no point tells, is in them."""
    truth = plausible(side, 80)
    found = solve_fingers(hand_form(side), seen(side, truth, noise), len(truth), 0.0)
    error = off(found, truth)
    assert error[:, :12].mean() < long_fingers
    assert error[:, 12:].mean() < thumb
    cosine = (parts_of(side, found) * parts_of(side, truth)).sum(axis=2)
    assert np.degrees(np.arccos(np.clip(cosine, -1, 1))).mean() < pointing


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("pose", ["open", "fist", "pointing"])
def test_known_hands(side: str, pose: str):
    bends = {"open": (0, 0, 0), "fist": (85, 100, 60), "pointing": (85, 100, 60)}[pose]
    turns = np.zeros((1, 15, 3))
    turns[0, :12, FLEX] = np.radians(bends * 4)
    if pose == "pointing":
        turns[0, INDEX] = 0
    truth = turned(side, turns)
    found = solve_fingers(hand_form(side), seen(side, truth), 1, 0.0)
    back = np.degrees(np.einsum("jab,fja->fjb", hand_form(side).axes, found))[0, :12, FLEX]
    np.testing.assert_allclose(back, np.degrees(turns[0, :12, FLEX]), atol=8)


def test_axes_fixed_to_the_parts_tell_how_they_turn_about_themselves():
    """As MANO's fit gives them."""
    truth = plausible("right", 40)
    axes = np.tile(np.eye(3), (15, 1, 1))
    full = SeenFingers(np.arange(40), axes, chained(truth).swapaxes(-1, -2), np.ones(40), np.radians(5))
    found = solve_fingers(hand_form("right"), full, 40, 0.0)
    by_points = solve_fingers(hand_form("right"), seen("right", truth), 40, 0.0)
    assert off(found, truth).mean() < 4.5
    assert off(found, truth).mean() < 0.8 * off(by_points, truth).mean()


def moving(count: int = 90) -> np.ndarray:
    """A right hand that closes and opens twice in three seconds."""
    bend = 0.5 + 0.5 * np.sin(2 * np.pi * 0.7 * np.arange(count) / FPS)
    turns = np.zeros((count, 15, 3))
    turns[:, :12, FLEX] = bend[:, None] * np.radians((60, 70, 40) * 4)
    return turned("right", turns)


def test_noise_is_calmed_over_time_and_motion_kept():
    truth = moving()
    shaking = seen("right", truth, noise=8)
    single = solve_fingers(hand_form("right"), shaking, len(truth), FPS, smoothing=0.0)
    smooth = solve_fingers(hand_form("right"), shaking, len(truth), FPS)
    assert off(smooth, truth)[:, :12].mean() < 0.7 * off(single, truth)[:, :12].mean()
    jerk = [np.abs(np.diff(poses, 2, axis=0)).mean() for poses in (single, smooth)]
    assert jerk[1] < 0.25 * jerk[0]
    kept = np.ptp(smooth[:, 1], axis=0).max() / np.ptp(truth[:, 1], axis=0).max()
    assert 0.85 < kept < 1.15


def test_what_is_not_seen_is_bridged_and_a_long_gap_relaxed():
    truth = moving()
    whole = seen("right", truth)

    def without(gap: slice) -> np.ndarray:
        kept = np.delete(np.arange(len(truth)), gap)
        part = SeenFingers(kept, whole.at_rest, whole.seen[kept], whole.confidence[kept])
        return solve_fingers(hand_form("right"), part, len(truth), FPS)

    bridged = without(slice(40, 46))
    assert off(bridged, truth)[40:46, :12].mean() < 8
    relaxed = turned("right", np.tile(HABITS.usual, (1, 1, 1)))
    long = without(slice(15, 90))
    assert off(long[80:], relaxed)[:, :12].mean() < 8
    assert np.abs(np.diff(long, axis=0)).max() < np.radians(15)


def test_a_hand_that_nobody_saw_is_relaxed():
    form = hand_form("left")
    nothing = SeenFingers(np.zeros(0, int), form.parts[:, None], np.zeros((0, 15, 1, 3)), np.zeros(0))
    found = solve_fingers(form, nothing, 5, FPS)
    np.testing.assert_allclose(found, np.tile(turned("left", HABITS.usual[None]), (5, 1, 1)), atol=0.02)


def test_single_points_far_off_are_not_believed():
    truth = moving(60)
    wrong = seen("right", truth)
    wrong.seen[30, 1, 0] = [0.0, 1.0, 0.0]
    found = solve_fingers(hand_form("right"), wrong, 60, FPS)
    assert off(found, truth)[28:33, INDEX].max() < 15


def test_what_is_hardly_seen_hardly_counts():
    truth = turned("right", np.tile(HABITS.usual, (1, 1, 1)))
    fist = np.zeros((1, 15, 3))
    fist[0, :12, FLEX] = np.radians((85, 100, 60) * 4)
    closed = turned("right", fist)
    both = [
        solve_fingers(hand_form("right"), seen("right", closed, confidence=trust), 1, 0.0)
        for trust in (1.0, 0.01)
    ]
    assert off(both[0], closed)[:, :12].mean() < 8
    assert off(both[1], closed)[:, :12].mean() > 2 * off(both[0], closed)[:, :12].mean()
    assert off(both[1], truth).mean() < off(both[0], truth).mean()
