"""The fit: derivatives, and whether it finds bodies whose truth is known."""

from dataclasses import replace

import numpy as np
import pytest

from human_mesh_recovery.inference_server.body.files import load_body
from human_mesh_recovery.inference_server.body.model import forward_kinematics, rest_joints
from human_mesh_recovery.inference_server.body.rotation import axis_angle_to_matrix, matrix_to_axis_angle
from human_mesh_recovery.inference_server.body.skeleton import JOINT_INDEX, KEYPOINT_INDEX
from human_mesh_recovery.inference_server.fitting.body_keypoints import attach_keypoints
from human_mesh_recovery.inference_server.fitting.clip import OVERLAP, WINDOW, solve_clip
from human_mesh_recovery.inference_server.fitting.focal_length import estimate_focal_length
from human_mesh_recovery.inference_server.fitting.initial import initial_state
from human_mesh_recovery.inference_server.fitting.kinematics import UNKNOWNS, pose_keypoints
from human_mesh_recovery.inference_server.fitting.observations import (
    HIPS,
    BodyState,
    Observations,
    PoseTarget,
    observe,
)
from human_mesh_recovery.inference_server.fitting.pose_prior import (
    load_pose_prior,
    prior_terms,
    turn_to_axis_angle,
)
from human_mesh_recovery.inference_server.fitting.shape import apply_step, clearest_frames, solve_shape
from human_mesh_recovery.inference_server.fitting.terms import Pins, Problem, linearise

BODY = load_body("free")
KEYPOINTS = attach_keypoints(BODY, BODY)
FACING_CAMERA = np.diag([1.0, -1.0, -1.0])
FPS = 30.0


def moving_body(frames: int, seed: int = 0) -> BodyState:
    """A person who marches on the spot, swings the arms and turns, four metres from the camera."""
    time = np.arange(frames) / FPS
    swing = np.sin(2 * np.pi * 0.8 * time)
    poses = np.zeros((frames, 24, 3))
    poses[:, 0, 1] = 0.5 * np.sin(0.9 * time)
    for side, sign in (("left", 1), ("right", -1)):
        poses[:, JOINT_INDEX[f"{side}_hip"], 0] = -0.35 + sign * 0.35 * swing
        poses[:, JOINT_INDEX[f"{side}_knee"], 0] = 0.5 - sign * 0.4 * swing
        poses[:, JOINT_INDEX[f"{side}_shoulder"], 2] = -sign * 1.0
        poses[:, JOINT_INDEX[f"{side}_shoulder"], 1] = -0.4 * swing
        poses[:, JOINT_INDEX[f"{side}_elbow"], 1] = -sign * (0.6 + 0.3 * swing)
    rotations = axis_angle_to_matrix(poses)
    rotations[:, 0] = FACING_CAMERA @ rotations[:, 0]
    trans = np.stack([0.2 * np.sin(time), 0.1 + 0.03 * np.abs(swing), 4 + 0.2 * np.cos(0.7 * time)], axis=1)
    betas = np.random.default_rng(seed).normal(size=10) * 0.6
    return BodyState(rotations, betas, trans)


def joints_of(state: BodyState) -> np.ndarray:
    _, joints = forward_kinematics(state.rotations, rest_joints(BODY, state.betas))
    return joints + state.trans[:, None]


def seen_from(state: BodyState, noise_2d: float = 0.0, noise_3d: float = 0.0, seed: int = 1) -> Observations:
    """Keypoints of a body as a camera sees them; noise_2d as a share of the person's size, noise_3d in metres."""
    random = np.random.default_rng(seed)
    points = pose_keypoints(BODY, KEYPOINTS, state.rotations, state.betas, state.trans).positions
    rays = points[..., :2] / points[..., 2:]
    extent = np.ptp(rays, axis=1).max(axis=1)
    relative = points - points[:, HIPS].mean(axis=1, keepdims=True)
    return Observations(
        rays + random.normal(size=rays.shape) * noise_2d * extent[:, None, None],
        np.full(rays.shape[:2], 0.9),
        extent,
        relative + random.normal(size=relative.shape) * noise_3d,
        FPS,
    )


def problem_of(seen: Observations) -> Problem:
    return Problem(BODY, KEYPOINTS, seen, load_pose_prior())


def solve(problem: Problem, smoothing: float = 1.0) -> BodyState:
    start = initial_state(BODY, KEYPOINTS, problem.seen)
    clear = clearest_frames(problem.seen.confidence)
    shaped = solve_shape(problem.slice(clear), start.slice(clear))
    return solve_clip(problem, replace(start, betas=shaped.betas), smoothing)


def error_mm(found: BodyState, truth: BodyState) -> float:
    """Mean distance of the joints after their pelvises are laid on each other."""
    a, b = joints_of(found), joints_of(truth)
    return float(np.linalg.norm((a - a[:, :1]) - (b - b[:, :1]), axis=2).mean() * 1e3)


