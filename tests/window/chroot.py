"""A Blender with its window and its screen, unpacked into a folder of its own, and one run inside of it.

Nothing is installed on the machine: the programs run in a chroot, so that they need root. A run has a folder of
its own in there, with its own home, and all processes that belong to it can be found by that folder's name.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO

UNPACK = Path(__file__).resolve().parents[3] / "shared" / "blender" / "unpack_blender.sh"


class UnavailableError(Exception):
    """Why there can be no Blender with a window here."""


def unpacked_blender(suite: str) -> Path:
    """The folder that holds Blender: HMR_BLENDER_ROOT, or one in the cache, which is filled once.

    suite: "trixie" for Blender 4.3, "sid" for 5.2. Raises UnavailableError.
    """
    if not sys.platform.startswith("linux"):
        raise UnavailableError("the window is driven on Linux alone")
    if os.geteuid() != 0:
        raise UnavailableError("a chroot, which Blender's window runs in, needs root")
    given = os.environ.get("HMR_BLENDER_ROOT")
    if given:
        if not Path(given, ".ready").exists():
            raise UnavailableError(f"HMR_BLENDER_ROOT={given} holds no unpacked Blender")
        return Path(given)
    if not UNPACK.is_file():
        raise UnavailableError(f"{UNPACK}, which unpacks a Blender with a window, is not here")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    root = cache / f"blender-{suite}"
    made = subprocess.run(
        ["bash", str(UNPACK), suite, str(root)], capture_output=True, text=True, check=False
    )
    if made.returncode:
        last = (made.stderr.strip() or made.stdout.strip() or "no reason given").splitlines()[-1]
        raise UnavailableError(f"Blender's packages ({suite}) could not be unpacked: {last}")
    return root


@dataclass(frozen=True)
class Run:
    """One run's folder in an unpacked Blender's root."""

    root: Path
    name: str

    @property
    def folder(self) -> Path:
        """The run's folder, as the machine sees it."""
        return self.root / "job" / self.name

    def inside(self, *parts: str) -> str:
        """A path in the run's folder, as the programs inside see it."""
        return "/".join(["", "job", self.name, *parts])

    def bring(self, path: Path) -> str:
        """Copies a file into the run's folder; its path as the programs inside see it."""
        shutil.copyfile(path, self.folder / path.name)
        return self.inside(path.name)

    def command(self, argv: list[str], display: int | None = None) -> list[str]:
        """The command line that runs `argv` inside. Each step replaces the one before: one process in all."""
        variables = [
            f"HOME={self.inside('home')}",
            "PATH=/usr/bin",
            "LANG=C.UTF-8",
            "LIBGL_ALWAYS_SOFTWARE=1",
        ]
        variables += ["PYTHONDONTWRITEBYTECODE=1", *([f"DISPLAY=:{display}"] if display is not None else [])]
        return ["chroot", str(self.root), "/usr/bin/env", "-i", *variables, *argv]

    def call(self, argv: list[str], display: int | None = None) -> str:
        """Runs a program inside to its end and returns its stdout. Raises RuntimeError with all it said."""
        done = subprocess.run(self.command(argv, display), capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(
                f"{' '.join(argv)} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
            )
        return done.stdout

    def start(
        self, argv: list[str], log: IO[bytes], display: int | None = None, keep: tuple[int, ...] = ()
    ) -> subprocess.Popen[bytes]:
        """Starts a program inside, in a session of its own; `keep` are file descriptors that it inherits."""
        command = self.command(argv, display)
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, pass_fds=keep, start_new_session=True
        )

    def processes(self) -> dict[int, str]:
        """The command lines of all processes that live now and belong to this run, by their id."""
        mark = self.inside().encode()
        found = {}
        for folder in Path("/proc").iterdir():
            if not folder.name.isdecimal():
                continue
            try:
                if os.readlink(folder / "root") != str(self.root.resolve()):
                    continue
                command = (folder / "cmdline").read_bytes()
                if mark in command or mark in (folder / "environ").read_bytes():
                    found[int(folder.name)] = command.replace(b"\0", b" ").decode(errors="replace").strip()
            except OSError:  # it has just ended
                continue
        return {process: command for process, command in found.items() if command}  # a zombie has none

    def end(self) -> None:
        """Ends what still runs and removes the run's folder."""
        for process in self.processes():
            os.kill(process, signal.SIGKILL)
        limit = time.monotonic() + 10
        while self.processes() and time.monotonic() < limit:
            time.sleep(0.05)
        shutil.rmtree(self.folder, ignore_errors=True)


def new_run(root: Path) -> Run:
    """A run with an empty folder and home."""
    run = Run(root, f"window-{os.getpid()}-{time.time_ns() % 10**6}")
    (run.folder / "home").mkdir(parents=True)
    return run
