"""The button from the press to people in the scene, with all that may come between; in each Blender."""

import time
from pathlib import Path

import pytest

bpy = pytest.importorskip("bpy", reason="Blender as a Python module is not installed")

from human_mesh_recovery.blender_addon import (
    building,
    delivery,
    live_preview,
    people,
    refining,
    running,
    settings,
)
from human_mesh_recovery.blender_addon.client import job_files
from human_mesh_recovery.blender_addon.sources.source import Source
from human_mesh_recovery.blender_addon.state import state
from human_mesh_recovery.tests import addon_session
from human_mesh_recovery.tests.addon_session import poll_until, press_and_wait, use_sources

CLIP = Source("clip.mp4", "all frames", path="/made/up/clip.mp4", end=11, positions=tuple(range(12)))
SLOW = Source("slow.mp4", path="/made/up/slow.mp4")
NOBODY = Source("nobody.mp4", path="/made/up/nobody.mp4")
CRASH = Source("crash.mp4", path="/made/up/crash.mp4")


@pytest.fixture(autouse=True)
def _session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with addon_session.session(tmp_path / "results", monkeypatch):
        use_sources(monkeypatch, CLIP)
        yield


def results() -> list:
    return list(settings.of(bpy.context.scene).results)


def rigs() -> list:
    return [made for made in bpy.data.objects if made.type == "ARMATURE" and made.users_scene]


def press_again_is_possible() -> bool:
    return bpy.ops.human_mesh_recovery.recover.poll()


def test_a_press_gives_people_in_one_undo_step():
    press_and_wait()
    (result,) = results()
    assert result.name == "clip.mp4"
    assert [person.name for person in result.people] == ["Person 1", "Person 2"]
    assert len(rigs()) == 2
    assert result.camera is not None
    assert [warning.name for warning in result.warnings] == ["It is made up."]
    assert state.found == "2 people recovered"
    bpy.ops.ed.undo()
    assert not rigs()
    assert not results()
    assert not [made for made in bpy.data.objects if made.type == "CAMERA"]
    bpy.ops.ed.redo()
    assert len(rigs()) == 2
    (result,) = results()
    assert all(people.is_there(person) for person in result.people)


def test_fingers_are_asked_for_unless_they_are_switched_off():
    chosen = settings.of(bpy.context.scene)
    for wanted in (True, False):
        chosen.fingers = wanted
        press_and_wait()
        record = job_files.read_record(Path(results()[-1].folder))
        assert record.settings["fingers"] is wanted
    chosen.property_unset("fingers")
    assert chosen.fingers


def test_the_server_is_kept_for_the_next_press():
    press_and_wait()
    server = state.server
    press_and_wait()
    assert state.server is server
    assert len(results()) == 2


def test_a_second_press_has_to_wait(monkeypatch: pytest.MonkeyPatch):
    use_sources(monkeypatch, SLOW)
    bpy.ops.human_mesh_recovery.recover()
    assert not press_again_is_possible()
    with pytest.raises(RuntimeError):
        bpy.ops.human_mesh_recovery.recover()
    poll_until(lambda: state.press and state.press.work.progress.count)
    assert "of 100 frames" in str(running.status_text())
    running.cancel()
    poll_until(lambda: state.press is None)
    assert press_again_is_possible()


def test_what_was_seen_before_a_cancel_can_be_used(monkeypatch: pytest.MonkeyPatch):
    use_sources(monkeypatch, SLOW)
    bpy.ops.human_mesh_recovery.recover()
    poll_until(lambda: state.press and state.press.work.live)
    bpy.ops.human_mesh_recovery.cancel()
    poll_until(lambda: state.press is None)
    assert not rigs()
    (seen,) = state.seen
    assert seen.frames >= 1
    bpy.ops.human_mesh_recovery.use_seen(folder=str(seen.folder))
    poll_until(lambda: state.press is None)
    assert len(rigs()) == 2
    assert not state.seen


def test_one_bad_source_does_not_stop_the_others(monkeypatch: pytest.MonkeyPatch):
    broken = Source("broken", problem="It is not there")
    use_sources(monkeypatch, broken, NOBODY, CLIP)
    press_and_wait()
    assert len(results()) == 1
    assert [problem.label for problem in state.problems] == ["broken", "nobody.mp4"]
    assert state.problems[1].hint == "Take another."
    bpy.ops.human_mesh_recovery.dismiss(number=0)
    assert [problem.label for problem in state.problems] == ["nobody.mp4"]


def test_nothing_usable_says_why(monkeypatch: pytest.MonkeyPatch):
    use_sources(monkeypatch)
    assert not press_again_is_possible()
    use_sources(monkeypatch, Source("broken", problem="It is not there"))
    assert not press_again_is_possible()


def test_people_of_other_footage_stand_beside_those_who_are_there(monkeypatch: pytest.MonkeyPatch):
    other = Source("other.mp4", path="/made/up/other.mp4", positions=tuple(range(12)))
    use_sources(monkeypatch, CLIP, other)
    press_and_wait()
    first, second = results()
    assert first.move == 0
    assert second.low == pytest.approx(first.high + 1.5)
    assert second.camera.location.x == pytest.approx(first.camera.location.x + second.move)
    use_sources(monkeypatch, CLIP)
    press_and_wait()
    assert results()[2].move == 0
    assert len(results()) == 3


