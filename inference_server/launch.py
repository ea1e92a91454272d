"""Starts the inference server in a Python that has none of its packages: standard library only, run as a script.

    python -I launch.py [--runtime DIR --parts DIR [--allow-download]]

With --runtime the packages come from the folder --parts, unpacked below --runtime the first time (see startup/);
without it this Python must have them itself. The protocol goes to stdout; whatever else is printed goes to stderr.
A failure is one "error" message and the exit status 1.
"""

import argparse
import importlib
import importlib.util
import json
import os
import sys
import traceback
from pathlib import Path

PACKAGE = "human_mesh_recovery"
STARTUP = "human_mesh_recovery_startup"
"""startup/ under a name of its own: the package it belongs to can't be loaded yet."""
PYTHON = (3, 11)
HERE = Path(__file__).resolve().parent


def main(arguments: list[str]) -> int:
    """Prepares the packages and runs the server on the descriptor that stdout had. The exit status."""
    parser = argparse.ArgumentParser(description="Starts the inference server.")
    parser.add_argument("--runtime", type=Path, help="where the packages are unpacked to")
    parser.add_argument("--parts", type=Path, help="the folder of the packages")
    parser.add_argument("--allow-download", action="store_true", help="fetch packages that --parts lacks")
    options = parser.parse_args(arguments)
    if (options.runtime is None) != (options.parts is None):
        parser.error("--runtime and --parts go together")
    out = _keep_stdout()

    def tell(message: dict) -> None:
        line = json.dumps(message).encode() + b"\n"
        try:
            while line:
                line = line[os.write(out, line) :]
        except OSError:  # nobody listens any more
            raise SystemExit(1) from None

    # without -I a script's folder comes first, and its modules are none of the packages of the same names
    sys.path[:] = [entry for entry in sys.path if Path(entry).resolve() != HERE]
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    os.environ["PYTHONNOUSERSITE"] = "1"

    def fail(code: str, message: str, hint: str) -> int:
        tell({"type": "error", "job": None, "code": code, "message": message, "hint": hint})
        return 1

    if sys.version_info < PYTHON:
        have, wanted = (".".join(map(str, version[:2])) for version in (sys.version_info, PYTHON))
        message = f"{sys.executable} is Python {have}; the recovery needs Python {wanted} or newer."
        return fail("no_runtime", message, "Choose another Python in the add-on's preferences.")
    _load_package(STARTUP, HERE / "startup")
    parts = importlib.import_module(f"{STARTUP}.parts")
    telling = importlib.import_module(f"{STARTUP}.telling")
    folder = None
    try:
        if options.runtime is not None:
            folder = parts.ready(options.runtime, options.parts, options.allow_download, tell)
            sys.path.insert(0, str(folder))
            parts.load_libraries(folder)
        _load_package(PACKAGE, HERE.parent)
        serve = importlib.import_module(f"{PACKAGE}.inference_server.serve")
    except telling.ClientGone:
        return 1
    except telling.PartsError as error:
        return fail(error.code, error.message, error.hint)
    except (ImportError, OSError) as error:  # OSError: Windows, of a library
        traceback.print_exc()
        if folder is None:
            message = f"The Python {sys.executable} can't run the recovery: {error}."
            hint = "Install the project there, or choose Built In in the add-on's preferences."
            return fail("no_runtime", message, hint)
        message = f"The packages that were unpacked to {folder} do not load: {error}."
        return fail("broken_runtime", message, "Delete that folder and try again; it is unpacked anew.")
    return serve.main(out)


def _keep_stdout() -> int:
    """A descriptor of what stdout was; stdout itself becomes stderr, so that no print can break a message."""
    out = os.dup(1)
    os.dup2(2, 1)
    return out


def _load_package(name: str, root: Path) -> None:
    """Makes the folder `root`, whatever it is called, importable as the package `name`."""
    spec = importlib.util.spec_from_file_location(
        name, root / "__init__.py", submodule_search_locations=[str(root)]
    )
    assert spec is not None
    assert spec.loader is not None
    package = importlib.util.module_from_spec(spec)
    sys.modules[name] = package
    spec.loader.exec_module(package)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
