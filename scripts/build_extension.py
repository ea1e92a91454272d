#!/usr/bin/env python3
"""Builds the extension's zips: `python scripts/build_extension.py`, in the project's environment.

Without options: one zip for each platform and Python of Blender's own builds, each with all that recovering with
the free method needs, so that it works without a network. With --small: one for all, without networks and
packages, which it fetches on first use. The same files give the same zips, byte for byte.

Wheels are fetched by pip and kept in build/wheels; the networks come from the user's cache folder, or are fetched
into it. Each zip is checked by Blender's own command, of --blender or else of the module bpy.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from extension import contents, repository
from extension.archive import write_zip
from extension.targets import OFFICIAL_PYTHONS, PLATFORMS, PYTHONS, ROOT, Target, version
from extension.wheels import BuildError

from human_mesh_recovery.inference_server.errors import RecoveryError


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parse(arguments)
    try:
        build(options)
    except (BuildError, RecoveryError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def build(options: argparse.Namespace) -> None:
    """Writes the zips that `options` ask for. Raises BuildError or RecoveryError."""
    command = repository.extension_command(options.blender)
    if command is None and options.index:
        raise BuildError("--index needs a Blender: name one with --blender, or install the module bpy.")
    options.output.mkdir(parents=True, exist_ok=True)
    wanted = [Target(platform, python) for platform in options.platform for python in options.python]
    for target in [None] if options.small else wanted:
        start = time.monotonic()
        path = options.output / archive_name(target)
        write_zip(contents.small() if target is None else contents.large(target), path)
        checked = "not checked: there is no Blender"
        if command is not None:
            repository.validate(command, path)
            checked = "valid"
        size = path.stat().st_size / 1e6
        print(f"{path} ({size:.1f} MB, {checked}, {time.monotonic() - start:.0f} s)", flush=True)
    if command is not None and options.index:
        print(repository.make_index(command, options.output))


def archive_name(target: Target | None) -> str:
    """The zip's file name, as Blender's own command forms it; without a target that of the small one."""
    kind = "small" if target is None else f"{target.platform.replace('-', '_')}-{target.tag}"
    return f"human_mesh_recovery-{version()}-{kind}.zip"


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--platform", nargs="+", choices=PLATFORMS, default=list(PLATFORMS))
    parser.add_argument("--python", nargs="+", choices=PYTHONS, default=list(OFFICIAL_PYTHONS))
    parser.add_argument("--small", action="store_true", help="only the zip that fetches its parts")
    parser.add_argument("--output", type=Path, default=ROOT / "dist", help="the folder to write to (dist)")
    parser.add_argument("--index", action="store_true", help="make index.json of all zips in that folder")
    parser.add_argument("--blender", type=Path, help="the Blender that checks the zips and makes the index")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
