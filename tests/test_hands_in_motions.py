"""What was seen of the hands becomes a part of a motion: fingers, and wrists."""

from dataclasses import replace

import numpy as np
import pytest

from human_mesh_recovery.inference_server.body.files import load_body
from human_mesh_recovery.inference_server.body.fingers import SIDES, WRISTS
from human_mesh_recovery.inference_server.body.model import forward_kinematics, rest_joints
from human_mesh_recovery.inference_server.body.rotation import axis_angle_to_matrix, matrix_to_axis_angle
from human_mesh_recovery.inference_server.body.skeleton import PARENTS
from human_mesh_recovery.inference_server.errors import Cancelled
from human_mesh_recovery.inference_server.fitting.finger_joints import FLEX, hand_form
from human_mesh_recovery.inference_server.fitting.observations import turn_forward_to
from human_mesh_recovery.inference_server.hands import poses
from human_mesh_recovery.inference_server.motion import Motion
from human_mesh_recovery.inference_server.people.seen_hands import SHAPES, SeenHands
from human_mesh_recovery.tests.hand_samples import hand_points
from human_mesh_recovery.tests.scene_samples import walking

FIST = np.zeros((1, 15, 3))
FIST[0, :12, FLEX] = np.radians((80, 95, 55) * 4)


def seen_of(motion: Motion, side: str, fingers: np.ndarray, turn: float, noise: float = 0.0) -> SeenHands:
    """What a perfect network sees of one hand of a motion, whose palm is turned about the forearm from where the
    motion has it, by `turn`.
    """
    count, number = len(motion.frames), SIDES.index(side)
    wrist = WRISTS[number]
    body = load_body("free")
    rest = rest_joints(body, motion.betas)
    turned, places = forward_kinematics(axis_angle_to_matrix(motion.poses), rest)
    axis = (rest[wrist] - rest[PARENTS[wrist]]) / np.linalg.norm(rest[wrist] - rest[PARENTS[wrist]])
    local = axis_angle_to_matrix(turn * axis) @ axis_angle_to_matrix(motion.poses[:, wrist])
    camera = motion.camera
    assert camera is not None
    palm = camera.rotation @ turned[:, PARENTS[wrist]] @ local
    centres = camera.project(camera.to_camera(places[:, wrist] + motion.trans))
    rays = np.concatenate(
        [(centres - camera.principal_point) / camera.focal_length, np.ones((count, 1))], axis=1
    )
    points = hand_points(side, turn_forward_to(rays).swapaxes(1, 2) @ palm, np.repeat(fingers, count, axis=0))
    arrays = {name: np.zeros((count, *shape)) for name, (_, shape) in SHAPES.items()}
    arrays["points"][:, number] = points + np.random.default_rng(0).normal(0, noise, points.shape)
    arrays["confidence"][:, number], arrays["centres"][:, number] = 1.0, centres
    arrays["rotations"][:] = np.eye(3)
    return SeenHands(**arrays | {"frames": motion.frames, "fitted": np.zeros((count, 2), bool)})


def local_palm(motion: Motion, side: str) -> np.ndarray:
    """(F, 3, 3) the palm relative to the upper arm."""
    wrist = WRISTS[SIDES.index(side)]
    elbow = PARENTS[wrist]
    return axis_angle_to_matrix(motion.poses[:, elbow]) @ axis_angle_to_matrix(motion.poses[:, wrist])


def test_solving_fingers_can_be_stopped_between_them():
    motion = walking(5)
    seen = seen_of(motion, "left", FIST, 0.0)
    steps: list[None] = []
    poses.with_fingers(motion, seen, on_step=lambda: steps.append(None))
    assert len(steps) == 10

    def stop() -> None:
        steps.append(None)
        if len(steps) == 13:
            raise Cancelled

    with pytest.raises(Cancelled):
        poses.with_fingers(motion, seen, on_step=stop)


@pytest.mark.parametrize("side", SIDES)
def test_fingers_and_the_palm_s_turn_come_into_the_motion(side: str):
    motion = walking(25)
    form, number = hand_form(side), SIDES.index(side)
    fist = np.einsum("jab,fjb->fja", form.axes, FIST)
    found = poses.with_fingers(motion, seen_of(motion, side, fist, 0.5), smoothing=1.0)
    assert found.hand_poses is not None and found.hand_poses.shape == (25, 30, 3)
    own = found.hand_poses[:, 15 * number : 15 * number + 12]
    between = axis_angle_to_matrix(own).swapaxes(-1, -2) @ axis_angle_to_matrix(fist[:, :12])
    assert np.degrees(np.linalg.norm(matrix_to_axis_angle(between), axis=2)).mean() < 9
    change = local_palm(motion, side).swapaxes(1, 2) @ local_palm(found, side)
    angles = np.linalg.norm(matrix_to_axis_angle(change), axis=1)
    np.testing.assert_allclose(angles, 0.5, atol=0.08)
    elbow, wrist = PARENTS[WRISTS[number]], WRISTS[number]
    assert np.abs(found.poses[:, elbow] - motion.poses[:, elbow]).max() > 0.1, "the forearm takes a share"
    others = np.setdiff1d(np.arange(24), [elbow, wrist])
    np.testing.assert_allclose(found.poses[:, others], motion.poses[:, others], atol=1e-9)
    body = load_body("free")
    places = [
        forward_kinematics(axis_angle_to_matrix(each.poses), rest_joints(body, each.betas))[1][:, wrist]
        for each in (motion, found)
    ]
    np.testing.assert_allclose(places[0], places[1], atol=1e-9, err_msg="the wrist stays where it is")


def test_a_palm_that_can_t_be_so_is_not_believed():
    motion = walking(10)
    fist = np.einsum("jab,fjb->fja", hand_form("left").axes, FIST)
    assert poses.with_fingers(motion, seen_of(motion, "left", fist, 2.2)) is motion


def test_a_motion_whose_hands_nobody_saw_stays_as_it_is():
    motion = walking(10)
    seen = seen_of(motion, "left", np.zeros((1, 15, 3)), 0.0)
    assert poses.with_fingers(motion, replace(seen, confidence=0.2 * seen.confidence)) is motion
    none = SeenHands(*(values[:0] for values in vars(seen).values()))
    assert poses.with_fingers(motion, none) is motion


def test_a_fitted_hand_s_rotations_are_taken():
    motion = walking(10)
    form = hand_form("right")
    fist = np.einsum("jab,fjb->fja", form.axes, FIST)
    seen = seen_of(motion, "right", fist, 0.2)
    palm = poses.palm_rotations(form, seen.points[:, 1])
    rotations = seen.rotations.copy()
    rotations[:, 1, 0], rotations[:, 1, 1:] = palm, axis_angle_to_matrix(fist[0])
    fitted = np.array([[False, True]] * 10)
    confusing = seen.points + np.random.default_rng(1).normal(0, 0.05, seen.points.shape)
    found = poses.with_fingers(motion, replace(seen, rotations=rotations, fitted=fitted, points=confusing))
    assert found.hand_poses is not None
    between = axis_angle_to_matrix(found.hand_poses[:, 15:27]).swapaxes(-1, -2) @ axis_angle_to_matrix(
        fist[:, :12]
    )
    assert np.degrees(np.linalg.norm(matrix_to_axis_angle(between), axis=2)).mean() < 4
