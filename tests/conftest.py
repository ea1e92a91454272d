"""Fixtures that several test files share."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


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


@pytest.fixture
def blender_resources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty settings folder for a Blender that the test starts, so that it meets none of the user's."""
    folder = tmp_path / "blender"
    folder.mkdir()
    monkeypatch.setenv("BLENDER_USER_RESOURCES", str(folder))
    return folder


# Before any test imports bpy: a Blender of the user's own keeps its settings to itself.
os.environ.setdefault("BLENDER_USER_RESOURCES", str(ROOT / ".pytest_cache" / "blender"))
