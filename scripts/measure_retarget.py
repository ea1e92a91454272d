#!/usr/bin/env python3
"""Measures retargeting on every character of ../shared/characters and on a generated Rigify rig.

    .venv/bin/python scripts/measure_retarget.py [NAME...] [--feet never] [--ik] [--pictures FOLDER]
    .venv/bin/python scripts/measure_retarget.py m2m_human-male --time

The source is a motion whose feet stand exactly, made by inverse kinematics (retargeting/contact_motion.py). Where the
target's bones go is read from Blender's evaluated scene, frame by frame. Columns: degrees between the limbs' directions
and the source's in the heading of the target's own rest (mean, 95th percentile; arms and legs alone), of the toes'
yaw, the lines of hips and shoulders, palms and elbows' hinges; wrist and ankle in per cent of the limb; slide of
standing ankles and toes in mm/s, how far soles and the skin (skin) are below the floor and soles off it while standing
(gap) in mm, all three over the legs' ratio; the path over the floor in per cent of a leg; how many degrees more than
the source a limb turns within a frame; and seconds, solving and keying.
"""

import argparse
import json
import os
import sys
import time
import traceback
from pathlib import Path

import bpy

from human_mesh_recovery.blender_addon.retarget import apply, onto
from human_mesh_recovery.blender_addon.retarget.humanoid import HumanMotion
from human_mesh_recovery.blender_addon.retarget.retargeted import Settings
from human_mesh_recovery.blender_addon.retarget.sources import human_motion
from human_mesh_recovery.scripts.retargeting import pictures
from human_mesh_recovery.scripts.retargeting.characters import (
    CHARACTERS,
    Character,
    bones_of,
    open_character,
)
from human_mesh_recovery.scripts.retargeting.contact_motion import FRAMES, ContactMotion, contact_motion
from human_mesh_recovery.scripts.retargeting.measures import measure
from human_mesh_recovery.scripts.retargeting.posed import read_posed

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
    parser.add_argument("--frames", type=int, default=FRAMES, help="how many of the motion's frames")
    parser.add_argument("--json", action="store_true", help="write a row as a line of JSON")
    parser.add_argument("--time", action="store_true", help="only measure the time of 1000 frames")
    arguments = parser.parse_args()
    chosen = [
        one for one in CHARACTERS
        if not arguments.names or any(one.name.startswith(name) for name in arguments.names)
    ]  # fmt: skip
    if arguments.time:
        _time(chosen[0])
        return
    source = contact_motion(arguments.frames)
    human = human_motion(source.motion)
    header = False
    for character in chosen:
        try:
            row = _measure(character, source, human, arguments)
        except Exception:
            print(f"{character.name:24} failed", flush=True)
            traceback.print_exc()
            continue
        if arguments.json:
            print(json.dumps({"character": character.name, **row}), flush=True)
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
    posed, skin = read_posed(rig, names, human.frames)
    row = measure(source, posed)
    row |= {"skin": skin, "seconds": seconds}
    if arguments.pictures:
        pictures.take(rig, human.frames, arguments.pictures, character.name)
    return row


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
