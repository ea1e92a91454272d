"""Small pictures of dressed figures in many poses, seen from all around, each with its true pose beside it.

They serve to measure where on the body the keypoint networks put their keypoints. The poses come from a file of
motion capture that is not part of the project: `poses (F, 24, 3)` axis-angle in SMPL's order, Y up.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
from tqdm import tqdm

from human_mesh_recovery.inference_server.body import model, rotation
from human_mesh_recovery.inference_server.motion import Camera, save_motion

from . import film
from .cast import DANCER, DANCER_ROOM, WALKER, WALKER_ROOM
from .figure import Look, build_figure
from .hair import SHORT
from .room import Room, build_room
from .shoes import SOLE
from .truth import make_motion
from .turns import Array, about_y

WIDTH, HEIGHT = 480, 360
SAMPLES = 6
UPRIGHT = 0.9
"""The least height of the pelvis' and the chest's own up direction: standing, walking and reaching, not lying."""

THIRD = replace(
    DANCER,
    betas=(-0.6, 0.2, -1.0, 0.5, 0, 0, 0, 0, 0, 0),
    style=SHORT,
    palette=replace(WALKER.palette, stripes=None),
)
CAST: tuple[tuple[Look, Room], ...] = ((DANCER, DANCER_ROOM), (WALKER, WALKER_ROOM), (THIRD, WALKER_ROOM))


def take_varied(body: model.Body, motion_file: Path, folder: Path, count: int) -> None:
    """Writes 000.png, 000.npz, 001.png, ... to `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(7)
    poses = _choose_poses(body, motion_file, count, random)
    with tqdm(total=count, unit="picture") as progress:
        for number, (look, room) in enumerate(CAST):
            film.empty_scene(SAMPLES)
            build_room(replace(room, rug=None))
            pose = build_figure(body, look)
            for index in range(number, count, len(CAST)):
                betas = np.array(look.betas)
                # one direction after another, all around
                heading = 2 * np.pi * (index * 0.618 % 1)
                staged = _on_floor(body, betas, poses[index], heading)
                picture = folder / f"{index:03d}.png"
                camera = _camera(random)
                motion = make_motion(body, betas, staged, 1.0, camera, picture.name)
                pose(motion, 0)
                film.set_camera(camera)
                film.render(picture)
                save_motion(motion, picture.with_suffix(".npz"))
                progress.update()


def _choose_poses(body: model.Body, motion_file: Path, count: int, random: np.random.Generator) -> Array:
    """(count, 24, 3, 3) upright poses without heading, each as unlike those before as can be."""
    with np.load(motion_file, allow_pickle=False) as file:
        poses = file["poses"].astype(np.float64)
    rotations = rotation.axis_angle_to_matrix(poses[random.permutation(len(poses))[:4000]])
    forward = rotations[:, 0, :, 2]
    rotations[:, 0] = about_y(-np.arctan2(forward[:, 0], forward[:, 2])) @ rotations[:, 0]
    turned, joints = model.forward_kinematics(rotations, model.rest_joints(body, np.zeros(10)))
    upright = (turned[:, 0, 1, 1] > UPRIGHT) & (turned[:, 9, 1, 1] > UPRIGHT)
    rotations, joints = rotations[upright], (joints - joints[:, :1])[upright]
    chosen, distance = [0], np.full(len(joints), np.inf)
    while len(chosen) < count:
        distance = np.minimum(distance, np.linalg.norm(joints - joints[chosen[-1]], axis=-1).sum(axis=1))
        chosen.append(int(distance.argmax()))
    return rotations[random.permutation(chosen)]


def _on_floor(body: model.Body, betas: Array, rotations: Array, heading: float) -> tuple[Array, Array]:
    """The pose turned to `heading` and put down so that the lowest skin is a sole's height above the floor."""
    rotations = rotations[None].copy()
    rotations[0, 0] = about_y(heading) @ rotations[0, 0]
    vertices, _ = model.pose_body(body, rotation.matrix_to_axis_angle(rotations), betas, np.zeros((1, 3)))
    pelvis = model.rest_joints(body, betas)[0].copy()
    pelvis[1] += SOLE - vertices[0, :, 1].min()
    return rotations, pelvis[None]


def _camera(random: np.random.Generator) -> Camera:
    eye = (random.uniform(-0.8, 0.8), -random.uniform(3.7, 4.8), random.uniform(0.7, 1.9))
    target = (random.uniform(-0.3, 0.3), 0.0, random.uniform(0.85, 1.0))
    return film.look_at(eye, target, 42, WIDTH, HEIGHT)