def test_keypoint_jacobians_are_the_derivatives():
    state = moving_body(3)
    posed = pose_keypoints(BODY, KEYPOINTS, state.rotations, state.betas, state.trans, with_betas=True)
    assert posed.betas_jacobian is not None
    tiny = 1e-6
    for unknown in range(UNKNOWNS):
        step = np.zeros((3, UNKNOWNS))
        step[:, unknown] = tiny
        moved = apply_step(state, step)
        there = pose_keypoints(BODY, KEYPOINTS, moved.rotations, moved.betas, moved.trans).positions
        change = (there - posed.positions) / tiny
        np.testing.assert_allclose(change, posed.pose_jacobian[..., unknown], atol=1e-5)
    for beta in range(10):
        betas = state.betas + tiny * (np.arange(10) == beta)
        there = pose_keypoints(BODY, KEYPOINTS, state.rotations, betas, state.trans).positions
        np.testing.assert_allclose(
            (there - posed.positions) / tiny, posed.betas_jacobian[..., beta], atol=1e-5
        )


def test_gradient_of_the_whole_cost_is_its_derivative():
    state = moving_body(2)
    seen = seen_from(moving_body(2, seed=3), noise_2d=0.02, noise_3d=0.05)
    target = PoseTarget(
        moving_body(2, seed=4).rotations @ axis_angle_to_matrix([0.1, 0.2, 0.1]), np.full((2, 24), 0.3)
    )
    pins = Pins(np.ones((2, 25, 3)), np.full((2, 25), 3.0))
    problem = replace(problem_of(seen), target=target, pins=pins)
    normal = linearise(problem, state)
    random = np.random.default_rng(0)
    for _ in range(5):
        direction = random.normal(size=(2, UNKNOWNS))
        direction[:, 3 * 1 : 3 * 22] *= 0.05
        tiny = 1e-5
        ahead = linearise(problem, apply_step(state, tiny * direction)).cost
        behind = linearise(problem, apply_step(state, -tiny * direction)).cost
        slope = (ahead - behind) / (2 * tiny)
        expected = (normal.gradient * direction).sum(axis=1)
        # the target's gradient takes log(R0' R exp d) as log(R0' R) + d, right but for the angle's square
        np.testing.assert_allclose(slope, expected, rtol=0.03, atol=0.03 * np.abs(expected).max())


def test_turn_to_axis_angle_is_the_derivative_of_the_logarithm():
    axis_angle = np.random.default_rng(0).normal(size=(50, 3))
    by_turn = turn_to_axis_angle(axis_angle)
    for axis in range(3):
        tiny = 1e-6 * (np.arange(3) == axis)
        there = matrix_to_axis_angle(axis_angle_to_matrix(axis_angle) @ axis_angle_to_matrix(tiny))
        np.testing.assert_allclose((there - axis_angle) / 1e-6, by_turn[..., axis], atol=1e-4)


def test_prior_prefers_possible_poses():
    prior = load_pose_prior()
    standing = np.zeros((1, 21, 3))
    standing[0, JOINT_INDEX["left_shoulder"] - 1, 2] = -1.1
    standing[0, JOINT_INDEX["right_shoulder"] - 1, 2] = 1.1
    knee_backwards = standing.copy()
    knee_backwards[0, JOINT_INDEX["left_knee"] - 1, 0] = -1.0
    costs = [prior_terms(prior, pose.reshape(1, -1))[0][0] for pose in (standing, knee_backwards)]
    assert costs[1] > costs[0] + 30


def test_initial_pose_points_every_limb_the_right_way():
    truth = moving_body(40)
    found = initial_state(BODY, KEYPOINTS, seen_from(truth))
    truth_joints, joints = joints_of(truth), joints_of(found)
    for side in ("left", "right"):
        for start, end in (("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle")):
            a, b = JOINT_INDEX[f"{side}_{start}"], JOINT_INDEX[f"{side}_{end}"]
            bone, true_bone = joints[:, b] - joints[:, a], truth_joints[:, b] - truth_joints[:, a]
            cosine = (
                (bone * true_bone).sum(1) / np.linalg.norm(bone, axis=1) / np.linalg.norm(true_bone, axis=1)
            )
            assert np.degrees(np.arccos(cosine.clip(-1, 1))).mean() < 12


def test_recovers_a_known_body_from_what_a_camera_sees():
    truth = moving_body(60)
    expected = seen_from(truth, noise_3d=0.08)
    found, start = solve(problem_of(expected)), initial_state(BODY, KEYPOINTS, expected)
    assert error_mm(found, truth) < 0.5 * error_mm(start, truth)
    seen = pose_keypoints(BODY, KEYPOINTS, found.rotations, found.betas, found.trans).positions
    residual = (
        np.linalg.norm(seen[..., :2] / seen[..., 2:] - expected.rays, axis=2) / expected.extent[:, None]
    )
    assert np.median(residual) < 0.006


def test_outliers_and_lost_points_do_little_harm():
    truth = moving_body(60)
    clean = seen_from(truth, noise_2d=0.008, noise_3d=0.05)
    random = np.random.default_rng(5)
    rays, confidence = clean.rays.copy(), clean.confidence.copy()
    wrong = random.random(confidence.shape) < 0.05
    rays[wrong] += random.normal(size=(int(wrong.sum()), 2)) * 0.5 * clean.extent.mean()
    confidence[20:26] = 0
    spoiled = replace(clean, rays=rays, confidence=confidence)
    whole, harmed = error_mm(solve(problem_of(clean)), truth), error_mm(solve(problem_of(spoiled)), truth)
    assert harmed < whole + 15


