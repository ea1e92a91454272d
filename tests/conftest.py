"""Fixtures that several test files share."""

import os
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from human_mesh_recovery.inference_server.people.networks import Networks
    from human_mesh_recovery.inference_server.pipeline import Recovery

# Before NumPy is imported: the matrices are small, and on a busy machine a second BLAS thread waits a hundred times
# longer than it computes. Solves limit it themselves; tests call what is inside of them.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

exit_status = 0
ROOT = Path(__file__).resolve().parent.parent
PYRIGHT = pytest.StashKey[subprocess.Popen[str]]()


def pytest_collection_finish(session: pytest.Session) -> None:
    """Pyright begins at once, beside the tests that come before the one that waits for it."""
    wanted = any("pyright" in getattr(item, "fixturenames", ()) for item in session.items)
    if wanted and find_spec("pyright") and not session.config.option.collectonly:
        command = [sys.executable, "-m", "pyright", "--pythonpath", sys.executable, "--outputjson"]
        session.config.stash[PYRIGHT] = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    global exit_status
    exit_status = int(exitstatus)
    if PYRIGHT in session.config.stash:
        session.config.stash[PYRIGHT].kill()


@pytest.fixture
def pyright(request: pytest.FixtureRequest) -> tuple[str, str]:
    """What it says of the whole tree, as JSON, and of itself."""
    if PYRIGHT not in request.config.stash:
        pytest.skip("pyright is not installed")
    return request.config.stash[PYRIGHT].communicate()


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    """Blender 4.2's module crashes when Python ends after any operator written in Python has run, even its own."""
    bpy = sys.modules.get("bpy")
    if bpy is not None and bpy.app.version < (4, 3):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(exit_status)


@pytest.fixture(scope="session")
def shared_media() -> Path:
    """Real clips with a reference, which are too large for the repository."""
    folder = ROOT.parent / "shared" / "media"
    if not folder.is_dir():
        pytest.skip(f"{folder}, the measured clips, is not here")
    return folder


@pytest.fixture(scope="session")
def examples() -> Path:
    """The example picture and video, with their true poses."""
    return ROOT / "examples"


@pytest.fixture(scope="session")
def weights() -> Path:
    """The folder of the default method's networks; skips where they are neither cached nor to be had."""
    from human_mesh_recovery.inference_server.errors import RecoveryError
    from human_mesh_recovery.inference_server.weights import store

    try:
        for name in ("nanodet", "movenet_thunder", "movenet_multipose", "blazepose_heavy"):
            store.ensure(name)
    except RecoveryError as error:
        pytest.skip(f"the networks' weights are not here: {error}")
    return store.cache_folder()


@pytest.fixture(scope="session")
def networks(weights: Path) -> "Networks":
    """The default method's networks, ready to run."""
    from human_mesh_recovery.inference_server.people.networks import load_networks

    return load_networks("cpu")


@pytest.fixture(scope="session")
def still(networks: "Networks", examples: Path) -> "Recovery":
    """What is recovered from the example picture."""
    from human_mesh_recovery.inference_server.pipeline import Settings, recover

    return recover(examples / "still.jpg", Settings(), networks=networks)


@pytest.fixture(scope="session")
def walk(networks: "Networks", examples: Path) -> "Recovery":
    """What is recovered from the example video's frames 47 to 116: steps, the turn and the wave."""
    from human_mesh_recovery.inference_server.pipeline import Settings, recover

    return recover(examples / "walk.mp4", Settings(start=47), networks=networks)


@pytest.fixture
def recover(weights: Path, capfd: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Runs `recover-mesh recover ARGUMENTS --device cpu`: its exit code, stdout and stderr."""
    from human_mesh_recovery.inference_server import cli

    def run(*arguments: object) -> tuple[int, str, str]:
        capfd.readouterr()
        try:
            code = cli.main(["recover", *map(str, arguments), "--device", "cpu"])
        except SystemExit as exit:  # argparse's
            code = int(str(exit.code))
        out, err = capfd.readouterr()
        assert "Traceback" not in err
        return code, out, err

    return run


@pytest.fixture
def blender_resources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty settings folder for a Blender that the test starts, so that it meets none of the user's."""
    folder = tmp_path / "blender"
    folder.mkdir()
    monkeypatch.setenv("BLENDER_USER_RESOURCES", str(folder))
    return folder


# Before any test imports bpy: a Blender of the user's own keeps its settings to itself.
os.environ.setdefault("BLENDER_USER_RESOURCES", str(ROOT / ".pytest_cache" / "blender"))
