"""Finds a Python of one version on this machine, or says how to get it. Standard library, Python 3.8."""

from __future__ import annotations

import glob
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator

from pip_install import SetupError

PROBE = "import sys, venv, ensurepip; print('%d.%d' % sys.version_info[:2]); print(sys.executable)"


def find_python(version: str) -> str:
    """The path of a Python `version` ("3.11") that can make virtual environments.

    Raises SetupError, which says what to install on this platform.
    """
    without_venv = ""
    for command in _candidates(version):
        try:
            probe = subprocess.run(
                [*command, "-c", PROBE], capture_output=True, text=True, timeout=20, check=False
            )
        except (OSError, subprocess.TimeoutExpired):
            continue
        lines = probe.stdout.split("\n")
        if probe.returncode == 0 and lines[0].strip() == version:
            return lines[1].strip()
        # A shim of pyenv answers for versions that it doesn't run; Debian's Python may lack venv.
        if "ensurepip" in probe.stderr or "No module named 'venv'" in probe.stderr:
            without_venv = without_venv or command[0]
    raise SetupError(_advice(version, without_venv))


def _candidates(version: str) -> Iterator[list]:
    """Commands that may run that Python, the likeliest first."""
    if "{}.{}".format(*sys.version_info[:2]) == version:
        yield [sys.executable]
    names = [f"python{version}", "python3", "python"]
    if os.name == "nt":
        yield ["py", "-" + version]
        names = ["python.exe", f"python{version}.exe"]
    for name in names:
        for folder in os.get_exec_path():
            path = os.path.join(folder, name)
            if os.path.isfile(path) and os.access(path, os.X_OK):
                yield [path]
    home = os.path.expanduser("~")
    pyenv = os.environ.get("PYENV_ROOT", os.path.join(home, ".pyenv"))
    patterns = [
        os.path.join(pyenv, "versions", version + "*", "bin", "python"),
        os.path.join(home, ".local", "share", "uv", "python", f"cpython-{version}*", "bin", "python3"),
        f"/opt/homebrew/bin/python{version}",
        f"/usr/local/bin/python{version}",
        f"/Library/Frameworks/Python.framework/Versions/{version}/bin/python3",
    ]
    for pattern in patterns:
        for path in sorted(glob.glob(pattern), reverse=True):
            yield [path]
    if shutil.which("uv"):
        found = subprocess.run(["uv", "python", "find", version], capture_output=True, text=True, check=False)
        if found.returncode == 0:
            yield [found.stdout.strip()]


def _advice(version: str, without_venv: str) -> str:
    if without_venv:
        return (
            f"{without_venv} can't make virtual environments: its venv module is a package of its own here. "
            f"Install it (Debian, Ubuntu: sudo apt install python{version}-venv) and run this again."
        )
    system = platform.system()
    if system == "Windows":
        how = f"winget install Python.Python.{version}"
    elif system == "Darwin":
        how = f"brew install python@{version}, or the installer from Python's own site"
    else:
        how = (
            f"Debian, Ubuntu: sudo apt install python{version} python{version}-venv; "
            f"Fedora: sudo dnf install python{version}; "
            f"where the system has none: uv python install {version}, or pyenv install {version}"
        )
    return (
        f"Python {version} is needed and was not found. (This is Python {platform.python_version()}, "
        f"at {sys.executable}.) Install it beside your own and run this again: {how}."
    )