def test_a_dead_server_is_told_and_the_next_press_starts_another(monkeypatch: pytest.MonkeyPatch):
    use_sources(monkeypatch, CRASH)
    press_and_wait()
    (problem,) = state.problems
    assert "a made-up crash" in problem.message
    assert "server.log" in problem.hint
    use_sources(monkeypatch, CLIP)
    press_and_wait()
    assert len(rigs()) == 2
    assert not state.problems


def test_undo_during_the_work_does_no_harm(monkeypatch: pytest.MonkeyPatch):
    bpy.ops.object.empty_add()
    bpy.ops.ed.undo_push(message="An empty")
    bpy.ops.human_mesh_recovery.recover()
    bpy.ops.ed.undo()
    poll_until(lambda: state.press is None and not delivery.due())
    assert len(rigs()) == 2


def test_another_file_opened_meanwhile_gets_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    other = tmp_path / "other.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(other), copy=True)
    use_sources(monkeypatch, CLIP)
    bpy.ops.human_mesh_recovery.recover()
    bpy.ops.wm.open_mainfile(filepath=str(other))
    poll_until(lambda: state.press is None)
    for _ in range(3):
        running.poll()
    assert not rigs()
    assert len(state.strangers()) == 1
    bpy.ops.human_mesh_recovery.add_here()
    assert len(rigs()) == 2
    assert not state.strangers()


def test_a_scene_that_was_deleted_meanwhile():
    kept = bpy.context.scene
    bpy.ops.scene.new(type="NEW")
    working = bpy.context.window.scene
    bpy.ops.human_mesh_recovery.recover()
    bpy.context.window.scene = kept
    bpy.data.scenes.remove(working)
    poll_until(lambda: state.press is None and not delivery.due())
    assert len(settings.of(kept).results) == 1


def test_people_wait_for_object_mode():
    bpy.ops.object.armature_add()
    bpy.ops.object.mode_set(mode="EDIT")
    press_and_wait()
    running.poll()
    assert not results()
    assert "Object Mode" in delivery.reason_to_wait()
    bpy.ops.object.mode_set(mode="OBJECT")
    running.poll()
    assert len(results()) == 1


def test_switching_off_ends_the_work(monkeypatch: pytest.MonkeyPatch):
    use_sources(monkeypatch, SLOW)
    bpy.ops.human_mesh_recovery.recover()
    poll_until(lambda: state.press and state.press.work.live)
    server = state.server
    assert server is not None
    addon_session.switch_off()
    end = time.monotonic() + addon_session.LONGEST
    while not server.ended and time.monotonic() < end:
        time.sleep(0.01)
    assert server.ended
    assert state.press is None
    addon_session.switch_on()
    assert press_again_is_possible()


def test_another_smoothing_fits_the_same_people_again():
    press_and_wait()
    (result,) = results()
    rig = result.people[0].rig
    before = rig.pose.bones[0].matrix.translation.copy()
    result.smoothing = 3.0
    assert refining.waiting()
    poll_until(lambda: state.press is not None)
    poll_until(lambda: state.press is None)
    (result,) = results()
    assert result.people[0].rig == rig
    assert result.solved_smoothing == 3.0
    assert (rig.pose.bones[0].matrix.translation - before).length > 0.01
    assert len(rigs()) == 2


def test_a_scene_may_be_renamed_while_its_people_are_fitted_again():
    press_and_wait()
    (result,) = results()
    result.smoothing = 3.0
    poll_until(lambda: state.press is not None)
    scene = bpy.context.scene
    scene.name = "Another Name"
    bpy.context.window.scene = bpy.data.scenes.new("First of All")
    poll_until(lambda: state.press is None)
    assert not results()
    assert settings.of(scene).results[0].solved_smoothing == 3.0


def test_people_who_cannot_be_added_are_told_and_the_next_ones_come(monkeypatch: pytest.MonkeyPatch):
    def fail(*_arguments: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(building, "add_all", fail)
        press_and_wait()
    assert [problem.label for problem in state.problems] == ["clip.mp4"]
    assert not results()
    press_and_wait()
    assert len(results()) == 1


def test_rough_bodies_stay_out_of_another_file(monkeypatch: pytest.MonkeyPatch):
    use_sources(monkeypatch, SLOW)
    bpy.ops.human_mesh_recovery.recover()
    poll_until(lambda: live_preview.bodies)
    bpy.ops.wm.read_homefile(use_empty=True)
    seen = state.press and state.press.work.live
    assert not live_preview.bodies
    poll_until(lambda: state.press and state.press.work.live is not seen)
    assert not live_preview.bodies
    running.cancel()
    poll_until(lambda: state.press is None)


def test_check_gives_a_report():
    bpy.ops.human_mesh_recovery.check()
    poll_until(lambda: state.press is None)
    assert [line["text"] for line in state.report] == ["All is well"]
