"""The project's virtual environments: what first_run.py and run_tests.py share.

Standard library and Python 3.8 only, because it runs before anything is installed.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from find_python import find_python
from pip_install import SetupError, pip_install

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "human_mesh_recovery"
PYTHON = "3.11"
BLENDERS = {
    "4.2": ("bpy==4.2.23", "3.11"),
    "4.5": ("bpy==4.5.15", "3.11"),
    "5.0": ("bpy==5.0.1", "3.11"),
    "5.2": ("bpy==5.2.3", "3.13"),
}
"""Blender's version: the module to install, and the Python it was built for."""

SIZES = {
    "blender": "Blender as a Python module is most of it: 350 MB",
    "test": "the tools that test and check the code are 90 MB",
}
NEEDED_BYTES = 2_500_000_000

DEBIAN_PACKAGES = {
    "libX11.so.6": "libx11-6",
    "libXrender.so.1": "libxrender1",
    "libXfixes.so.3": "libxfixes3",
    "libXi.so.6": "libxi6",
    "libXxf86vm.so.1": "libxxf86vm1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libSM.so.6": "libsm6",
    "libICE.so.6": "libice6",
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
}
"""The system libraries that Blender's module links to, and the Debian package that holds each."""


def project_environment(*extras: str) -> Path:
    """The Python of `.venv`, with the project and these extras installed; at once if they are."""
    folder = ROOT / ".venv"
    extras_wanted = sorted(set(extras) | set(_read_stamp(folder).get("wanted", [])))
    arguments = ["--editable", f"{ROOT}[{','.join(extras_wanted)}]"]
    sizes = "; ".join(SIZES[name] for name in extras_wanted if name in SIZES)
    return _ensure(folder, PYTHON, arguments, extras_wanted, folder / "package", sizes)


def blender_environment(version: str) -> Path:
    """The Python of `.venv-blender-VERSION`: that Blender's module and pytest, with the package linked in.

    The project itself is not installed, just as in Blender: what the scene code needs is numpy alone.
    """
    blender, python = BLENDERS[version]
    folder = ROOT / f".venv-blender-{version}"
    wanted = [blender, _pinned("pytest")]
    return _ensure(folder, python, wanted, wanted, _site_packages(folder, python), SIZES["blender"])


def program(python: Path, name: str) -> Path:
    """The command `name` in the environment of `python`."""
    return python.with_name(name + (".exe" if os.name == "nt" else ""))


def clean_environment() -> dict[str, str]:
    """This process's variables without those that would mix another Python's packages in."""
    unwanted = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__")
    return {name: value for name, value in os.environ.items() if name not in unwanted}


def _ensure(folder: Path, version: str, arguments: list, wanted: list, link: Path, sizes: str) -> Path:
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    known = _read_stamp(folder)
    if python.exists() and _same_project(known) and known["wanted"] == wanted:
        return python
    begin = time.monotonic()
    if python.exists() and known.get("root", str(ROOT)) == str(ROOT):
        print(f"Completing {folder.name}: what it should hold has changed, or a run was stopped.", flush=True)
    else:
        print(f"Setting up {folder.name} (Python {version}). {sizes}.", flush=True)
        print("It needs 2.5 GB of disk and takes one to five minutes, this once.", flush=True)
        _check_disk(folder)
        _make(find_python(version), folder)
    (folder / "installed.json").unlink(missing_ok=True)
    pip_install(python, arguments, clean_environment(), ROOT)
    _link_package(link)
    _check_blender(python)
    stamp = {"pyproject": _pyproject_hash(), "root": str(ROOT), "wanted": wanted}
    (folder / "installed.json").write_text(json.dumps(stamp), encoding="utf-8")
    print(f"Ready after {time.monotonic() - begin:.0f} s.", flush=True)
    return python


def _make(base: str, folder: Path) -> None:
    command = [base, "-m", "venv", "--clear", str(folder)]
    print("  " + " ".join(command), flush=True)
    made = subprocess.run(command, env=clean_environment(), capture_output=True, text=True, check=False)
    if made.returncode:
        reason = (made.stderr or made.stdout).strip().splitlines() or ["no reason given"]
        raise SetupError(
            f"The virtual environment {folder} could not be made: {reason[-1]} "
            "Check that the folder can be written to, or delete it and run this again."
        )


def _check_disk(folder: Path) -> None:
    free = shutil.disk_usage(str(folder.parent)).free
    if free < NEEDED_BYTES:
        raise SetupError(
            f"There are {free / 1e9:.1f} GB free where {folder} is to be made, and 2.5 GB are needed. "
            "Free some space and run this again."
        )


def _check_blender(python: Path) -> None:
    """Imports Blender's module where there is one, and names the system libraries that it lacks."""
    check = "import importlib.util as u; s = u.find_spec('bpy'); print(s.origin if s else '')"
    found = subprocess.run([str(python), "-c", check], capture_output=True, text=True, check=False)
    module = found.stdout.strip()
    if not module or not sys.platform.startswith("linux"):
        return
    listed = subprocess.run(["ldd", module], capture_output=True, text=True, check=False).stdout
    missing = sorted(line.split()[0] for line in listed.splitlines() if "not found" in line)
    if missing:
        packages = " ".join(DEBIAN_PACKAGES.get(name, name) for name in missing)
        raise SetupError(
            f"Blender's Python module needs system libraries that are not here: {', '.join(missing)}. "
            f"On Debian and Ubuntu: sudo apt install {packages}   (on other systems the packages that hold "
            "these files). Then run this again."
        )


def _link_package(folder: Path) -> None:
    """Makes `folder/human_mesh_recovery` lead to the repository."""
    folder.mkdir(parents=True, exist_ok=True)
    link = folder / PACKAGE
    if link.exists():
        return
    if os.name == "nt":  # a junction, because a symbolic link needs a privilege there
        command = ["cmd", "/c", "mklink", "/J", str(link), str(ROOT)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    else:
        link.symlink_to(ROOT, target_is_directory=True)


def _site_packages(folder: Path, version: str) -> Path:
    return folder / ("Lib/site-packages" if os.name == "nt" else f"lib/python{version}/site-packages")


def _pinned(name: str) -> str:
    """The requirement of pyproject.toml that begins with `name==`."""
    lines = (ROOT / "pyproject.toml").read_text(encoding="utf-8").split('"')
    return next(part for part in lines if part.startswith(name + "=="))


def _pyproject_hash() -> str:
    return hashlib.sha256((ROOT / "pyproject.toml").read_bytes()).hexdigest()


def _read_stamp(folder: Path) -> dict:
    try:
        return json.loads((folder / "installed.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def _same_project(stamp: dict) -> bool:
    return stamp.get("root") == str(ROOT) and stamp.get("pyproject") == _pyproject_hash()
