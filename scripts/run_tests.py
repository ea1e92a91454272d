#!/usr/bin/env python3
"""Sets up `.venv` with what the tests need, and runs all of them, ruff and pyright among them.

    python3 scripts/run_tests.py [--blender all|4.2|4.5|5.0|5.2] [PYTEST ARGUMENTS]

With --blender the scene tests run on that Blender's module, each in an environment of its own
(`.venv-blender-4.2`, ...); 5.2 needs Python 3.13. All other arguments go to pytest, whose summary comes last.
"""

from __future__ import annotations

import subprocess
import sys

from environment import BLENDERS, ROOT, blender_environment, clean_environment, program, project_environment
from pip_install import SetupError

SCENE_TESTS = "test_scene*.py"


def main(arguments: list[str]) -> int:
    """Runs the tests and returns pytest's exit code; 3 without an environment, 2 for a wrong --blender."""
    if arguments[:1] in (["-h"], ["--help"]):
        print(__doc__)
        return 0
    versions: list[str] = []
    if "--blender" in arguments:
        at = arguments.index("--blender")
        choice = "".join(arguments[at + 1 : at + 2])
        arguments = arguments[:at] + arguments[at + 2 :]
        if choice != "all" and choice not in BLENDERS:
            print(f"--blender wants one of: all, {', '.join(BLENDERS)}", file=sys.stderr)
            return 2
        versions = list(BLENDERS) if choice == "all" else [choice]
    try:
        return _run_in_blenders(versions, arguments) if versions else _run_all(arguments)
    except SetupError as error:
        print(f"\n{error}", file=sys.stderr)
        return 3
    except KeyboardInterrupt:
        return 130


def _run_all(arguments: list[str]) -> int:
    python = project_environment("blender", "convert", "test")
    _run([str(program(python, "recover-mesh")), "weights", "get"])
    return _run([str(python), "-m", "pytest", *arguments])


def _run_in_blenders(versions: list[str], arguments: list[str]) -> int:
    worst = 0
    for version in versions:
        python = blender_environment(version)
        tests = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "tests").glob(SCENE_TESTS))
        print(f"\nThe scene tests on Blender {version}", flush=True)
        # a crash is a negative number
        worst = max(worst, abs(_run([str(python), "-m", "pytest", *tests, *arguments])))
    return worst


def _run(command: list[str]) -> int:
    print(f"\n$ {' '.join(command)}", flush=True)
    return subprocess.run(command, cwd=str(ROOT), env=clean_environment(), check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
