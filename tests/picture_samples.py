"""People in pictures to train on, made up in the layouts in which the sets are published."""

import json
import pickle
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from human_mesh_recovery.inference_server.body.files import load_body
from human_mesh_recovery.inference_server.body.model import pose_body
from human_mesh_recovery.inference_server.motion import Camera, Motion, save_motion

SIDE = 160
WORLD_TO_CAMERA = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])
"""A level camera that looks along the world's Y."""


def write_rendered(folder: Path, count: int) -> list[Motion]:
    """Free bodies as clouds of dots, and their motions, as the renderer of figures writes them."""
    folder.mkdir(parents=True, exist_ok=True)
    body, random = load_body("free"), np.random.default_rng(7)
    camera = Camera(200.0, np.full(2, (SIDE - 1) / 2), SIDE, SIDE, WORLD_TO_CAMERA, np.array([0.0, 0.9, 4.0]))
    made = []
    for number in range(count):
        poses = random.normal(0, 0.2, (1, 24, 3))
        poses[:, 0] = [np.pi / 2, 0, 0]  # upright with Z up
        betas, trans = random.normal(0, 0.5, 10), np.array([[0.1 * number, 0.0, 1.0]])
        vertices, joints = pose_body(body, poses, betas, trans)
        motion = Motion(
            poses.astype(np.float32), betas.astype(np.float32), trans.astype(np.float32), 1.0,
            np.arange(1), camera, joints=camera.to_camera(joints).astype(np.float32), source=f"{number:04d}.jpg",
        )  # fmt: skip
        picture = np.full((SIDE, SIDE, 3), 40, np.uint8)
        for x, y in camera.project(camera.to_camera(vertices[0, ::4])).round().astype(int):
            cv2.circle(picture, (int(x), int(y)), 1, (90, 160, 220), -1)
        cv2.imwrite(str(folder / motion.source), picture)
        save_motion(motion, folder / f"{number:04d}.npz")
        made.append(motion)
    return made


def write_picture(path: Path, width: int = SIDE, height: int = SIDE) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.zeros((height, width, 3), np.uint8))
    return path


def write_json(path: Path, content: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))
    return path


def write_coco(folder: Path) -> Path:
    """Somebody with a fit, somebody whose left hip is hidden, a crowd, and somebody nothing is known of."""
    keypoints = [[10 + number, 20 + 2 * number, 1 + number % 2] for number in range(17)]
    hidden = [*keypoints[:11], [0, 0, 0], *keypoints[12:]]

    def entry(number: int, points: list[list[int]], crowd: int = 0, seen: int = 17) -> dict[str, Any]:
        flat = [value for point in points for value in point]
        common = {"image_id": 5, "bbox": [8, 18, 30.5, 40], "iscrowd": crowd, "num_keypoints": seen}
        return {"id": number, "keypoints": flat, **common}

    annotations = [
        entry(1, keypoints),
        entry(2, hidden),
        entry(3, keypoints, crowd=1),
        entry(4, hidden, seen=0),
    ]
    images = [{"id": 5, "file_name": "five.jpg", "width": SIDE, "height": SIDE}]
    write_picture(folder / "train2017" / "five.jpg")
    fit = {
        "smpl_param": {"pose": [0.1] * 72, "shape": [0.2] * 10, "trans": [0.0, 0.1, 3.0]},
        "cam_param": {"focal": [300, 310], "princpt": [80, 81]},
    }
    write_json(folder / "annotations" / "coco_smplifyx_train.json", {"1": fit})
    return write_json(
        folder / "annotations" / "person_keypoints_train2017.json",
        {"images": images, "annotations": annotations},
    )


