"""An extension's folder with small wheels and a server that only says hello, for tests of how it is started."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

from human_mesh_recovery.inference_server.startup.target import platform_tag, python_tag

ROOT = Path(__file__).resolve().parent.parent
SERVER = """
import json, os, one, two
def main(out):
    print("a library's chatter")
    facts = {"type": "hello", "one": one.__file__, "two": two.VALUE, "telemetry": os.environ["ORT_DISABLE_TELEMETRY"]}
    os.write(out, json.dumps(facts).encode() + b"\\n")
    return 0
"""
ONE = {
    "one/__init__.py": "",
    "one/tests/test_one.py": "",
    "one/tests/_kept.py": "",
    "one-1.0.dist-info/METADATA": "",
}
TWO = {
    "two-1.0.data/purelib/two/__init__.py": "from .value import VALUE",
    "two-1.0.data/platlib/two/value.py": "VALUE = 2",
    "two-1.0.data/data/library.dll": "x",
    "two-1.0.data/data/Scripts/library.dll": "x",
    "two-1.0.data/scripts/two": "x",
}
# Does what pip would: finds the wheel that the requirement names, here in a folder beside the extension.
PIP = """
import os, pathlib, shutil, sys, time
arguments = sys.argv[1:]
wanted = pathlib.Path(arguments[arguments.index("-r") + 1]).read_text()
name = wanted.partition("==")[0]
folder = arguments[arguments.index("-d") + 1]
index = pathlib.Path(os.environ["MADE_UP_INDEX"])
(index / "asked.txt").open("a").write(wanted + "\\n")
while (index / "slow").exists():
    time.sleep(0.05)
found = list(index.glob(name + "-*.whl"))
if not found:
    print("WARNING: Retrying after connection broken by NewConnectionError()")
    sys.exit("ERROR: No matching distribution found for " + name)
print("Progress 10 of 20", flush=True)
shutil.copy(found[0], folder)
"""


class MadeUpExtension:
    """`folder` is the installed extension, with wheels `one` and `two` for this Python; `runtime` is empty."""

    def __init__(self, scratch: Path) -> None:
        self.folder, self.runtime, self.index = scratch / "bl_ext", scratch / "runtime", scratch / "index"
        self.parts = self.folder / "parts"
        server = self.folder / "inference_server"
        shutil.copytree(ROOT / "inference_server" / "startup", server / "startup")
        shutil.copy(ROOT / "inference_server" / "launch.py", server)
        for path in (self.folder / "__init__.py", server / "__init__.py"):
            path.touch()
        (server / "serve.py").write_text(SERVER, encoding="utf-8")
        self.parts.mkdir()
        self.index.mkdir()
        self.wheels = [self.add_wheel("one", ONE), self.add_wheel("two", TWO)]
        self.write_table()

    def add_wheel(self, name: str, files: dict[str, str]) -> dict[str, Any]:
        path = self.parts / f"{name}-1.0-py3-none-any.whl"
        with zipfile.ZipFile(path, "w") as archive:
            for inside, text in files.items():
                archive.writestr(inside, text)
        return {
            "file": path.name,
            "size": path.stat().st_size,
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            "unpacked": sum(len(text) for text in files.values()),
            "longest": max(map(len, files)),
        }

    def write_table(
        self, target: str | None = None, macos: str | None = None, pip: dict | None = None
    ) -> None:
        entry = {"macos": macos, "wheels": self.wheels}
        table = {"pip": pip, "targets": {target or f"{platform_tag()}-{python_tag()}": entry}}
        (self.parts / "parts.json").write_text(json.dumps(table), encoding="utf-8")

    def make_small(self) -> None:
        """Leaves pip alone in the parts' folder; what it would fetch lies in `index`."""
        for wheel in self.wheels:
            shutil.move(self.parts / wheel["file"], self.index)
        self.write_table(pip=self.add_wheel("pip", {"pip/__main__.py": PIP}))

    def start(self, *options: str, runtime: Path | None = None) -> subprocess.Popen[bytes]:
        """Launches the server with a Python that has no packages at all."""
        command = [sys.executable, "-I", "-S", str(self.folder / "inference_server" / "launch.py")]
        command += ["--runtime", str(runtime or self.runtime), "--parts", str(self.parts), *options]
        return subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "MADE_UP_INDEX": str(self.index)},
        )

    def unpacked(self) -> list[Path]:
        """The complete folders of packages."""
        return sorted(path for path in self.runtime.glob("cp*") if path.is_dir() and path.suffix != ".part")


def finish(process: subprocess.Popen[bytes]) -> tuple[list[dict[str, Any]], str]:
    """All that a process said to its client, who stays to the end, and what else it printed."""
    assert process.stdout is not None
    messages = [json.loads(line) for line in process.stdout]
    _, err = process.communicate(timeout=60)
    return messages, err.decode()
