"""Motions into the files that were asked for; the ending says which."""

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from .body.files import load_body
from .bvh import write_bvh
from .errors import RecoveryError
from .motion import Motion, save_motion

PACKAGE = __name__.removesuffix(".inference_server.outputs")
ONE_PERSON_SUFFIXES = (".npz", ".bvh")
"""Formats that hold one person: several people go to OUT-1, OUT-2, ..."""
SCENE_SUFFIXES = (".blend", ".glb", ".fbx")
"""Formats that Blender writes, with everybody in one file."""


def check_output(path: Path) -> None:
    """Tells before the long work what would fail after it.

    Raises RecoveryError: "output_format", "unwritable", or "no_blender" for a format that Blender writes.
    """
    suffix = path.suffix.lower()
    if suffix not in (*ONE_PERSON_SUFFIXES, *SCENE_SUFFIXES):
        raise RecoveryError(
            "output_format",
            f"{path.name}: results can't be written as {suffix or 'a file without an ending'}.",
            f"Use one of {', '.join((*SCENE_SUFFIXES, *ONE_PERSON_SUFFIXES))}.",
        )
    if suffix in SCENE_SUFFIXES:
        _blender_command()
    check_folder(path)


def check_folder(path: Path) -> None:
    """Makes the folder of `path` and sees whether a file can be made in it. Raises RecoveryError("unwritable")."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            raise IsADirectoryError(21, "it is a folder")
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise RecoveryError(
            "unwritable",
            f"{path} can't be written: {error.strerror or error}.",
            "Choose a folder that can be written to and has free space.",
        ) from error


def write_outputs(motions: list[Motion], path: Path, fps: float | None) -> list[Path]:
    """Writes `motions` in the format that the path's ending names; `fps` None keeps the source's frame rate.

    Returns the files. Raises RecoveryError ("unwritable", "blender_failed").
    """
    if path.suffix.lower() in SCENE_SUFFIXES:
        _write_scene(motions, path, fps)
        return [path]
    written = []
    for motion in motions:
        own = path if len(motions) == 1 else path.with_stem(f"{path.stem}-{motion.person}")
        if path.suffix.lower() == ".npz":
            save_motion(motion, own)
        else:
            write_bvh(motion, load_body(motion.body), own, fps)
        written.append(own)
    return written


def write_all(motions: list[Motion], paths: list[Path], fps: float | None) -> None:
    """Writes every output that can be written, and prints the files.

    Raises RecoveryError for the others; the motions are kept elsewhere where none of the files holds them.
    """
    written: list[Path] = []
    errors: list[RecoveryError] = []
    for path in paths:
        try:
            files = write_outputs(motions, path, fps)
        except RecoveryError as error:
            errors.append(error)
            continue
        print(*files, sep="\n", flush=True)
        written += [file for file in files if file.suffix.lower() == ".npz"]
    if errors:
        kept = ", ".join(map(str, written)) or keep(motions)
        where = f"kept in {kept}" if kept else "lost: the temporary folder can't be written either"
        message = " ".join(dict.fromkeys(error.message for error in errors))
        raise RecoveryError(errors[0].code, message, f"{errors[0].hint} What was recovered is {where}.")


def keep(motions: list[Motion]) -> Path | None:
    """A folder under the system's temporary one that holds the motions, for when their output failed.

    None where they can't be written there either.
    """
    folder = None
    try:
        folder = Path(tempfile.mkdtemp(prefix="human-mesh-recovery-"))
        for motion in motions:
            save_motion(motion, folder / f"person-{motion.person}.npz")
    except (OSError, RecoveryError):
        if folder:
            shutil.rmtree(folder, ignore_errors=True)
        return None
    return folder


def _write_scene(motions: list[Motion], path: Path, fps: float | None) -> None:
    """Has Blender build and write the scene."""
    try:
        with tempfile.TemporaryDirectory(prefix="human-mesh-recovery-") as folder:
            files = []
            for motion in motions:
                files.append(str(Path(folder) / f"person-{motion.person}.npz"))
                save_motion(motion, files[-1])
            finished = run_blender([*files, "--output", str(path), *(["--fps", str(fps)] if fps else [])])
    except OSError as error:
        raise RecoveryError(
            "blender_failed",
            f"Blender could not be started to write {path}: {error}.",
            "Check the variables BLENDER and TMPDIR, and the free space of the temporary folder.",
        ) from error
    if finished.returncode != 0 or not path.is_file():
        said = (finished.stderr.strip().splitlines() or ["it gave no reason"])[-1]
        raise RecoveryError(
            "blender_failed",
            f"Blender could not write {path}: {said}",
            "Choose a folder that can be written to and has free space, or another format.",
        )


def run_blender(arguments: list[str]) -> subprocess.CompletedProcess[str]:
    """Runs `blender_addon/command.py` in a process of its own, which a Ctrl-C leaves to finish.

    Raises RecoveryError("no_blender"), and OSError where Blender can't be started.
    """
    return subprocess.run(
        [*_blender_command(), *arguments], capture_output=True, text=True, encoding="utf-8", errors="replace",
        start_new_session=True, creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0), check=False,
    )  # fmt: skip


def _blender_command() -> list[str]:
    """How to run `blender_addon/command.py`: with Blender as a Python module, else with a Blender on the path."""
    if importlib.util.find_spec("bpy") is not None:
        return [sys.executable, "-m", f"{PACKAGE}.blender_addon.command"]
    blender = os.environ.get("BLENDER") or shutil.which("blender")
    if blender:
        script = Path(__file__).parent.parent / "blender_addon" / "command.py"
        return [blender, "-b", "--factory-startup", "--python", str(script), "--"]
    raise RecoveryError(
        "no_blender",
        "Blender is needed to write .blend, .glb and .fbx, and none was found.",
        "Put Blender on the path, name it in the variable BLENDER, or install the extra 'blender' of this package.",
    )
