"""A Blender with a window and this checkout's extension in it, for the tests of this folder."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from .blender_window import BlenderWindow, open_window
from .chroot import Run, UnavailableError, new_run, unpacked_blender
from .installation import build, install, python_version

SUITE = os.environ.get("HMR_BLENDER_SUITE", "trixie")
"""Debian's suite that Blender comes from: trixie has 4.3, sid a 5.2 that moves."""


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """A run whose home holds the extension, built and installed as a user would. Nothing of it is left over."""
    try:
        run = new_run(unpacked_blender(SUITE))
    except UnavailableError as reason:
        pytest.skip(str(reason))
    try:
        try:
            zipped = build(python_version(run), tmp_path_factory.mktemp("dist"))
        except UnavailableError as reason:
            pytest.skip(str(reason))
        install(run, zipped)
        zipped.unlink()
        yield run
        assert not run.processes()
    finally:
        run.end()


@pytest.fixture(scope="module")
def shared_window(installed: Run) -> Iterator[BlenderWindow]:
    """One window for a file's tests."""
    with open_window(installed) as window:
        window.save("untouched.blend")
        yield window


@pytest.fixture
def window(shared_window: BlenderWindow) -> BlenderWindow:
    """The file's window with a new file in it, in which nobody has pressed anything."""
    shared_window.open("untouched.blend")
    shared_window.presses = 0
    return shared_window


@pytest.fixture(scope="session")
def jumps(installed: Run, shared_media: Path) -> str:
    """A real video of two people, 1768 x 994, 30 frames a second: its path for Blender."""
    return installed.bring(shared_media / "jumps_two_people.mp4")


@pytest.fixture(scope="session")
def walk(installed: Run, examples: Path) -> str:
    """The example video of one person: its path for Blender."""
    return installed.bring(examples / "walk.mp4")
