"""A press with the real server, where this environment has what it needs."""

from importlib.util import find_spec
from pathlib import Path

import pytest

bpy = pytest.importorskip("bpy", reason="Blender as a Python module is not installed")
for package in ("onnxruntime", "cv2", "scipy"):
    if find_spec(package) is None:
        pytest.skip(f"the real server needs {package}", allow_module_level=True)

from human_mesh_recovery.blender_addon import preferences, running, settings
from human_mesh_recovery.blender_addon.state import state
from human_mesh_recovery.tests import addon_session
from human_mesh_recovery.tests.addon_session import poll_until

LONGEST = 200.0


@pytest.fixture(autouse=True)
def _session(tmp_path: Path, weights: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(addon_session, "LONGEST", LONGEST)
    addon_session.switch_on()
    preferences.get().results = str(tmp_path)
    preferences.get().models = str(weights)
    try:
        yield
    finally:
        running.stop()
        addon_session.switch_off()


def test_a_still_becomes_a_person(examples: Path):
    chosen = settings.of(bpy.context.scene)
    chosen.source = "FILES"
    bpy.ops.human_mesh_recovery.add_files(directory=str(examples), files=[{"name": "still.jpg"}])
    assert bpy.ops.human_mesh_recovery.recover() == {"FINISHED"}
    poll_until(lambda: state.press is None)
    assert not state.problems
    (result,) = chosen.results
    assert len(result.people) == 1
    assert bpy.context.scene.camera == result.camera
    result.foot_contact = False
    poll_until(lambda: state.press is not None)
    poll_until(lambda: state.press is None)
    assert not result.solved_contact
