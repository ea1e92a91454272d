"""The whole road on the examples: how near the truth it comes, and what it tells on the way."""

from pathlib import Path

import numpy as np
import pytest

from human_mesh_recovery.inference_server.body.files import load_body
from human_mesh_recovery.inference_server.body.model import pose_body
from human_mesh_recovery.inference_server.body.skeleton import JOINT_INDEX, JOINT_NAMES, KEYPOINT_INDEX
from human_mesh_recovery.inference_server.errors import RecoveryError
from human_mesh_recovery.inference_server.evaluation.commands import LIMB_JOINTS, Measured, measure
from human_mesh_recovery.inference_server.evaluation.references import NamedJoints, joints_of_motion
from human_mesh_recovery.inference_server.motion import Motion, load_motion
from human_mesh_recovery.inference_server.pipeline import Progress, Settings, recover
from human_mesh_recovery.inference_server.solve import SolveSettings
from human_mesh_recovery.tests.cut_video import cut_short_video

# Millimetres, over hips, knees, ankles, shoulders, elbows and wrists; about a third above what was measured.
STILL_PA_MPJPE, STILL_ROOT_ALIGNED = 86, 112
WALK_PA_MPJPE, WALK_ROOT_ALIGNED, WALK_ACCELERATION = 60, 80, 3.6
WALK = range(47, 117)
"""Frames of the walk that are recovered."""


def measured(motion: Motion, reference: Path) -> Measured:
    assert motion.joints is not None
    ours = NamedJoints(JOINT_NAMES, motion.frames, motion.joints.astype(np.float64))
    return measure(ours, joints_of_motion(reference), list(LIMB_JOINTS))


def mesh(motion: Motion) -> np.ndarray:
    """(F, V, 3) metres, world."""
    return pose_body(load_body(motion.body), motion.poses, motion.betas, motion.trans)[0]


def test_the_still_is_recovered(still, examples):
    (motion,) = still.motions
    figures = measured(motion, examples / "still.npz")
    assert figures.pa_mpjpe < STILL_PA_MPJPE
    assert figures.root_aligned_mpjpe < STILL_ROOT_ALIGNED
    assert motion.fps == 0
    assert motion.frames.tolist() == [0]
    assert motion.source == str((examples / "still.jpg").resolve())


def test_the_walk_is_recovered(walk, examples):
    (motion,) = walk.motions
    assert motion.frames.tolist() == list(WALK)
    assert motion.fps == 25
    assert (walk.frame_count, walk.stopped_at, walk.warnings) == (len(WALK), None, [])
    figures = measured(motion, examples / "walk.npz")
    assert figures.frames == len(WALK)
    assert figures.pa_mpjpe < WALK_PA_MPJPE
    assert figures.root_aligned_mpjpe < WALK_ROOT_ALIGNED
    assert figures.acceleration < WALK_ACCELERATION


def test_the_parts_of_a_motion_fit_together(walk):
    (motion,) = walk.motions
    count = len(motion.frames)
    assert motion.poses.shape == (count, 24, 3)
    assert motion.betas.shape == (10,)
    assert motion.confidence is not None
    assert motion.confidence.shape == (count, 24)
    assert motion.confidence.min() >= 0
    assert motion.confidence.max() <= 1
    assert motion.camera is not None
    np.testing.assert_allclose(motion.camera.rotation @ motion.camera.rotation.T, np.eye(3), atol=1e-9)
    _, joints = pose_body(load_body("free"), motion.poses, motion.betas, motion.trans)
    assert motion.joints is not None
    np.testing.assert_allclose(motion.camera.to_camera(joints), motion.joints, atol=1e-4)
    assert motion.joints[..., 2].min() > 0.5  # in front of the camera


def test_the_joints_lie_on_the_keypoints(walk):
    (motion,) = walk.motions
    assert motion.camera is not None
    assert motion.joints is not None
    assert motion.keypoints_2d is not None
    pixels = motion.camera.project(motion.joints)
    keypoints = motion.keypoints_2d[..., :2]
    tall = np.ptp(pixels[..., 1], axis=1).mean()
    for name in ("left_ankle", "right_ankle", "left_knee", "right_knee", "left_wrist", "right_wrist"):
        off = np.linalg.norm(pixels[:, JOINT_INDEX[name]] - keypoints[:, KEYPOINT_INDEX[name]], axis=1)
        assert np.median(off) < 0.05 * tall, name


