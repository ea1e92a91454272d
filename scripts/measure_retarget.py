#!/usr/bin/env python3
"""Measures retargeting on every character of ../shared/characters and on a generated Rigify rig.

    .venv/bin/python scripts/measure_retarget.py [NAME...] [--feet never] [--ik] [--pictures FOLDER] [--time]

The source is a motion whose feet stand exactly, made by inverse kinematics (retargeting/contact_motion.py). Where the
target's bones go is read from Blender's evaluated scene, frame by frame. Columns: degrees between the limbs' directions
and the source's in the heading of the target's own rest (mean, 95th percentile; arms and legs alone), of the toes'
yaw, the lines of hips and shoulders, palms and elbows' hinges; wrist and ankle in per cent of the limb; slide of
standing ankles and toes in mm/s, how far soles and the skin (skin) are below the floor and soles off it while standing
(gap) in mm, all three over the legs' ratio; the path over the floor in per cent of a leg; how many degrees more than
the source a limb turns within a frame; and seconds, solving and keying.
"""

import argparse
import os
import sys
import time
import traceback
from pathlib import Path

import bpy
import numpy as np

from human_mesh_recovery.blender_addon.retarget import apply, onto
from human_mesh_recovery.blender_addon.retarget.humanoid import HumanMotion
from human_mesh_recovery.blender_addon.retarget.read import meshes_of
from human_mesh_recovery.blender_addon.retarget.retargeted import Settings
from human_mesh_recovery.blender_addon.retarget.sources import human_motion
from human_mesh_recovery.scripts.retargeting import pictures
from human_mesh_recovery.scripts.retargeting.characters import (
    CHARACTERS,
    Character,
    bones_of,
    open_character,
)
from human_mesh_recovery.scripts.retargeting.contact_motion import FPS, ContactMotion, contact_motion
from human_mesh_recovery.scripts.retargeting.measures import Posed, measure

SKIN_STEP = 10
"""Every how many frames the skin is looked at."""
PLAIN_BONES = 60
LONG = 1000


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "names", nargs="*", help="characters, by the beginning of their names; all by default"
    )
    parser.add_argument("--feet", default="auto", choices=("auto", "always", "never", "grounding"))
    parser.add_argument(
        "--ik", action="store_true", help="move the limbs of control rigs by their IK controls"
    )
    parser.add_argument("--pictures", type=Path, help="also draw some frames of each into this folder")
    parser.add_argument("--time", action="store_true", help="only measure the time of 1000 frames")
    arguments = parser.parse_args()
    chosen = [
        one for one in CHARACTERS
        if not arguments.names or any(one.name.startswith(name) for name in arguments.names)
    ]  # fmt: skip
    if arguments.time:
        _time(chosen[0])
        return
    source = contact_motion()
    human = human_motion(source.motion)
    header = False
    for character in chosen:
        try:
            row = _measure(character, source, human, arguments)
        except Exception:
            print(f"{character.name:24} failed", flush=True)
            traceback.print_exc()
            continue
        if not header:
            print(f"{'':24}" + "".join(f"{name[:9]:>10}" for name in row), flush=True)
            header = True
        print(f"{character.name:24}" + "".join(f"{value:10.2f}" for value in row.values()), flush=True)


def _measure(
    character: Character, source: ContactMotion, human: HumanMotion, arguments: argparse.Namespace
) -> dict[str, float]:
    rig = open_character(character)
    names = bones_of(character)
    settings = Settings(feet=arguments.feet)
    begin = time.perf_counter()
    target = onto.understand(rig, onto.Controls(arguments.ik, arguments.ik))
    channels = onto.solve(target, human, settings)
    apply.show(rig, channels, "Measured")
    seconds = time.perf_counter() - begin
    posed, skin = _posed(rig, names, human)
    row = measure(source, posed)
    row |= {"skin": skin, "seconds": seconds}
    if arguments.pictures:
        pictures.take(rig, human.frames, arguments.pictures, character.name)
    return row


def _posed(rig: bpy.types.Object, names: dict[str, str], human: HumanMotion) -> tuple[Posed, float]:
    """Where the bones are in each frame, and how far the skin goes below the floor, mm over the legs' ratio."""
    scene = bpy.context.scene
    scene.render.fps, scene.render.fps_base = round(FPS), 1.0
    world = np.array(rig.matrix_world)
    rest = {name: _placed(world, np.array(rig.data.bones[bone].matrix_local)) for name, bone in names.items()}
    joints = {name: np.empty((len(human.frames), 3)) for name in names}
    turns = {name: np.empty((len(human.frames), 3, 3)) for name in names}
    meshes = meshes_of(rig)
    floor = min((_lowest(mesh, evaluated=False) for mesh in meshes), default=0.0)
    lowest = np.inf
    for row, frame in enumerate(human.frames):
        scene.frame_set(int(frame))
        graph = bpy.context.evaluated_depsgraph_get()
        bones = rig.evaluated_get(graph).pose.bones
        for name, bone in names.items():
            joints[name][row], turns[name][row] = _placed(world, np.array(bones[bone].matrix))
        if row % SKIN_STEP == 0:
            lowest = min([lowest, *(_lowest(mesh, evaluated=True) for mesh in meshes)])
    posed = Posed(
        {name: place for name, (place, _) in rest.items()}, {name: turn for name, (_, turn) in rest.items()},
        joints, turns, floor,
    )  # fmt: skip
    leg = np.linalg.norm(posed.rest["left_shin"] - posed.rest["left_thigh"])
    leg += np.linalg.norm(posed.rest["left_foot"] - posed.rest["left_shin"])
    source_leg = 0.82  # the free body's, near enough for millimetres
    return posed, float(max(0.0, floor - lowest) * 1000 * source_leg / leg) if meshes else float("nan")


def _placed(world: np.ndarray, matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A bone's joint and its axes, orthogonal, in the world."""
    whole = world @ matrix
    left, _, right = np.linalg.svd(whole[:3, :3])
    return whole[:3, 3], left @ right


def _lowest(mesh: bpy.types.Object, evaluated: bool) -> float:
    """The lowest vertex of a mesh as it is now, or as it is modelled."""
    shown = mesh.evaluated_get(bpy.context.evaluated_depsgraph_get()) if evaluated else mesh
    points = np.empty(len(shown.data.vertices) * 3, dtype=np.float32)
    shown.data.vertices.foreach_get("co", points)
    world = np.array(shown.matrix_world)
    return float((points.reshape(-1, 3) @ world[2, :3] + world[2, 3]).min())


def _time(character: Character) -> None:
    """1000 frames, solved and keyed; beside it the loop over frames that evaluates the scene at each of them."""
    rig = open_character(character)
    human = human_motion(contact_motion(LONG).motion)
    begin = time.perf_counter()
    target = onto.understand(rig)
    channels = onto.solve(target, human, Settings())
    solved = time.perf_counter()
    apply.show(rig, channels, "Timed")
    keyed = time.perf_counter()
    print(
        f"{character.name}: {len(rig.data.bones)} bones, {LONG} frames: solved in {solved - begin:.2f} s, keyed in "
        f"{keyed - solved:.2f} s"
    )
    begin = time.perf_counter()
    for frame in range(1, LONG + 1):
        bpy.context.scene.frame_set(frame)
        for bone in rig.pose.bones:
            bone.keyframe_insert("rotation_quaternion")
    print(f"the same keys by frame_set and keyframe_insert: {time.perf_counter() - begin:.2f} s")


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    # a process that enabled Rigify must not end as usual
    os._exit(0)
