"""`recover-mesh retarget MOTION CHARACTER --output OUT`: a motion onto the user's own character."""

import argparse
import sys
from pathlib import Path

from . import outputs
from .argument_types import rate
from .errors import RecoveryError

FEET = ("auto", "always", "never", "grounding")
ROOTS = ("hips", "root", "in_place")


def add_arguments(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the `retarget` command to the program's commands; `run` does it."""
    parser = subparsers.add_parser("retarget", help="a motion onto your own character")
    parser.add_argument(
        "motion", type=Path, metavar="MOTION", help="a recovered or AMASS motion (.npz), or a BVH file (.bvh)"
    )
    parser.add_argument(
        "character", type=Path, metavar="CHARACTER", help=".blend, .glb, .gltf, .vrm or .fbx with a rig"
    )
    parser.add_argument(
        "--output", "-o", required=True, type=Path, metavar="OUT", help=".blend, .glb or .fbx to write"
    )
    parser.add_argument(
        "--feet", default="auto", choices=FEET,
        help="hold feet where they are found to stand (auto), always one, never any, or only keep them on the "
        "floor (grounding)",
    )  # fmt: skip
    parser.add_argument(
        "--root", default="hips", choices=ROOTS,
        help="what carries the way over the floor: the hips, the rig's root bone, or nothing",
    )  # fmt: skip
    parser.add_argument(
        "--ik", action="store_true", help="key the IK controls of a Rigify rig, not its FK ones"
    )
    parser.add_argument(
        "--fps",
        type=rate,
        metavar="R",
        help="the scene's frame rate (default: a .blend's own, or the motion's)",
    )
    parser.add_argument(
        "--armature", default="", metavar="NAME", help="the armature, where the character's file has several"
    )
    parser.add_argument(
        "--bones", type=Path, metavar="PRESET.json", help="which bones are which, as the panel saves it"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Does what the parsed arguments say; returns the exit code. Raises RecoveryError."""
    suffix = options.output.suffix.lower()
    if suffix not in outputs.SCENE_SUFFIXES:
        raise RecoveryError(
            "output_format",
            f"{options.output.name}: characters can't be written as {suffix or 'a file without an ending'}.",
            f"Use one of {', '.join(outputs.SCENE_SUFFIXES)}.",
        )
    outputs.check_output(options.output)
    if options.output.exists() and any(
        given.exists() and options.output.samefile(given) for given in (options.motion, options.character)
    ):
        raise RecoveryError(
            "output_is_input", f"{options.output} would replace what it is made of.", "Choose another name."
        )
    arguments = [options.motion, "--onto", options.character, "--output", options.output]
    arguments += ["--feet", options.feet, "--root", options.root]
    arguments += ["--ik"] if options.ik else []
    for name in ("fps", "armature", "bones"):
        value = getattr(options, name)
        arguments += [f"--{name}", value] if value else []
    try:
        finished = outputs.run_blender([str(argument) for argument in arguments])
    except OSError as error:
        raise RecoveryError(
            "blender_failed", f"Blender could not be started: {error}.", "Check the variable BLENDER."
        ) from error
    said = finished.stderr.strip().splitlines()
    if finished.returncode != 0 or not options.output.is_file():
        raise RecoveryError("retarget_failed", said[-1] if said else "Blender ended without a word.")
    *notes, path = finished.stdout.strip().splitlines()
    for note in notes:
        print(note, file=sys.stderr)
    print(path)
    return 0
