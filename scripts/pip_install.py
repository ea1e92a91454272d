"""Runs pip, shows what it does in few lines, and explains its failures. Standard library, Python 3.8."""

from __future__ import annotations

import platform
import queue
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

NETWORK_WORDS = (
    "NewConnectionError", "Temporary failure in name resolution", "Name or service not known", "getaddrinfo",
    "Network is unreachable", "Connection refused", "Connection reset", "RemoteDisconnected",
    "ConnectTimeout", "Read timed out", "ProxyError", "SSLError",
)  # fmt: skip


class SetupError(Exception):
    """The environment can't be set up; the message is one paragraph: what happened and what to do."""


def pip_install(python: Path, arguments: list, variables: dict, folder: Path) -> None:
    """`pip install` with `arguments`, run in `folder`. Raises SetupError with the reason."""
    options = ["--disable-pip-version-check", "--no-input", "--progress-bar", "off"]
    command = [str(python), "-m", "pip", "install", *options, *arguments]
    print("  pip install " + " ".join(arguments), flush=True)
    process = subprocess.Popen(
        command,
        cwd=str(folder),
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    )
    try:
        lines = _show(process)
    except KeyboardInterrupt:
        process.terminate()
        process.wait()
        raise
    if process.wait():
        raise SetupError(_explain(lines))


def _show(process: subprocess.Popen) -> list[str]:
    """Prints the downloads and the installation as they come; on a terminal also the seconds."""
    arrived: queue.Queue = queue.Queue()

    def read() -> None:
        for line in process.stdout or ():
            arrived.put(line.rstrip())
        arrived.put(None)

    threading.Thread(target=read, daemon=True).start()
    lines: list[str] = []
    status, begin, terminal = "starting", time.monotonic(), sys.stdout.isatty()
    while True:
        try:
            line = arrived.get(timeout=1)
            if line is None:
                break
            lines.append(line)
            before, status = status, _status(line) or status
            if status != before and not terminal:
                print("  " + status, flush=True)
        except queue.Empty:
            pass
        if terminal:
            print(f"\r\033[K  {time.monotonic() - begin:4.0f} s  {status}"[:110], end="", flush=True)
    if terminal:
        print("\r\033[K", end="", flush=True)
    return lines


def _status(line: str) -> str:
    """What to show for a line of pip's, or "" for the many that say nothing to a user."""
    transfer = re.match(r"\s+(Downloading|Using cached) (?:\S*/)?([^/\s]+) \((.+)\)", line)
    if transfer:
        if transfer[3].endswith("kB") or transfer[3].endswith("bytes"):
            return ""
        name, version = [*transfer[2].split("-"), ""][:2]
        return f"{transfer[1].lower()} {name} {version} ({transfer[3]})"
    if "Retrying (" in line:
        return "no answer from the package index; trying again"
    if line.startswith("Installing collected packages:"):
        return f"installing {line.count(',') + 1} packages"
    return ""


def _explain(lines: list[str]) -> str:
    text = "\n".join(lines)
    unmatched = re.search(r"No matching distribution found for (\S+)", text)
    if "No space left on device" in text or "not enough space" in text:
        return "The disk is full: the packages need 2.5 GB. Free some space and run this again; it goes on."
    if any(word in text for word in NETWORK_WORDS):
        return (
            "The packages could not be downloaded: there is no connection to the package index. Check the "
            "network (and the proxy, if you use one: HTTPS_PROXY) and run this again; it goes on."
        )
    if unmatched:
        return (
            f"There is no {unmatched[1]} for this machine ({platform.system()}, {platform.machine()}). "
            "Supported are Windows and Linux on x86-64, and macOS on Apple silicon."
        )
    if "No module named pip" in text:
        return "The environment has no pip. Delete its folder (.venv) and run this again."
    return "pip failed; the end of what it said:\n" + "\n".join(lines[-15:])
