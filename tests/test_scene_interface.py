"""The add-on's panels, lists and buttons, in each Blender."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

bpy = pytest.importorskip("bpy", reason="Blender as a Python module is not installed")

from human_mesh_recovery.blender_addon import people, preferences, settings
from human_mesh_recovery.blender_addon.panels import main as panel
from human_mesh_recovery.blender_addon.panels import preferences as panels_preferences
from human_mesh_recovery.blender_addon.press import Problem, Seen
from human_mesh_recovery.blender_addon.retarget import choices
from human_mesh_recovery.blender_addon.sources.source import Source
from human_mesh_recovery.blender_addon.state import state
from human_mesh_recovery.inference_server.motion import save_motion
from human_mesh_recovery.tests import addon_session
from human_mesh_recovery.tests.addon_session import poll_until, press_and_wait, use_sources
from human_mesh_recovery.tests.scene_samples import walking

CLIP = Source("clip.mp4", "all frames", path="/made/up/clip.mp4", positions=tuple(range(12)))


@pytest.fixture(autouse=True)
def _session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with addon_session.session(tmp_path / "results", monkeypatch):
        use_sources(monkeypatch, CLIP)
        yield


class Layout:
    """Stands for what panels draw into: notes texts, and sees that properties and operators exist."""

    def __init__(self, texts: list[str]) -> None:
        self.texts = texts

    def _part(self, *_options: Any, **_more: Any) -> "Layout":
        return Layout(self.texts)

    row = column = box = split = column_flow = grid_flow = _part

    def panel(self, _name: str, default_closed: bool = False) -> tuple["Layout", "Layout"]:
        return Layout(self.texts), Layout(self.texts)

    def label(self, text: str = "", icon: str = "NONE") -> None:
        assert icon in bpy.types.UILayout.bl_rna.functions["label"].parameters["icon"].enum_items
        if text:
            self.texts.append(text)

    def prop(self, owner: Any, name: str, **options: Any) -> None:
        assert name in owner.bl_rna.properties, name
        self.label(options.get("text") or owner.bl_rna.properties[name].name, options.get("icon", "NONE"))

    def prop_search(
        self, owner: Any, name: str, found: Any, collection: str, text: str | None = None
    ) -> None:
        assert collection in found.bl_rna.properties
        self.prop(owner, name, **({"text": text} if text else {}))

    def operator(self, name: str, text: str | None = None, icon: str = "NONE", **_options: Any) -> Any:
        module, _, function = name.partition(".")
        kind = getattr(getattr(bpy.ops, module), function).get_rna_type()
        assert kind.description, name
        self.label(kind.name if text is None else text, icon)

        class Properties:
            def __setattr__(self, key: str, value: object) -> None:
                assert key in kind.properties, key

        return Properties()

    def progress(self, factor: float, text: str) -> None:
        assert 0 <= factor <= 1
        self.texts.append(text)

    def menu(self, name: str, **_options: Any) -> None:
        assert hasattr(bpy.types, name)

    def template_list(
        self, kind: str, _name: str, owner: Any, listed: str, *_others: Any, **_more: Any
    ) -> None:
        for item in getattr(owner, listed):
            getattr(bpy.types, kind).draw_item(None, bpy.context, self, owner, item, 0, owner, "")

    def separator(self, **_options: Any) -> None: ...


def drawn() -> str:
    """What all panels of the 3D viewport and the preferences say."""
    texts: list[str] = []
    stand: Any = SimpleNamespace(layout=Layout(texts))

    for kind in panel.CLASSES:
        if (issubclass(kind, bpy.types.Panel) and kind.bl_space_type == "VIEW_3D") or issubclass(
            kind, bpy.types.Menu
        ):
            kind.draw(stand, bpy.context)
    panels_preferences.draw(stand.layout, preferences.get(), preferences.needs())
    return "\n".join(texts)


def results() -> list:
    return list(settings.of(bpy.context.scene).results)


def test_the_panel_says_what_it_will_use(monkeypatch: pytest.MonkeyPatch):
    assert "clip.mp4\nAll frames" in drawn()
    assert "Recover Mesh" in drawn()
    broken = Source("broken.mp4", problem="It is missing")
    use_sources(monkeypatch, broken, *[CLIP] * 7)
    assert "broken.mp4\nIt is missing" in drawn()
    assert "and 3 more" in drawn()
    use_sources(monkeypatch)
    assert "Add Files" in drawn()


def test_every_choice_draws_and_has_a_tooltip():
    chosen = settings.of(bpy.context.scene)
    for name in ("source", "body"):
        for item in chosen.bl_rna.properties[name].enum_items:
            setattr(chosen, name, item.identifier)
            assert drawn()
            assert item.description
    chosen.body, chosen.use_frame_range = "FREE", True
    for where in ("BUILT_IN", "PYTHON", "MACHINE"):
        preferences.get().where = where
        assert "Check" in drawn()
    for kind in (settings.RecoverySettings, choices.RetargetChoices, preferences.Preferences):
        for name in kind.__annotations__:
            described = kind.bl_rna.properties[name].description
            assert described, name
            assert not described.endswith("."), name


def test_the_panel_while_it_runs_and_after(monkeypatch: pytest.MonkeyPatch):
    use_sources(monkeypatch, Source("slow.mp4", path="/made/up/slow.mp4"))
    bpy.ops.human_mesh_recovery.recover()
    poll_until(lambda: state.press and state.press.work.progress.count)
    said = drawn()
    assert "Looking for people" in said
    assert "of 100 frames" in said
    assert "Cancel" in said
    bpy.ops.human_mesh_recovery.cancel()
    poll_until(lambda: state.press is None)
    assert "Frames Seen" in drawn() or "Use the Frame Seen" in drawn()
    state.problems.append(Problem("a.mp4", "It could not be read.", "Take another."))
    assert "It could not be read." in drawn()
    assert "Take another." in drawn()


def test_the_result_panel_lists_people():
    press_and_wait()
    said = drawn()
    assert "View Through Camera" in said
    assert "It is made up." in said
    press_and_wait()
    assert "2 people" in drawn()


def test_people_are_shown_renamed_rebuilt_and_removed():
    press_and_wait()
    (result,) = results()
    operators = bpy.ops.human_mesh_recovery
    operators.show_person(number=0)
    assert not people.is_shown(result.people[0])
    operators.show_person(number=0)
    assert people.is_shown(result.people[0])
    result.people[0].name = "Anna"
    assert result.people[0].rig.name == "Anna Rig"
    bpy.data.objects.remove(result.people[1].rig)
    assert not people.is_there(result.people[1])
    assert "was deleted" in drawn()
    operators.rebuild_person(number=1)
    assert people.is_there(result.people[1])
    assert result.people[1].name == "Person 2"
    operators.remove_person(number=0)
    assert [person.name for person in result.people] == ["Person 2"]
    assert "Anna Rig" not in bpy.data.objects
    operators.remove_result()
    assert not results()
    assert not [made for made in bpy.data.objects if made.type in ("ARMATURE", "MESH", "CAMERA")]


def test_a_person_deleted_by_the_user_can_be_had_back():
    press_and_wait()
    (result,) = results()
    bpy.ops.object.select_all(action="DESELECT")
    for made in (result.people[0].rig, *result.people[0].rig.children):
        made.select_set(True)
    bpy.ops.object.delete()
    assert not people.is_there(result.people[0])
    bpy.ops.human_mesh_recovery.rebuild_person(number=0)
    assert people.is_there(result.people[0])
    assert result.people[0].rig.users_collection


def test_files_deleted_by_hand_are_told():
    press_and_wait()
    (result,) = results()
    Path(result.people[0].path).unlink()
    with pytest.raises(RuntimeError, match="There is no file"):
        bpy.ops.human_mesh_recovery.rebuild_person(number=0)


def test_a_saved_file_keeps_its_results(tmp_path: Path):
    press_and_wait()
    path = tmp_path / "saved.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    bpy.ops.wm.read_homefile(use_empty=True)
    assert not results()
    bpy.ops.wm.open_mainfile(filepath=str(path))
    (result,) = results()
    assert all(people.is_there(person) for person in result.people)
    bpy.ops.human_mesh_recovery.rebuild_person(number=0)
    assert "Person 1" in bpy.data.objects
    assert drawn()


def test_earlier_results_open_again(tmp_path: Path):
    press_and_wait()
    folder = results()[0].folder
    bpy.ops.human_mesh_recovery.remove_result()
    bpy.ops.human_mesh_recovery.open_result(filepath=folder)
    assert len(results()[0].people) == 2
    save_motion(walking(5), tmp_path / "amass.npz")
    bpy.ops.human_mesh_recovery.open_result(filepath=str(tmp_path / "amass.npz"))
    assert results()[1].name == "amass"
    assert not people.can_refine(results()[1])
    assert drawn()
    (tmp_path / "broken.npz").write_bytes(b"broken")
    with pytest.raises(RuntimeError, match=r"broken\.npz"):
        bpy.ops.human_mesh_recovery.open_result(filepath=str(tmp_path / "broken.npz"))


def test_the_result_panel_says_where_to_look(tmp_path: Path):
    bpy.context.scene.render.fps = 30
    confidence = np.full((60, 24), 0.9)
    confidence[20:31, 20] = 0.1  # left_wrist
    confidence[40:45, 7] = 0.2  # left_ankle
    save_motion(replace(walking(60), confidence=confidence), tmp_path / "clip.npz")
    bpy.ops.human_mesh_recovery.open_result(filepath=str(tmp_path / "clip.npz"))
    bpy.context.scene.frame_set(bpy.context.scene.frame_start + 42)
    said = drawn()
    assert "Show Confidence\nLeast sure: left wrist, frames 21-31\nPrevious\nNext\nNow: Left ankle" in said
    settings.of(bpy.context.scene).show_confidence = True
    assert "Blue-grey" in drawn()
    bpy.ops.human_mesh_recovery.remove_result()
    settings.of(bpy.context.scene).show_confidence = False
    for values, wanted in (
        (confidence[:1], "All was seen well"),
        (confidence[20:21], "Least sure: left wrist"),
    ):
        save_motion(replace(walking(1), confidence=values), tmp_path / "still.npz")
        bpy.ops.human_mesh_recovery.open_result(filepath=str(tmp_path / "still.npz"))
        assert wanted in drawn()
        assert "Previous" not in drawn()
        bpy.ops.human_mesh_recovery.remove_result()
    save_motion(walking(5), tmp_path / "unknown.npz")
    bpy.ops.human_mesh_recovery.open_result(filepath=str(tmp_path / "unknown.npz"))
    assert "Confidence" not in drawn()


def test_the_list_of_files(tmp_path: Path):
    operators = bpy.ops.human_mesh_recovery
    chosen = settings.of(bpy.context.scene)
    operators.add_files(directory=str(tmp_path), files=[{"name": "a.mp4"}, {"name": "b.jpg"}])
    assert [Path(item.path).name for item in chosen.files] == ["a.mp4", "b.jpg"]
    operators.remove_file()
    assert [item.name for item in chosen.files] == ["a.mp4"]
    operators.add_files(directory=str(tmp_path), files=[{"name": "c.mp4"}])
    operators.remove_file(number=0)
    assert [item.name for item in chosen.files] == ["c.mp4"]
    operators.clear_files()
    assert not chosen.files


def test_a_cancelled_job_can_be_dismissed_by_the_next(tmp_path: Path):
    state.seen.append(Seen("slow", tmp_path, 5))
    assert "Use the 5 Frames Seen" in drawn()
    press_and_wait()
    assert not state.seen
