"""The extension's zip for this Blender's Python, built from this checkout and installed as a user would."""

import subprocess
import sys
from pathlib import Path

from .chroot import Run, UnavailableError

BUILD = Path(__file__).resolve().parents[2] / "scripts" / "build_extension.py"
NO_SPLASH = "import bpy; bpy.context.preferences.view.show_splash = False; bpy.ops.wm.save_userpref()"


def python_version(run: Run) -> str:
    """Of the Python inside Blender, such as "3.13"."""
    said = run.call(["blender", "-b", "--factory-startup", "--python-expr", "import sys; print(sys.version)"])
    return next(".".join(line.split(".")[:2]) for line in said.splitlines() if line.startswith("3."))


def build(python: str, folder: Path) -> Path:
    """The zip for Linux and that Python. Raises UnavailableError where its parts are not to be had."""
    command = [
        sys.executable,
        str(BUILD),
        "--platform",
        "linux-x64",
        "--python",
        python,
        "--output",
        str(folder),
    ]
    built = subprocess.run(command, capture_output=True, text=True, check=False)
    if built.returncode:
        raise UnavailableError(f"no zip could be built: {(built.stderr or built.stdout).strip()[-500:]}")
    return next(folder.glob("*.zip"))


def install(run: Run, zipped: Path) -> None:
    """Installs and enables the zip in the run's home, and has Blender greet nobody."""
    inside = run.bring(zipped)
    run.call(["blender", "-b", "--factory-startup", "--command", "extension", "validate", inside])
    run.call(["blender", "-b", "--command", "extension", "install-file", "-r", "user_default", "-e", inside])
    run.call(["blender", "-b", "--python-expr", NO_SPLASH])
    (run.folder / zipped.name).unlink()
