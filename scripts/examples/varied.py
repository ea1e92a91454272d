"""Small pictures of dressed figures in many poses, seen from all around, each with its true pose beside it.

On them the keypoint networks are measured: where on the body they put their points, and how they err. The poses come
from a file of motion capture that is not part of the project.
"""

from pathlib import Path

import bpy
import numpy as np
from tqdm import tqdm

from human_mesh_recovery.inference_server.body import model, rotation
from human_mesh_recovery.inference_server.motion import Camera, save_motion
from human_mesh_recovery.inference_server.training.motions import Motions
from human_mesh_recovery.inference_server.training.poses import sample_poses

from . import film
from .clothes import Cut
from .figure import Look, build_figure
from .hair import BOB, SHORT, HairStyle
from .materials import Palette
from .nodes import Colour, Shader
from .room import Room, build_room
from .shoes import SOLE
from .truth import make_motion
from .turns import Array

SIDE = 384
"""Pixels."""
SAMPLES = 2
PICTURES_A_FIGURE = 10
OWN_POSES = 0.3
"""The share of poses that are a clip's own."""
STRANDS = 1500
HIDDEN = 0.2
"""How often something stands in front of the figure."""


def take_varied(body: model.Body, motions: Motions, folder: Path, count: int, seed: int) -> None:
    """Writes 0000.jpg, 0000.npz, 0001.jpg, ... to `folder`; goes on where an earlier run was stopped."""
    folder.mkdir(parents=True, exist_ok=True)
    with tqdm(total=count, unit="picture") as progress:
        for first in range(0, count, PICTURES_A_FIGURE):
            numbers = range(first, min(first + PICTURES_A_FIGURE, count))
            if not all((folder / f"{number:04d}.npz").exists() for number in numbers):
                _take_figure(body, motions, folder, numbers, np.random.default_rng((seed, first)))
            progress.update(len(numbers))


def _take_figure(
    body: model.Body, motions: Motions, folder: Path, numbers: range, random: np.random.Generator
) -> None:
    look = a_look(random)
    film.empty_scene(SAMPLES)
    build_room(Room(a_colour(random, 0.7), a_colour(random, 0.4), None, random.uniform(1.5, 3.5)))
    pose = build_figure(body, look, rounded=False)
    _change_lights(random)
    betas = np.array(look.betas)
    own = int(len(numbers) * OWN_POSES)
    rotations = np.concatenate(
        [sample_poses(motions, random, own, change=False), sample_poses(motions, random, len(numbers) - own)]
    )[:, 0]
    for number, turned in zip(numbers, rotations.astype(np.float64), strict=True):
        staged = _on_floor(body, betas, turned)
        camera = a_camera(random, body, betas, staged)
        motion = make_motion(body, betas, staged, 1.0, camera, f"{number:04d}.jpg")
        pose(motion, 0)
        film.set_camera(camera)
        hiding = _stand_before(random, camera, motion.trans[0]) if random.random() < HIDDEN else None
        film.render(folder / motion.source)
        if hiding is not None:
            bpy.data.objects.remove(hiding)
        save_motion(motion, folder / f"{number:04d}.npz")


def _change_lights(random: np.random.Generator) -> None:
    """Each stronger or weaker than the room's, and somewhere else: some pictures are dark, some have hard shadows."""
    for light in bpy.data.objects:
        if light.type == "LIGHT":
            light.data.energy *= float(np.exp(random.normal(0, 0.7)))
            light.location.x += random.normal(0, 1.5)
            light.location.y += random.normal(0, 1.0)


def a_look(random: np.random.Generator) -> Look:
    skin = np.array([0.62, 0.38, 0.27]) * random.uniform(0.12, 1.05)
    hair = random.choice([[0.02, 0.012, 0.008], [0.10, 0.05, 0.02], [0.35, 0.22, 0.09], [0.30, 0.29, 0.28]])
    style = SHORT if random.random() < 0.6 else BOB
    return Look(
        betas=tuple(random.normal(0, 1, 10).clip(-2.5, 2.5)),
        palette=Palette(
            skin=list(skin),
            hair=list(hair),
            shirt=a_colour(random, 0.8),
            stripes=a_colour(random, 0.8) if random.random() < 0.4 else None,
            trousers=a_colour(random, 0.5),
            shoes=a_colour(random, 0.6),
        ),
        style=HairStyle(style.length, style.lift, STRANDS, style.parted),
        wear=Cut(random.uniform(0.26, 0.62), random.choice([-0.875, random.uniform(-0.8, -0.3)])),
    )


def a_colour(random: np.random.Generator, brightest: float) -> Colour:
    """Linear RGB, from nearly grey to strong."""
    grey = random.uniform(0.02, brightest)
    return list(np.clip(grey * np.exp(random.normal(0, 0.4, 3)), 0.01, 0.9))


def _on_floor(body: model.Body, betas: Array, rotations: Array) -> tuple[Array, Array]:
    """The pose (24, 3, 3) put down so that the lowest skin is a sole's height above the floor."""
    vertices, joints = model.pose_body(
        body, rotation.matrix_to_axis_angle(rotations[None]), betas, np.zeros((1, 3))
    )
    pelvis = model.rest_joints(body, betas)[0].copy()
    middle = (joints[0].min(axis=0) + joints[0].max(axis=0)) / 2
    pelvis[[0, 2]] -= middle[[0, 2]]
    pelvis[1] += SOLE - vertices[0, :, 1].min()
    return rotations[None], pelvis[None]


def a_camera(
    random: np.random.Generator, body: model.Body, betas: Array, staged: tuple[Array, Array]
) -> Camera:
    """From near or far, from below or above, sometimes so close that the picture cuts the figure off."""
    distance = np.exp(random.uniform(np.log(1.8), np.log(8)))
    elevation = np.radians(np.clip(random.normal(6, 14), -12, 55))
    rest = model.rest_joints(body, betas)
    joints = (model.forward_kinematics(staged[0], rest)[1] - rest[0] + staged[1][:, None]).reshape(-1, 3)
    size = max(0.9, float(np.ptp(joints, axis=0).max()) + 0.25)
    middle = float(joints[:, 1].min() + joints[:, 1].max()) / 2
    height = max(0.12, middle + distance * np.sin(elevation))
    eye = (0.0, -distance * np.cos(elevation), height)
    share = np.exp(random.uniform(np.log(0.5), np.log(1.15)))
    view = float(np.degrees(2 * np.arctan(size / share / 2 / distance)))
    off = random.normal(0, 0.06, 2) * size / share
    return film.look_at(eye, (off[0], 0.0, middle + off[1]), min(view, 100.0), SIDE, SIDE)


def _stand_before(random: np.random.Generator, camera: Camera, place: Array) -> bpy.types.Object:
    """A box between the camera and the figure."""
    eye = -camera.rotation.T @ camera.translation
    towards = (eye - place) / np.linalg.norm(eye - place)
    size = np.array([random.uniform(0.2, 1.2), 0.15, random.uniform(0.3, 1.0)])
    bpy.ops.mesh.primitive_cube_add(size=1)
    box = bpy.context.object
    box.scale = size
    box.location = (
        place[0] + towards[0] * 0.75 + random.uniform(-0.5, 0.5),
        place[1] + towards[1] * 0.75,
        size[2] / 2,
    )
    box.data.materials.append(Shader("box", 0.6).finish(a_colour(random, 0.6)))
    return box
