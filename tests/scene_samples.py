"""Made-up people for the tests of scenes; no bpy here."""

from dataclasses import replace

import numpy as np

from human_mesh_recovery.inference_server.body import rotation
from human_mesh_recovery.inference_server.body.axes import Y_UP_TO_Z_UP
from human_mesh_recovery.inference_server.body.skeleton import JOINT_INDEX, PARENTS
from human_mesh_recovery.inference_server.motion import Camera, Motion

FPS = 30.0
WIDTH, HEIGHT = 640, 360


def made_up_camera() -> Camera:
    """4 m before the origin, 1.4 m high, tilted and rolled, with an optical axis off the picture's middle."""
    level = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])
    turn = rotation.axis_angle_to_matrix([-0.12, 0.05, 0.03]) @ level
    place = np.array([0.1, -4.0, 1.4])
    return Camera(520.0, np.array([312.0, 187.0]), WIDTH, HEIGHT, turn, -turn @ place)


def walking(count: int = 40, first: int = 0, fps: float = FPS, person: int = 1, body: str = "free") -> Motion:
    """Somebody who swings arms and legs and turns round more than once; every joint moves."""
    seconds = np.arange(count) / fps
    swing = np.sin(2 * np.pi * 0.9 * seconds)
    random = np.random.default_rng(person)
    poses = random.normal(0, 0.12, (1, 24, 3)) * swing[:, None, None]
    for name, axis, angle in (
        ("left_hip", 0, -0.5), ("right_hip", 0, 0.5), ("left_shoulder", 0, 0.4), ("right_shoulder", 0, -0.4),
        ("left_elbow", 1, -0.6), ("right_elbow", 1, 0.6),
    ):  # fmt: skip
        poses[:, JOINT_INDEX[name], axis] += angle * swing
    heading = np.zeros((count, 3))
    heading[:, 2] = 6.0 * seconds + person
    root = rotation.axis_angle_to_matrix(heading) @ Y_UP_TO_Z_UP
    poses[:, 0] = rotation.matrix_to_axis_angle(root)
    trans = np.stack([0.3 * np.sin(seconds) + person - 1, 0.5 * seconds, 0.9 + 0.02 * swing], axis=-1)
    return Motion(
        poses=poses,
        betas=random.normal(0, 1, 10),
        trans=trans,
        fps=fps,
        frames=np.arange(first, first + count),
        camera=made_up_camera(),
        body=body,
        person=person,
    )


def guessing(count: int = 40, first: int = 0, person: int = 1, body: str = "free", seed: int = 3) -> Motion:
    """Somebody who walks, and of whom it is known how well each joint was seen: by chance."""
    confidence = np.random.default_rng(seed).random((count, 24)).astype(np.float32)
    return replace(walking(count, first, person=person, body=body), confidence=confidence)


def write_small_body(path) -> None:
    """A body file in SMPL's form with 96 vertices around the joints, and with pose corrections."""
    random = np.random.default_rng(7)
    joints = np.zeros((24, 3))
    for joint in range(1, 24):
        joints[joint] = joints[PARENTS[joint]] + random.normal(0, 0.15, 3)
    template = np.repeat(joints, 4, axis=0) + random.normal(0, 0.05, (96, 3))
    weights = random.random((96, 24)) ** 6
    regressor = np.kron(np.eye(24), np.full((1, 4), 0.25))
    np.savez(
        path,
        v_template=template,
        f=np.stack([np.arange(94), np.arange(1, 95), np.arange(2, 96)], axis=1),
        shapedirs=random.normal(0, 0.02, (96, 3, 10)),
        posedirs=random.normal(0, 0.01, (96, 3, 207)),
        J_regressor=regressor,
        weights=weights / weights.sum(axis=1, keepdims=True),
        kintree_table=np.stack([np.where(PARENTS < 0, 2**32 - 1, PARENTS), np.arange(24)]),
    )
