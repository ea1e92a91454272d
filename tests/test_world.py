"""The way from camera space to an upright world, and feet that stand on its floor."""

import numpy as np

from human_mesh_recovery.inference_server.body.files import load_body
from human_mesh_recovery.inference_server.body.model import forward_kinematics, pose_body, rest_joints
from human_mesh_recovery.inference_server.body.rotation import axis_angle_to_matrix, matrix_to_axis_angle
from human_mesh_recovery.inference_server.body.skeleton import JOINT_INDEX
from human_mesh_recovery.inference_server.fitting.body_keypoints import attach_keypoints
from human_mesh_recovery.inference_server.fitting.contacts import SOLES, pin_feet, standing
from human_mesh_recovery.inference_server.fitting.kinematics import pose_keypoints
from human_mesh_recovery.inference_server.fitting.observations import BodyState, Observations
from human_mesh_recovery.inference_server.fitting.pose_prior import load_pose_prior
from human_mesh_recovery.inference_server.fitting.terms import Problem
from human_mesh_recovery.inference_server.fitting.world import (
    World,
    body_in_world,
    estimate_up,
    on_floor,
    soles_on_floor,
    world_from_up,
)

BODY = load_body("free")
KEYPOINTS = attach_keypoints(BODY, BODY)
FPS = 30.0


def tilted_up(pitch: float) -> np.ndarray:
    """The vertical as a camera sees it that looks down by `pitch` radians."""
    return np.array([0.0, -np.cos(pitch), -np.sin(pitch)])


def standing_state(frames: int, up: np.ndarray, distance: float = 5.0) -> BodyState:
    """Somebody who stands still, upright along `up`, arms hanging, and faces the camera."""
    poses = np.zeros((frames, 24, 3))
    poses[:, JOINT_INDEX["left_shoulder"], 2] = -1.2
    poses[:, JOINT_INDEX["right_shoulder"], 2] = 1.2
    rotations = axis_angle_to_matrix(poses)
    right = np.array([1.0, 0.0, 0.0])
    rotations[:, 0] = np.stack([right, up, np.cross(right, up)], axis=1)
    return BodyState(rotations, np.zeros(10), np.tile([0.0, 0.2, distance], (frames, 1)))


def joints_of(state: BodyState) -> np.ndarray:
    _, joints = forward_kinematics(state.rotations, rest_joints(BODY, state.betas))
    return joints + state.trans[:, None]


def problem_of(state: BodyState) -> Problem:
    points = pose_keypoints(BODY, KEYPOINTS, state.rotations, state.betas, state.trans).positions
    rays = points[..., :2] / points[..., 2:]
    seen = Observations(rays, np.ones(rays.shape[:2]), np.ptp(rays, axis=1).max(axis=1), None, FPS)
    return Problem(BODY, KEYPOINTS, seen, load_pose_prior())


def angle(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.degrees(np.arccos(np.clip(a @ b, -1, 1))))


def test_somebody_upright_shows_where_up_is():
    for pitch in np.radians([-20, 0, 20]):
        up = tilted_up(pitch)
        found = estimate_up([joints_of(standing_state(10, up))])
        assert angle(found, up) < 0.25 * abs(np.degrees(pitch)) + 1.5


def test_without_anybody_upright_the_camera_is_level():
    state = standing_state(10, tilted_up(0.0))
    sitting = matrix_to_axis_angle(state.rotations)
    sitting[:, [JOINT_INDEX["left_hip"], JOINT_INDEX["right_hip"]], 0] = -1.5
    sitting[:, [JOINT_INDEX["left_knee"], JOINT_INDEX["right_knee"]], 0] = 1.5
    state = BodyState(axis_angle_to_matrix(sitting), state.betas, state.trans)
    np.testing.assert_allclose(estimate_up([joints_of(state)]), [0, -1, 0])


def test_the_body_in_the_world_is_the_body_in_the_camera():
    up = tilted_up(0.3)
    state = standing_state(4, up)
    betas = np.random.default_rng(0).normal(size=10)
    world = world_from_up(up, np.array([0.3, 0.7, 4.0]))
    poses = matrix_to_axis_angle(state.rotations)
    pelvis = rest_joints(BODY, betas)[0]
    in_camera, _ = pose_body(BODY, poses, betas, state.trans)
    poses[:, 0], trans = body_in_world(world, state.rotations[:, 0], state.trans, pelvis)
    in_world, _ = pose_body(BODY, poses, betas, trans)
    np.testing.assert_allclose(world.to_camera(in_world), in_camera, atol=1e-9)
    assert np.linalg.det(world.rotation) > 0.999
    height = np.ptp(in_world[0, :, 2])
    assert height > 1.5 and np.ptp(in_world[0, :, 1]) < 0.6  # stands along Z


def test_the_mesh_stands_on_the_floor():
    state = standing_state(8, tilted_up(0.2))
    world = world_from_up(tilted_up(0.2), np.zeros(3))
    poses = matrix_to_axis_angle(state.rotations)
    world = on_floor(BODY, world, poses, state.betas, state.trans)
    vertices, _ = pose_body(BODY, poses, state.betas, state.trans)
    assert abs(world.to_world(vertices[0])[:, 2].min()) < 1e-6


