"""Hands for tests: a hand in MANO's form made of the free body's, and what a network would see of hands."""

from pathlib import Path

import numpy as np

from human_mesh_recovery.inference_server.body.files import MANO, load_body
from human_mesh_recovery.inference_server.body.fingers import SIDES
from human_mesh_recovery.inference_server.body.model import Body, forward_kinematics, pose_body, rest_rig
from human_mesh_recovery.inference_server.body.rotation import axis_angle_to_matrix, matrix_to_axis_angle
from human_mesh_recovery.inference_server.body.skeleton import JOINT_INDEX
from human_mesh_recovery.inference_server.hands.layout import PART_STARTS, POINT_COUNT

VERTICES = 778
"""Of MANO."""


def write_hand(path: Path) -> None:
    """The free body's right hand in MANO's form and number of vertices, some of which are there twice."""
    body = load_body("free")
    fingers = body.fingers
    assert fingers is not None
    joints = [JOINT_INDEX["right_wrist"], *range(39, 54)]
    own = np.flatnonzero(fingers.weights[:, joints].sum(axis=1) > 0.999)
    chosen = np.resize(own, VERTICES)
    rest = rest_rig(body, np.zeros(10))[joints]
    # a joint is the mean of what stands around it: here by least squares on the nearest vertices
    regressor = np.zeros((len(joints), VERTICES))
    for row, place in enumerate(rest):
        near = np.argsort(np.linalg.norm(fingers.template[chosen] - place, axis=1))[:60]
        system = np.concatenate([fingers.template[chosen[near]].T, np.ones((1, len(near)))])
        regressor[row, near] = np.linalg.lstsq(system, np.append(place, 1), rcond=None)[0]
    np.savez(
        path,
        v_template=fingers.template[chosen],
        f=np.stack([np.arange(VERTICES - 2), np.arange(1, VERTICES - 1), np.arange(2, VERTICES)], axis=1),
        shapedirs=fingers.shape_directions[chosen],
        J_regressor=regressor,
        weights=fingers.weights[chosen][:, joints],
        kintree_table=np.array([MANO.parents, range(16)]),
    )


def hand_points(side: str, palm: np.ndarray, poses: np.ndarray) -> np.ndarray:
    """palm (F, 3, 3) from the rest pose, poses (F, 15, 3) of the fingers -> (F, 21, 3) metres from the wrist."""
    body = load_body("free")
    assert body.fingers is not None
    number = SIDES.index(side)
    rig = rest_rig(body, np.zeros(10))
    own = [JOINT_INDEX[f"{side}_wrist"], *range(24 + 15 * number, 39 + 15 * number)]
    rest = np.concatenate([rig[own], body.fingers.template[body.fingers.tips[5 * number : 5 * number + 5]]])
    parents = np.array([*MANO.parents, *range(3, 16, 3)])
    fingers = axis_angle_to_matrix(poses)
    still = np.tile(np.eye(3), (len(poses), 5, 1, 1))
    _, places = forward_kinematics(np.concatenate([palm[:, None], fingers, still], axis=1), rest, parents)
    points = np.zeros((len(poses), POINT_COUNT, 3))
    points[:, 0] = places[:, 0]
    points[:, PART_STARTS] = places[:, 1:16]
    points[:, PART_STARTS[2::3] + 1] = places[:, 16:]
    return points - points[:, :1]


def hand_vertices(hand: Body, rotations: np.ndarray) -> np.ndarray:
    """rotations (F, 16, 3, 3) -> (F, 778, 3)."""
    return pose_body(hand, matrix_to_axis_angle(rotations), np.zeros(10), np.zeros((len(rotations), 3)))[0]