def write_human36m(folder: Path, pose: np.ndarray) -> np.ndarray:
    """Two frames of one camera, of which every fifth is read; -> its world joints (17, 3) in millimetres."""
    place = {"subject": 1, "action_idx": 2, "subaction_idx": 1, "cam_idx": 4, "width": 1000, "height": 1000}
    images = [{"id": frame, "file_name": f"s/{frame}.jpg", "frame_idx": frame, **place} for frame in (5, 6)]
    joints = np.random.default_rng(1).normal(0, 300, (17, 3))
    camera = {"R": WORLD_TO_CAMERA.tolist(), "t": [100.0, 900.0, 4000.0], "f": [1100, 1150], "c": [512, 515]}
    fit = {"pose": pose.ravel().tolist(), "shape": [[0.3] * 10], "trans": [0.1, -0.2, 0.3]}
    start = folder / "annotations" / "Human36M_subject1"
    parts = {
        "data": {
            "images": images,
            "annotations": [{"id": n, "image_id": n, "bbox": [400, 300, 200, 500]} for n in (5, 6)],
        },
        "camera": {"4": camera},
        "joint_3d": {"2": {"1": {"5": joints.tolist(), "6": joints.tolist()}}},
        "smpl_param": {"2": {"1": {"5": fit}}},
    }
    for part, content in parts.items():
        write_json(start.with_name(f"{start.name}_{part}.json"), content)
    return joints


def write_muco(folder: Path) -> np.ndarray:
    """Two people in a picture, the second nearer; -> the joints (2, 21, 3) in millimetres."""
    joints = np.random.default_rng(2).normal(0, 300, (2, 21, 3)) + np.array([[[0, 0, 4000]], [[0, 0, 3000]]])
    annotations = [
        {
            "id": 10 + number, "image_id": 1, "bbox": [10 + number, 20, 100, 200],
            "keypoints_img": (places[:, :2] / places[:, 2:] * 1500 + 1000).tolist(), "keypoints_cam": places.tolist(),
        }
        for number, places in enumerate(joints)
    ]  # fmt: skip
    image = {
        "id": 1,
        "file_name": "a/1.jpg",
        "width": 2048,
        "height": 2048,
        "f": [1500, 1500],
        "c": [1000, 1000],
    }
    write_json(folder / "MuCo-3DHP.json", {"images": [image], "annotations": annotations})
    fit = {"pose": [0.1] * 72, "shape": [0.2] * 10, "trans": [0.0, 0.0, 3.0]}
    write_json(folder / "smpl_param.json", {"11": fit})
    return joints


def write_3dpw(folder: Path) -> np.ndarray:
    """-> the joints (24, 3) in metres."""
    joints = np.random.default_rng(3).normal(0, 0.3, (24, 3)) + [0, 0, 4]
    fit = {"pose": [0.1] * 72, "shape": [0.2] * 10, "trans": [0.0, 0.0, 3.0], "gender": "male"}
    camera = {"focal": [1900, 1910], "princpt": [540, 960]}
    image = {"id": 3, "sequence": "street", "file_name": "image_00003.jpg", "width": SIDE, "height": SIDE}
    annotation = {
        "id": 1,
        "image_id": 3,
        "bbox": [1, 2, 30, 40],
        "joint_cam": joints.tolist(),
        "smpl_param": fit,
    }
    write_json(
        folder / "3DPW_train.json", {"images": [image | {"cam_param": camera}], "annotations": [annotation]}
    )
    write_picture(folder / "imageFiles" / "street" / "image_00003.jpg")
    return joints


def write_freihand(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Two hands, and three pictures, for the first is seen before two backgrounds; -> joints, vertices in metres."""
    random = np.random.default_rng(4)
    vertices = random.normal(0, 0.04, (2, 778, 3)) + [0, 0, 0.7]
    joints = vertices[:, ::38][:, :21]
    camera = np.array([[480.0, 0, 112], [0, 481, 112], [0, 0, 1]])
    for part, content in {"xyz": joints, "verts": vertices, "K": np.stack([camera, camera])}.items():
        write_json(folder / f"training_{part}.json", content.tolist())
    for number in range(3):
        write_picture(folder / "training" / "rgb" / f"{number:08d}.jpg", 224, 224)
    return joints, vertices


def write_mano(path: Path) -> Path:
    """A hand's faces and joint regressor by the names of MANO's file."""
    random = np.random.default_rng(5)
    regressor = random.random((16, 778))
    content = {
        "f": random.integers(0, 778, (1538, 3)),
        "J_regressor": regressor / regressor.sum(1, keepdims=True),
    }
    path.write_bytes(pickle.dumps(content, protocol=2))
    return path
