#!/usr/bin/env python3
"""How far fingers are off that are recovered from pictures: the free body's hands, rendered in poses that are known.

    .venv/bin/python scripts/measure_fingers.py [--count 60] [--pictures FOLDER]

Each hand is posed by chance within what fingers do, seen from somewhere by chance, rendered, and looked at by the
network of the landmarks; every picture is solved for itself. Needs Blender as a Python module.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import bpy
import cv2
import numpy as np

from human_mesh_recovery.blender_addon.scene import armature, body, materials
from human_mesh_recovery.inference_server.body.axes import Y_UP_TO_Z_UP
from human_mesh_recovery.inference_server.body.files import load_body
from human_mesh_recovery.inference_server.body.fingers import SIDES
from human_mesh_recovery.inference_server.body.rotation import (
    axis_angle_to_matrix,
    axis_angle_to_quaternion,
    matrix_to_axis_angle,
)
from human_mesh_recovery.inference_server.body.skeleton import FINGER_NAMES
from human_mesh_recovery.inference_server.fitting.finger_joints import FLEX, HABITS, hand_form
from human_mesh_recovery.inference_server.fitting.fingers import SeenFingers, solve_fingers
from human_mesh_recovery.inference_server.hands.landmarks import hand_landmarks
from human_mesh_recovery.inference_server.hands.look import SURE
from human_mesh_recovery.inference_server.hands.poses import palm_rotations, pointing_in_palm
from human_mesh_recovery.inference_server.hands.regions import region_from_palm, region_from_points
from human_mesh_recovery.inference_server.people.crop import Picture, Region
from human_mesh_recovery.inference_server.people.networks import load_hand_network

SIZE = 320
DISTANCE, LENS, SENSOR = 0.75, 70.0, 36.0
"""Metres from the hand; the lens and the sensor's width in millimetres."""


@dataclass(frozen=True)
class Shot:
    """A rendered hand."""

    side: str
    poses: np.ndarray
    """(15, 3) axis-angle of its fingers."""
    to_camera: np.ndarray
    """(3, 3) from the body's rest axes to the camera's, x right, y down, z away."""
    image: np.ndarray
    region: Region
    """Where it is, as the body's keypoints would have it."""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=60, help="pictures (60)")
    parser.add_argument("--pictures", type=Path, help="keep the pictures in this folder")
    options = parser.parse_args()
    networks = load_hand_network(threads=1)
    fingers, thumbs, palms, usual = [], [], [], []
    for shot in shots(options.count, options.pictures):
        picture = Picture(shot.image)
        first = hand_landmarks(networks, picture, shot.region, shot.side)
        closer = region_from_points(first.points, SIZE, SIZE)
        found = hand_landmarks(networks, picture, closer or shot.region, shot.side)
        if found.presence < SURE:
            continue
        form, points = hand_form(shot.side), found.world[None]
        palm = palm_rotations(form, points)
        seen = SeenFingers(
            np.zeros(1, int), form.parts[:, None], pointing_in_palm(points, palm), np.array([found.presence])
        )
        off = degrees(
            axis_angle_to_matrix(solve_fingers(form, seen, 1, 0.0)[0]), axis_angle_to_matrix(shot.poses)
        )
        relaxed = np.einsum("jab,jb->ja", form.axes, HABITS.usual)
        fingers.append(off[:12].mean())
        thumbs.append(off[12:].mean())
        palms.append(degrees(palm[0], shot.to_camera))
        usual.append(degrees(axis_angle_to_matrix(relaxed), axis_angle_to_matrix(shot.poses))[:12].mean())
    print(
        f"{options.count} pictures, in {len(fingers)} of which the network sees a hand of the side asked for"
    )
    print("degrees off, mean and median over the pictures:")
    for what, values in (
        ("long fingers' joints", fingers),
        ("the same, had they been taken for relaxed", usual),
        ("thumb's joints", thumbs),
        ("palm", palms),
    ):
        print(f"  {what}: {np.mean(values):.1f}, {np.median(values):.1f}")


