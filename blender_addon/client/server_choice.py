"""How the inference server is started, from what the preferences say."""

import os
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ...inference_server.errors import RecoveryError
from .server_process import ServerChoice

NOT_HANDED_ON = re.compile(r"PYTHON.*|VIRTUAL_ENV|CONDA_.*|LD_PRELOAD|HMR_.*")
"""Variables that would make another Python look in the wrong places, or that are set here."""
PROGRAMS = ("bin/python3", "bin/python", "Scripts/python.exe", "python.exe")
"""Where an environment's folder holds its Python."""
UTF8 = ("-X", "utf8")
"""Names of files and what is written to the log are then as in Blender, whatever the system's encoding is."""
APART = ("-I", *UTF8)
"""What is set up for another Python counts for nothing, the variable that asks for UTF-8 included."""
SSH_OPTIONS = (
    "-T",
    "-o", "BatchMode=yes",
    "-o", "ConnectTimeout=15",
    "-o", "ServerAliveInterval=10",
    "-o", "ServerAliveCountMax=3",
)  # fmt: skip
"""Nobody could answer a question about a password, and a network that is gone is noticed in half a minute."""


@dataclass(frozen=True)
class Wishes:
    """What the preferences say, and where things are."""

    where: str
    """BUILT_IN, PYTHON or MACHINE."""
    program: Path
    """Blender's own Python."""
    package: Path
    """The extension's folder."""
    runtime: Path
    """Where the extension's parts are unpacked."""
    models: Path
    log: Path
    python: str = ""
    """A Python program, an environment's folder, or a folder of packages for Blender's own Python."""
    host: str = ""
    command: str = ""
    """What starts the server on the other machine."""
    may_download: bool = False


def choose_server(wishes: Wishes, environment: Mapping[str, str] = os.environ) -> ServerChoice:
    """How to start the server. Raises RecoveryError("server_choice") where the preferences can't be followed."""
    if wishes.where == "MACHINE":
        return _on_machine(wishes, environment)
    variables = {name: value for name, value in environment.items() if not NOT_HANDED_ON.fullmatch(name)}
    variables |= {"PYTHONNOUSERSITE": "1", "HMR_WEIGHTS": str(wishes.models)}
    if not wishes.may_download:
        variables["HMR_OFFLINE"] = "1"
    launch = str(wishes.package / "inference_server" / "launch.py")
    if wishes.where == "PYTHON":
        program, packages = _python(wishes)
        if packages is None:
            argv = (str(program), *APART, launch)
        else:
            # -I would ignore the folder
            argv = (str(program), "-s", *UTF8, launch)
            variables["PYTHONPATH"] = str(packages)
        return ServerChoice(argv, variables, False, wishes.log)
    argv = (str(wishes.program), *APART, launch)
    parts = wishes.package / "parts"
    if parts.is_dir():
        argv += ("--runtime", str(wishes.runtime), "--parts", str(parts))
        if wishes.may_download:
            argv += ("--allow-download",)
    return ServerChoice(argv, variables, False, wishes.log)


def _python(wishes: Wishes) -> tuple[Path, Path | None]:
    """The Python program, and the folder of packages that it is to use, if any."""
    if not wishes.python:
        raise _refused("No other Python is chosen.", "Choose its folder or program in the preferences.")
    chosen = Path(wishes.python)
    if chosen.is_file():
        return chosen, None
    if not chosen.is_dir():
        raise _refused(f"There is nothing at {chosen}.", "Choose another Python in the preferences.")
    for program in PROGRAMS:
        if (chosen / program).is_file():
            return chosen / program, None
    if not (chosen / "onnxruntime").is_dir():
        raise _refused(
            f"{chosen} is neither a Python environment nor a folder with the packages.",
            "Choose the folder of an environment, its Python, or a folder that holds onnxruntime.",
        )
    return wishes.program, chosen


def _on_machine(wishes: Wishes, environment: Mapping[str, str]) -> ServerChoice:
    host = wishes.host.strip()
    if not re.fullmatch(r"[\w.@:\[\]%-]+", host) or host.startswith("-"):
        raise _refused(
            f"{host!r} is no name of a machine." if host else "No other machine is named.",
            "Give the name that you use with ssh, such as user@machine, in the preferences.",
        )
    try:
        words = shlex.split(wishes.command)
    except ValueError as error:
        raise _refused(
            f"The command for {host} can't be read: {error}.", "Mend it in the preferences."
        ) from error
    if not words:
        raise _refused(f"No command is given for {host}.", "Use recover-mesh serve.")
    return ServerChoice(("ssh", *SSH_OPTIONS, host, wishes.command), dict(environment), True, wishes.log)


def _refused(message: str, hint: str) -> RecoveryError:
    return RecoveryError("server_choice", message, hint)
