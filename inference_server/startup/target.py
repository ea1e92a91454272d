"""Which of the parts fit this Python on this machine."""

import platform
import re
import sys
import sysconfig
from typing import Any

from .telling import PartsError

PLATFORM_NAMES = {
    "linux-x64": "Linux on x86-64",
    "windows-x64": "Windows on x86-64",
    "macos-arm64": "macOS on Apple silicon",
}


def python_tag() -> str:
    """This Python as wheels call it, cp311; one of another kind gets a tag that no parts have."""
    kind = "cp" if sys.implementation.name == "cpython" else sys.implementation.name
    threads = "t" if sysconfig.get_config_var("Py_GIL_DISABLED") else ""
    return f"{kind}{sys.version_info[0]}{sys.version_info[1]}{threads}"


def platform_tag() -> str:
    """The platform that this Python was built for, as Blender calls it: linux-x64."""
    built = sysconfig.get_platform().replace("universal2", platform.machine())
    machine = re.split(r"[-_.](?=(?:x86_64|amd64|arm64|aarch64)$)", built)[-1]
    system = {"win32": "windows", "darwin": "macos"}.get(sys.platform, sys.platform)
    return f"{system}-" + {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64"}.get(machine, machine)


def matching(targets: dict[str, Any]) -> dict[str, Any]:
    """The one of parts.json's `targets` that is for this Python. PartsError("no_runtime") if none is."""
    entry = targets.get(f"{platform_tag()}-{python_tag()}")
    if entry is None:
        pythons = sorted((f"3.{name.rpartition('-cp3')[2]}" for name in targets), key=_version)
        systems = sorted({name.rpartition("-")[0] for name in targets})
        raise PartsError(
            "no_runtime",
            f"This Blender has Python {platform.python_version()} on {_name(platform_tag())}. What the extension "
            f"brings is for Python {_any_of(pythons)} on {_any_of([_name(system) for system in systems])}.",
            f"Install the extension's zip {platform_tag().replace('-', '_')}-{python_tag()} or the small one, or "
            "choose another Python in the add-on's preferences.",
        )
    if entry["macos"] and _version(platform.mac_ver()[0]) < _version(entry["macos"]):
        raise PartsError(
            "no_runtime",
            f"This is macOS {platform.mac_ver()[0]}, and the recovery needs macOS {entry['macos']}.",
            "Update macOS, or recover on another machine: see the add-on's preferences.",
        )
    return entry


def _name(system: str) -> str:
    return PLATFORM_NAMES.get(system, system)


def _any_of(names: list[str]) -> str:
    names = list(dict.fromkeys(names))
    return " or ".join(names) if len(names) < 3 else f"{', '.join(names[:-1])} or {names[-1]}"


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("."))
