"""Short videos of dressed figures, as numbered pictures, with their true motion: what whole clips are measured on.

The motion capture has no path, so that the figures walk on the spot.
"""

from pathlib import Path

import numpy as np
from tqdm import tqdm

from human_mesh_recovery.inference_server.body import model, rotation
from human_mesh_recovery.inference_server.motion import save_motion
from human_mesh_recovery.inference_server.training.motions import Motions
from human_mesh_recovery.inference_server.training.poses import sample_poses

from . import film
from .figure import build_figure
from .room import Room, build_room
from .shoes import SOLE
from .truth import make_motion
from .turns import Array
from .varied import SAMPLES, a_camera, a_colour, a_look

FRAMES = 45


def take_clips(body: model.Body, motions: Motions, folder: Path, count: int, seed: int) -> None:
    """Writes 00/0000.jpg, ... and 00.npz, 01/0000.jpg, ... to `folder`; goes on where an earlier run was stopped."""
    for number in tqdm(range(count), unit="clip"):
        if not (folder / f"{number:02d}.npz").exists():
            _take_clip(body, motions, folder, number, np.random.default_rng((seed, number)))


def _take_clip(
    body: model.Body, motions: Motions, folder: Path, number: int, random: np.random.Generator
) -> None:
    look = a_look(random)
    betas = np.array(look.betas)
    film.empty_scene(SAMPLES)
    build_room(Room(a_colour(random, 0.7), a_colour(random, 0.4), None, random.uniform(1.5, 3.5)))
    pose = build_figure(body, look, rounded=False)
    # every other clip moves its limbs in a way of its own
    rotations = sample_poses(motions, random, 1, FRAMES, change=number % 2 == 1)[0].astype(np.float64)
    pelvis = _on_floor(body, betas, rotations)
    camera = a_camera(random, body, betas, (rotations, pelvis))
    pictures = folder / f"{number:02d}"
    pictures.mkdir(parents=True, exist_ok=True)
    motion = make_motion(body, betas, (rotations, pelvis), motions.fps, camera, pictures.name)
    film.set_camera(camera)
    for frame in range(FRAMES):
        pose(motion, frame)
        film.render(pictures / f"{frame:04d}.jpg")
    save_motion(motion, folder / f"{number:02d}.npz")


def _on_floor(body: model.Body, betas: Array, rotations: Array) -> Array:
    """(F, 3) the pelvis over one spot, at the height at which the lowest skin is on the floor."""
    vertices, _ = model.pose_body(
        body, rotation.matrix_to_axis_angle(rotations), betas, np.zeros((len(rotations), 3))
    )
    pelvis = np.tile(model.rest_joints(body, betas)[0], (len(rotations), 1))
    pelvis[:, [0, 2]] = 0
    pelvis[:, 1] += SOLE - vertices[:, :, 1].min(axis=1)
    return pelvis
