"""Takes the two examples: builds room and figure, renders, and writes the truth beside the picture or video."""

import tempfile
from pathlib import Path

import numpy as np
from tqdm import tqdm

from human_mesh_recovery.inference_server.body import model
from human_mesh_recovery.inference_server.motion import Camera, Motion, save_motion

from . import film
from .cast import DANCER, DANCER_ROOM, WALKER, WALKER_ROOM
from .dance import dance
from .figure import Look, Pose, build_figure
from .room import Room, build_room
from .truth import foot_shape, make_motion
from .walk import FRAMES_PER_SECOND, walk_and_wave

STILL_SAMPLES = 48
VIDEO_SAMPLES = 7


def take_still(body: model.Body, folder: Path) -> None:
    """Writes still.jpg and still.npz to `folder`."""
    betas = np.array(DANCER.betas)
    camera = film.look_at((0.0, -4.3, 1.35), (0, 0, 0.98), 36, 960, 720)
    staged = dance(model.rest_joints(body, betas), foot_shape(body, betas))
    motion = make_motion(body, betas, staged, 1.0, camera, "still.jpg")
    pose = _set_up(body, DANCER, DANCER_ROOM, camera, STILL_SAMPLES)
    pose(motion, 0)
    film.render(folder / "still.jpg")
    save_motion(motion, folder / "still.npz")


def take_video(body: model.Body, folder: Path) -> None:
    """Writes walk.mp4 and walk.npz to `folder`."""
    betas = np.array(WALKER.betas)
    camera = film.look_at((-0.25, -5.4, 1.25), (-0.25, 0, 0.90), 40, 640, 360)
    staged = walk_and_wave(model.rest_joints(body, betas), foot_shape(body, betas))
    motion = make_motion(body, betas, staged, FRAMES_PER_SECOND, camera, "walk.mp4")
    pose = _set_up(body, WALKER, WALKER_ROOM, camera, VIDEO_SAMPLES)
    with tempfile.TemporaryDirectory() as temporary:
        pictures = _render_frames(motion, pose, Path(temporary))
        film.encode(pictures, folder / "walk.mp4", FRAMES_PER_SECOND, camera.width, camera.height)
    save_motion(motion, folder / "walk.npz")


def _set_up(body: model.Body, look: Look, room: Room, camera: Camera, samples: int) -> Pose:
    film.empty_scene(samples)
    build_room(room)
    film.set_camera(camera)
    return build_figure(body, look)


def _render_frames(motion: Motion, pose: Pose, folder: Path) -> list[Path]:
    pictures = [folder / f"{frame:04d}.png" for frame in range(len(motion.poses))]
    for frame, picture in enumerate(tqdm(pictures, unit="frame")):
        pose(motion, frame)
        film.render(picture)
    return pictures
