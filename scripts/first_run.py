#!/usr/bin/env python3
"""From a fresh copy of the repository to a first result: sets up `.venv`, then recovers the example video.

    python3 scripts/first_run.py

Needs any Python from 3.8 on to start it; says what to install where Python 3.11 is missing. A second run
goes straight to the example.
"""

from __future__ import annotations

import subprocess
import sys
import time

from environment import ROOT, clean_environment, program, project_environment
from pip_install import SetupError

OUTPUTS = ["--output", "out/walk.blend", "--output", "out/walk.npz", "--preview", "out/walk.mp4"]


def main() -> int:
    """Runs the steps and returns the exit code: the failing step's, 3 without an environment."""
    try:
        python = project_environment("blender")
        begin = time.monotonic()
        (ROOT / "out").mkdir(exist_ok=True)
        for arguments in (
            ["weights", "get"],
            ["recover", "examples/walk.mp4", *OUTPUTS],
            ["evaluate", "out/walk.npz", "examples/walk.npz"],
        ):
            print(f"\n$ recover-mesh {' '.join(arguments)}", flush=True)
            command = [str(program(python, "recover-mesh")), *arguments]
            step = subprocess.run(command, cwd=str(ROOT), env=clean_environment(), check=False)
            if step.returncode:
                print(f"\nThis step failed: exit code {step.returncode}.", file=sys.stderr)
                return step.returncode
    except SetupError as error:
        print(f"\n{error}", file=sys.stderr)
        return 3
    except KeyboardInterrupt:
        print("\nStopped. Run it again to go on.", file=sys.stderr)
        return 130
    out = ROOT / "out"
    print(f"""
The example took {time.monotonic() - begin:.0f} s. What came out:
  {out / "walk.blend"}   open it in Blender: the body, its rig, the keys, the camera with the video behind it
  {out / "walk.mp4"}   the mesh drawn over the video
  {out / "walk.npz"}   the motion itself, under the names that AMASS uses
Now your own: {program(python, "recover-mesh")} recover YOUR_VIDEO --output out/yours.blend""")
    return 0


if __name__ == "__main__":
    sys.exit(main())