def test_the_walker_stands_on_the_floor(walk):
    (motion,) = walk.motions
    lowest = mesh(motion)[..., 2].min(axis=1)
    assert np.abs(np.median(lowest)) < 0.015
    assert np.abs(lowest).max() < 0.03
    upright = pose_body(load_body("free"), motion.poses, motion.betas, motion.trans)[1]
    assert (upright[:, JOINT_INDEX["head"], 2] > 1.1).all()


def test_standing_feet_do_not_slide(walk, examples):
    """While the true foot stands, ours does: a walking foot moves 100 mm a frame."""
    body = load_body("free")
    motions = (walk.motions[0], load_motion(examples / "walk.npz"))
    ours, true = (pose_body(body, m.poses, m.betas, m.trans)[1][-len(WALK) :] for m in motions)
    for name in ("left_ankle", "right_ankle", "left_foot", "right_foot"):
        step, true_step = (
            np.linalg.norm(np.diff(joints[:, JOINT_INDEX[name]], axis=0), axis=1) for joints in (ours, true)
        )
        stands = true_step < 0.004
        assert stands.sum() > 40
        assert np.median(step[stands]) < 0.001, name
        assert step[stands].mean() < 0.003, name


def test_progress_is_told(networks, examples):
    told: list[Progress] = []
    recover(examples / "walk.mp4", Settings(start=5, end=7), told.append, networks=networks)
    assert [(p.stage, p.done, p.total) for p in told] == [
        *(("people", done, 3) for done in range(4)),
        *(("fit", done, 2) for done in range(3)),
    ]


def test_frame_numbers_are_the_source_s(networks, examples):
    (motion,) = recover(examples / "walk.mp4", Settings(start=30, end=33), networks=networks).motions
    assert motion.frames.tolist() == [30, 31, 32, 33]


def test_a_stop_keeps_what_was_seen(networks, examples):
    seen: list[Progress] = []
    recovery = recover(
        examples / "walk.mp4", Settings(start=10), seen.append, lambda: len(seen) > 4, networks=networks
    )
    assert recovery.stopped_at == 13
    assert recovery.frame_count == 4
    assert recovery.motions[0].frames.tolist() == [10, 11, 12, 13]


def test_a_focal_length_that_is_given_is_kept(networks, examples):
    settings = Settings(SolveSettings(focal_length=1477.3))
    (motion,) = recover(examples / "still.jpg", settings, networks=networks).motions
    assert motion.camera is not None
    assert motion.camera.focal_length == 1477.3
    truth = joints_of_motion(examples / "still.npz").joints
    assert motion.joints is not None
    # with the true lens the distance follows from the body's height, which the shape leaves open by some percent
    assert motion.joints[0, 0, 2] == pytest.approx(truth[0, 0, 2], rel=0.15)


def test_an_unknown_method_and_a_body_that_is_missing(networks, examples, tmp_path):
    with pytest.raises(RecoveryError, match="no method 'magic'"):
        recover(examples / "still.jpg", Settings(SolveSettings("magic")), networks=networks)
    with pytest.raises(RecoveryError) as caught:
        recover(
            examples / "still.jpg", Settings(SolveSettings(body=str(tmp_path / "no.npz"))), networks=networks
        )
    assert "no.npz" in caught.value.message


def test_a_video_that_ends_early_keeps_what_was_read_and_says_so(networks, examples, tmp_path):
    cut_short = cut_short_video(examples / "walk.mp4", tmp_path / "cut.mp4")
    recovery = recover(cut_short, Settings(start=40), networks=networks)
    (warning,) = recovery.warnings
    assert "ends early" in warning
    assert "117" in warning
    (motion,) = recovery.motions
    assert 5 < len(motion.frames) == recovery.frame_count < 50
    assert motion.frames.tolist() == list(range(40, 40 + recovery.frame_count))
