"""Motion files into a scene file, for a child process without a window.

    python -m human_mesh_recovery.blender_addon.command MOTION.npz... --output OUT.blend   (bpy as a module)
    python -m human_mesh_recovery.blender_addon.command MOTION --onto CHARACTER --output OUT.blend
    blender -b --factory-startup --python blender_addon/command.py -- MOTION.npz... --output OUT.blend

The last line of stdout is the path of the file written; an error is one line on stderr and the exit status 1.
"""

import argparse
import importlib
import importlib.util
import os
import sys
from pathlib import Path
from typing import get_args

PACKAGE = "human_mesh_recovery"


def parse(arguments: list[str]) -> argparse.Namespace:
    from .retarget.retargeted import Feet, Root

    parser = argparse.ArgumentParser(prog="command", description="Writes motions as a scene file.")
    parser.add_argument("motions", nargs="+", type=Path, metavar="MOTION")
    parser.add_argument(
        "--onto", type=Path, metavar="CHARACTER", help="retarget the motion onto this character"
    )
    parser.add_argument(
        "--feet", default="auto", choices=get_args(Feet), help="with --onto: when feet are held"
    )
    parser.add_argument(
        "--root",
        default="hips",
        choices=get_args(Root),
        help="with --onto: what carries the way over the floor",
    )
    parser.add_argument("--ik", action="store_true", help="with --onto: key the IK controls of a Rigify rig")
    parser.add_argument(
        "--armature", default="", help="with --onto: the armature's name, where there are several"
    )
    parser.add_argument("--bones", type=Path, help="with --onto: a preset of which bones are which")
    parser.add_argument("--output", required=True, type=Path, help=".blend, .glb or .fbx")
    parser.add_argument("--fps", type=float, help="the scene's frame rate; the source's if left out")
    parser.add_argument("--render", type=Path, metavar="PICTURE.png", help="also render the camera's view")
    parser.add_argument("--frame", type=int, default=1, help="the scene's frame to render")
    return parser.parse_args(arguments)


def run(options: argparse.Namespace) -> list[str]:
    """Builds and writes what `options` ask for; what the user should know of it, a line each. Raises RecoveryError."""
    from ..inference_server.errors import RecoveryError
    from ..inference_server.motion import load_motion

    suffix = options.output.suffix.lower()
    if suffix not in (".blend", ".glb", ".fbx"):
        raise RecoveryError(
            "output_format",
            f"Scenes can't be written as {suffix or options.output}.",
            "Use .blend, .glb or .fbx.",
        )
    if options.fps is not None and not 0 < options.fps <= 1000:
        raise RecoveryError("bad_fps", f"A frame rate of {options.fps} is not possible.", "Use 1 to 1000.")
    if options.onto is not None:
        return _retarget(options)
    motions = [load_motion(path) for path in options.motions]

    import bpy

    from .scene import export
    from .scene.build import build_scene

    bpy.ops.wm.read_factory_settings(use_empty=True)
    people = build_scene(motions, options.fps)
    if options.render is not None:
        export.render_frame(options.render, options.frame)
    if suffix == ".blend":
        export.save_blend(options.output)
    else:
        export.WRITERS[suffix](people, options.output)
    return []


def _retarget(options: argparse.Namespace) -> list[str]:
    from .retarget.convert import Wish, convert
    from .retarget.onto import Controls
    from .retarget.retargeted import Settings

    return convert(
        Wish(
            motion=options.motions[0],
            character=options.onto,
            output=options.output,
            settings=Settings(feet=options.feet, root=options.root),
            controls=Controls(options.ik, options.ik),
            fps=options.fps,
            armature=options.armature,
            bones=options.bones,
        )
    )


def main(arguments: list[str]) -> int:
    """The exit status. Blender's own chatter goes nowhere; stdout and stderr hold only what is said here."""
    options = parse(arguments)
    from ..inference_server.errors import RecoveryError

    sys.stdout.flush()
    sys.stderr.flush()
    # for good: what C code has buffered is written as late as the process' end
    out, err = os.dup(1), os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    try:
        said = run(options)
    except RecoveryError as error:
        os.write(err, f"{error}\n".encode())
        return 1
    os.write(out, "".join(f"{line}\n" for line in (*said, options.output)).encode())
    return 0


def _as_package() -> int:
    """Runs this file, which Blender has opened as a script, as the package's module that it is."""
    root = Path(__file__).resolve().parents[1]
    spec = importlib.util.spec_from_file_location(
        PACKAGE, root / "__init__.py", submodule_search_locations=[str(root)]
    )
    assert spec is not None
    assert spec.loader is not None
    package = importlib.util.module_from_spec(spec)
    sys.modules[PACKAGE] = package
    spec.loader.exec_module(package)
    arguments = sys.argv[sys.argv.index("--") + 1 :] if "--" in sys.argv else []
    return importlib.import_module(f"{PACKAGE}.blender_addon.command").main(arguments)


if __name__ == "__main__":
    # at once: Blender would add its own words to stdout on the way out, and 4.2's module crashes there
    os._exit(main(sys.argv[1:]) if __package__ else _as_package())