def test_smoothing_takes_the_jitter_and_leaves_the_motion():
    truth = moving_body(90)
    problem = problem_of(seen_from(truth, noise_2d=0.01, noise_3d=0.05))

    def jitter(state: BodyState) -> float:
        return float(np.linalg.norm(np.diff(joints_of(state), n=2, axis=0), axis=2).mean())

    rough, smooth = solve(problem, smoothing=0.0), solve(problem)
    assert jitter(smooth) < 0.4 * jitter(rough)
    knee = JOINT_INDEX["left_knee"]
    found, true = (matrix_to_axis_angle(s.rotations[:, knee])[:, 0] for s in (smooth, truth))
    gain = np.polyfit(true, found, 1)[0]
    assert 0.7 < gain < 1.3


def test_windows_of_a_long_clip_meet_without_a_step():
    truth = moving_body(2 * WINDOW)
    found = solve(problem_of(seen_from(truth, noise_2d=0.005, noise_3d=0.03)))
    steps = np.linalg.norm(np.diff(joints_of(found), n=2, axis=0), axis=2).mean(axis=1)
    seam = WINDOW - OVERLAP
    assert steps[seam - 3 : seam + 3].max() < 2 * np.percentile(steps, 95)


def test_a_clip_that_loses_the_person_stays_smooth():
    truth = moving_body(150)
    seen = seen_from(truth, noise_2d=0.005, noise_3d=0.03)
    confidence = seen.confidence.copy()
    confidence[100:130] = 0  # across the end of the first window
    found = solve(problem_of(replace(seen, confidence=confidence)))
    steps = np.linalg.norm(np.diff(joints_of(found), n=2, axis=0), axis=2).mean(axis=1) * 1e3
    assert steps.max() < 12  # mm a frame squared; it jumps by 20 to 250 where gaps are not bridged


def test_a_network_pose_is_a_start_and_a_prior():
    truth = moving_body(30)
    blind = replace(seen_from(truth), joints_3d=None)
    target = PoseTarget(truth.rotations, np.full((30, 24), 0.05))
    start = replace(truth, betas=np.zeros(10))
    guided = solve_clip(replace(problem_of(blind), target=target), start)
    angles = matrix_to_axis_angle(guided.rotations[:, 1:22].swapaxes(2, 3) @ truth.rotations[:, 1:22])
    assert np.degrees(np.linalg.norm(angles, axis=2)).mean() < 3


def test_pinned_feet_stay():
    truth = moving_body(30)
    toe = KEYPOINT_INDEX["left_toe"]
    targets, weights = np.zeros((30, 25, 3)), np.zeros((30, 25))
    place = (
        pose_keypoints(BODY, KEYPOINTS, truth.rotations, truth.betas, truth.trans)
        .positions[:, toe]
        .mean(axis=0)
    )
    targets[:, toe], weights[:, toe] = place, 1 / 0.01**2
    problem = replace(problem_of(seen_from(truth)), pins=Pins(targets, weights))
    found = solve_clip(problem, truth)
    posed = pose_keypoints(BODY, KEYPOINTS, found.rotations, found.betas, found.trans).positions[:, toe]
    before = pose_keypoints(BODY, KEYPOINTS, truth.rotations, truth.betas, truth.trans).positions[:, toe]
    assert np.linalg.norm(posed - place, axis=1).mean() < 0.3 * np.linalg.norm(before - place, axis=1).mean()


def test_3d_seen_at_the_edge_of_the_picture_is_turned_into_the_cameras_axes():
    keypoints = np.zeros((1, 25, 3))
    ahead = np.zeros((1, 25, 3))
    ahead[0, 0] = [0, 0, 1.0]  # away from the camera along the ray through the crop's middle
    seen = observe(keypoints, ahead, np.array([[900.0, 100.0]]), 800.0, np.array([100.0, 100.0]), FPS)
    assert seen.joints_3d is not None
    np.testing.assert_allclose(seen.joints_3d[0, 0], np.array([1, 0, 1]) / np.sqrt(2), atol=1e-9)


@pytest.mark.parametrize("focal_length", [700.0, 1400.0])
def test_focal_length_of_a_near_person_is_estimated(focal_length: float):
    state = moving_body(24)
    trans = state.trans.copy()
    trans[:, 2] = 2.2
    state = replace(state, trans=trans)
    true_seen = seen_from(state)

    def problems_at(candidate: float) -> list[Problem]:
        # the rays a camera of the candidate's focal length would have seen the same pixels under
        ratio = focal_length / candidate
        return [problem_of(replace(true_seen, rays=true_seen.rays * ratio, extent=true_seen.extent * ratio))]

    found = estimate_focal_length(problems_at, 1000, 600)
    assert 0.7 < found / focal_length < 1.4