def degrees(found: np.ndarray, truth: np.ndarray) -> np.ndarray:
    return np.degrees(np.linalg.norm(matrix_to_axis_angle(found.swapaxes(-1, -2) @ truth), axis=-1))


def shots(count: int, folder: Path | None):
    """Renders one hand after the other, left and right in turn."""
    random = np.random.default_rng(0)
    rig, camera = stage()
    with TemporaryDirectory() as scratch:
        for number in range(count):
            side = SIDES[number % 2]
            form = hand_form(side)
            poses = np.einsum("jab,jb->ja", form.axes, random_turns(random))
            own = [index for index, name in enumerate(FINGER_NAMES) if name.startswith(side)]
            for index, quaternion in zip(own, axis_angle_to_quaternion(poses), strict=True):
                rig.pose.bones[FINGER_NAMES[index]].rotation_quaternion = quaternion
            middle = form.palm[2]
            # from all around, but not along the arm
            away = random.normal(size=3) * (0.4, 1.0, 1.0)
            away /= np.linalg.norm(away)
            up = np.cross(away, random.normal(size=3))
            up /= np.linalg.norm(up)
            right = np.cross(up, away)
            to_camera = np.stack([right, -up, -away])
            place = np.eye(4)
            place[:3, :3] = Y_UP_TO_Z_UP @ np.stack([right, up, away], axis=1)
            place[:3, 3] = Y_UP_TO_Z_UP @ (middle + DISTANCE * away)
            camera.matrix_world = place.T
            path = (folder or Path(scratch)) / f"{number:03}.png"
            bpy.context.scene.render.filepath = str(path)
            bpy.ops.render.render(write_still=True)
            seen = (form.palm[[0, 1, 4]] - middle) @ to_camera.T
            pixels = SIZE / 2 + LENS / SENSOR * SIZE * seen[:, :2] / (seen[:, 2:] + DISTANCE)
            image = cv2.imread(str(path))[..., ::-1].copy()
            yield Shot(side, poses, to_camera, image, region_from_palm(*pixels))


def random_turns(random: np.random.Generator) -> np.ndarray:
    """(15, 3): a grip that all fingers share more or less, with fingers of their own."""
    turns = HABITS.usual + random.normal(size=(15, 3)) * np.minimum(HABITS.spread, np.radians(6))
    grip = np.clip(random.uniform(0, 1) + random.normal(0, 0.2, 4), 0, 1)
    for finger in range(4):
        turns[3 * finger : 3 * finger + 3, FLEX] += grip[finger] * np.radians([60, 65, 40]) - np.radians(15)
    return np.clip(turns, HABITS.lower, HABITS.upper)


def stage() -> tuple[bpy.types.Object, bpy.types.Object]:
    """The free body in the colour of skin before a plain wall, its rig, and a camera."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene, model = bpy.context.scene, load_body("free")
    rig = armature.build_armature("Rig", model, np.zeros(10), True)
    figure = body.build_mesh("Body", model, np.zeros(10), rig, True)
    skin = materials.clay(0)
    skin.node_tree.nodes["Principled BSDF"].inputs["Base Color"].default_value = (0.55, 0.28, 0.18, 1)
    figure.data.materials.append(skin)
    sun = bpy.data.objects.new("Sun", bpy.data.lights.new("Sun", "SUN"))
    sun.data.energy, sun.rotation_euler = 3.0, (0.6, 0.4, 0.0)
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    camera.data.lens, camera.data.clip_start = LENS, 0.01
    for made in (rig, figure, sun, camera):
        scene.collection.objects.link(made)
    world = bpy.data.worlds.new("World")
    world.use_nodes = True
    world.node_tree.nodes["Background"].inputs["Color"].default_value = (0.45, 0.5, 0.55, 1)
    scene.world, scene.camera = world, camera
    scene.render.engine, scene.cycles.samples = "CYCLES", 12
    scene.render.resolution_x = scene.render.resolution_y = SIZE
    return rig, camera


if __name__ == "__main__":
    main()