def test_the_skin_touches_a_floor_that_is_nearly_right_and_jumps_do_not_move_it():
    up = tilted_up(0.2)
    state = standing_state(24, up)
    trans = state.trans.copy()
    trans[12:18] += 0.4 * up
    poses = matrix_to_axis_angle(state.rotations)
    world = on_floor(BODY, world_from_up(up, np.zeros(3)), poses, state.betas, state.trans)
    sunk = World(world.rotation, world.to_camera(np.array([0.0, 0.0, 0.012])))
    settled = soles_on_floor(BODY, sunk, poses, state.betas, trans)
    np.testing.assert_allclose(settled.translation, world.translation, atol=1e-6)


def test_standing_is_told_from_swinging_and_from_jumping():
    frames = 60
    points = np.zeros((frames, 4, 3))
    points[:, 1, 0] = np.arange(frames) / FPS * 1.5  # swings forward
    heights = np.zeros((frames, 4))
    heights[:, 2] = 0.5  # held up, still
    points[20:40, 3, 1] = np.sin(np.linspace(0, np.pi, 20)) * 0.5  # jumps
    heights[20:40, 3] = points[20:40, 3, 1]
    stands = standing(heights, points, FPS)
    assert stands[:, 0].all()
    assert not stands[:, 1].any()
    assert not stands[:, 2].any()
    assert stands[:18, 3].all() and not stands[24:36, 3].any()


def test_feet_of_a_shaky_solution_are_pinned_to_one_floor():
    up = tilted_up(0.15)
    state = standing_state(40, up)
    shaky = state.trans + 0.004 * np.sin(np.arange(40) / 6)[:, None]
    state = BodyState(state.rotations, state.betas, shaky)
    planted = pin_feet(
        problem_of(state), state, world_from_up(up, np.array([0.0, 1.0, 5.0])), floor_known=False
    )
    assert planted is not None
    pinned = planted.pins.weights[:, SOLES] > 0
    assert pinned.all()
    targets = planted.world.to_world(planted.pins.targets[:, SOLES])
    assert np.ptp(targets, axis=0).max() < 1e-9  # one place a stance
    assert (targets[..., 2] > -1e-9).all() and (
        targets[..., 2] < 0.1
    ).all()  # heel and toe points lie over the sole
    assert angle(planted.world.up, up) < 1.0


def test_another_person_is_moved_to_the_known_floor():
    up = tilted_up(0.2)
    first, second = standing_state(30, up), standing_state(30, up, distance=7.0)
    floor = pin_feet(problem_of(first), first, world_from_up(up, np.zeros(3)), floor_known=False)
    assert floor is not None
    # the second stands on the same floor, but the fit took the person for 8 % smaller and nearer
    foot = floor.world.to_world(joints_of(second)[0, JOINT_INDEX["left_foot"]])[2]
    level = floor.world.to_world(joints_of(first)[0, JOINT_INDEX["left_foot"]])[2]
    second = BodyState(second.rotations, second.betas, (second.trans + up * (level - foot)) * 0.92)
    planted = pin_feet(problem_of(second), second, floor.world, floor_known=True)
    assert planted is not None
    assert 1.02 < planted.scale < 1.2
    assert planted.world is floor.world


def turned_about(state: BodyState, axis: str, angle: float) -> BodyState:
    """The body turned about an axis of its own."""
    turn = np.zeros(3)
    turn["xyz".index(axis)] = angle
    rotations = state.rotations.copy()
    rotations[:, 0] = rotations[:, 0] @ axis_angle_to_matrix(turn)
    return BodyState(rotations, state.betas, state.trans)


def test_somebody_lying_or_on_the_hands_does_not_say_where_up_is():
    upright = standing_state(10, tilted_up(0.0))
    for axis, turn in (("z", np.pi / 2), ("x", -np.pi / 2), ("x", np.pi)):
        np.testing.assert_allclose(estimate_up([joints_of(turned_about(upright, axis, turn))]), [0, -1, 0])


def test_one_straight_leg_tells_of_the_vertical_too():
    up = tilted_up(np.radians(20))
    poses = matrix_to_axis_angle(standing_state(10, up).rotations)
    poses[:, JOINT_INDEX["left_hip"], 0] = -1.4
    poses[:, JOINT_INDEX["left_knee"], 0] = 1.4
    on_one = BodyState(axis_angle_to_matrix(poses), np.zeros(10), standing_state(10, up).trans)
    assert angle(estimate_up([joints_of(on_one)]), up) < 10


def test_feet_in_the_air_stand_on_nothing():
    up = tilted_up(0.0)
    handstand = turned_about(standing_state(30, up), "x", np.pi)
    world = world_from_up(up, np.array([0.0, 1.0, 5.0]))
    assert pin_feet(problem_of(handstand), handstand, world, floor_known=False) is None


def test_a_jump_from_a_roof_does_not_tilt_the_world():
    up = tilted_up(0.0)
    state = standing_state(80, up)
    trans = state.trans.copy()
    trans[40:] += np.array([1.5, 2.0, 0.0])  # to the right, and two metres down
    state = BodyState(state.rotations, state.betas, trans)
    planted = pin_feet(problem_of(state), state, world_from_up(up, np.zeros(3)), floor_known=False)
    assert planted is not None
    assert angle(planted.world.up, up) < 3
    assert planted.levels.max() - planted.levels.min() > 1.8
