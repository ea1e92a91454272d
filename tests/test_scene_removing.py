"""Some of a result's people are removed, and the others stay as they are; in each Blender."""

from pathlib import Path
from typing import Any

import pytest

bpy = pytest.importorskip("bpy", reason="Blender as a Python module is not installed")

from human_mesh_recovery.blender_addon import building, compat, people, settings
from human_mesh_recovery.blender_addon.sources.source import Source
from human_mesh_recovery.inference_server.motion import save_motion
from human_mesh_recovery.tests import addon_session
from human_mesh_recovery.tests.addon_session import press_and_wait, use_sources
from human_mesh_recovery.tests.scene_samples import walking


@pytest.fixture(autouse=True)
def _session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with addon_session.session(tmp_path / "results", monkeypatch):
        use_sources(monkeypatch, Source("late.mp4", path="/made/up/late.mp4"))
        yield


def result() -> Any:
    """The only one."""
    return settings.of(bpy.context.scene).results[0]


def test_those_who_are_left_stay_in_their_time():
    press_and_wait()
    save_motion(walking(12, first=20, person=2), Path(result().people[1].path))
    building.rebuild(bpy.context.scene, result())

    def first_key() -> float:
        curves = compat.curves_of(result().people[-1].rig)
        return min(curve.keyframe_points[0].co[0] for curve in curves)

    before = first_key()
    assert before > bpy.context.scene.frame_start
    bpy.ops.human_mesh_recovery.remove_person(number=0)
    building.rebuild(bpy.context.scene, result())
    assert first_key() == before


def test_removing_somebody_leaves_the_bodies_of_others():
    press_and_wait()
    bodies = [person.rig.children[0] for person in result().people]
    with bpy.context.temp_override(selected_objects=[result().people[0].rig]):
        bpy.ops.object.delete()
    assert not people.is_there(result().people[0])
    bodies[0].parent = None
    kept = bodies[0].name
    bpy.ops.human_mesh_recovery.remove_person(number=1)
    assert kept in bpy.context.scene.objects
    bpy.ops.human_mesh_recovery.remove_person(number=0)
    assert kept not in bpy.data.objects
