"""What a shown result does when its source changes, and when source or character are deleted."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

bpy = pytest.importorskip("bpy", reason="Blender as a Python module is not installed")

from human_mesh_recovery.blender_addon import building, compat, settings
from human_mesh_recovery.blender_addon.panels import retarget as panel
from human_mesh_recovery.blender_addon.retarget import apply, choices, selection
from human_mesh_recovery.inference_server.motion import Motion, save_motion
from human_mesh_recovery.scripts.retargeting.contact_motion import contact_motion
from human_mesh_recovery.tests import retarget_session
from human_mesh_recovery.tests.made_up_characters import build_character
from human_mesh_recovery.tests.retarget_session import keys_of, press
from human_mesh_recovery.tests.test_scene_interface import Layout

HIPS = 'pose.bones["Hips"].location'


@pytest.fixture(autouse=True)
def _session():
    with retarget_session.session():
        yield


@pytest.fixture(scope="module")
def motion() -> Motion:
    return contact_motion(20).motion


def add_result(path: Path, motion: Motion) -> tuple[Any, Any]:
    """A motion file's result in the panel's list, and its person's rig."""
    save_motion(motion, path)
    building.add_all(bpy.context.scene, [building.read_file(path)], False, lambda _: None)
    result = settings.of(bpy.context.scene).results[0]
    return result, result.people[0].rig


def raised(motion: Motion) -> Motion:
    return replace(motion, trans=motion.trans + np.linspace(0.0, 0.3, len(motion.trans))[:, None] * [0, 1, 0])


def height(rig: Any) -> float:
    """How far the hips' keys span in the world's vertical, which is that bone's own."""
    return max(float(np.ptp(keys_of(rig)[HIPS, axis][:, 1])) for axis in range(3))


def test_a_rebuilt_source_is_followed_and_baked(tmp_path: Path, motion: Motion):
    result, person = add_result(tmp_path / "clip.npz", motion)
    hero = build_character()
    chosen = press(person, hero)
    chosen.feet = "never"
    before = height(hero)
    save_motion(raised(motion), tmp_path / "clip.npz")
    building.rebuild(bpy.context.scene, result)
    assert height(hero) == pytest.approx(before + 0.3, abs=0.15)
    shown = keys_of(hero)
    bpy.ops.human_mesh_recovery.bake_retarget()
    assert all(np.array_equal(values, shown[path]) for path, values in keys_of(hero).items())


def test_a_source_whose_keys_the_user_moved_is_read_again(tmp_path: Path, motion: Motion):
    _, person = add_result(tmp_path / "clip.npz", motion)
    hero = build_character()
    chosen = press(person, hero)
    chosen.feet = "never"
    before = height(hero)
    curves = [curve for curve in compat.curves_of(person) if curve.data_path.endswith("location")]
    for curve in curves:
        for number, point in enumerate(curve.keyframe_points):
            point.co.y += 0.05 * number
    chosen.scale = 1.01
    assert height(hero) > before + 0.3


def test_a_person_whom_a_motion_was_retargeted_to_is_rebuilt_as_they_were(tmp_path: Path, motion: Motion):
    result, person = add_result(tmp_path / "clip.npz", motion)
    own = keys_of(person)
    action = person.animation_data.action
    chosen = choices.of(bpy.context.scene)
    chosen.target, chosen.file = person, str(tmp_path / "other.npz")
    save_motion(raised(motion), tmp_path / "other.npz")
    press(person)
    assert apply.live_action(person) is not None
    building.rebuild(bpy.context.scene, result, 0)
    assert apply.live_action(person) is None
    assert person.animation_data.action == action
    assert keys_of(person).keys() == own.keys()
    assert all(np.allclose(values, own[path], atol=1e-5) for path, values in keys_of(person).items())


def test_whoever_was_deleted_is_not_used_any_more(tmp_path: Path, motion: Motion):
    _, person = add_result(tmp_path / "clip.npz", motion)
    first, mover = build_character("First"), build_character("Mover")
    chosen = choices.of(bpy.context.scene)
    chosen.target, chosen.source = first, mover
    for made in (first, mover):
        bpy.data.objects.remove(made.children[0])
        bpy.context.scene.collection.objects.unlink(made)
    second = build_character("Second")
    assert (chosen.target, chosen.source) == (first, mover)  # which Blender keeps
    assert selection.both(bpy.context) == (person, second)


def test_a_deleted_source_is_told_and_nothing_baked(tmp_path: Path, motion: Motion):
    mover, hero = build_character("Mover"), build_character()
    _, person = add_result(tmp_path / "clip.npz", motion)
    press(person, mover)
    bpy.ops.human_mesh_recovery.bake_retarget()
    chosen = press(mover, hero)
    assert chosen.shown_source == mover
    chosen.file = str(tmp_path / "clip.npz")  # not pressed yet
    bpy.context.scene.collection.objects.unlink(mover)
    chosen.feet = "never"
    assert "armature is gone" in chosen.problem
    with pytest.raises(RuntimeError, match="armature is gone"):
        bpy.ops.human_mesh_recovery.bake_retarget()


def test_an_earlier_character_s_result_can_be_removed(tmp_path: Path, motion: Motion):
    _, person = add_result(tmp_path / "clip.npz", motion)
    first, second = build_character("First"), build_character("Second")
    press(person, first)
    press(person, second)
    assert "Bake" in drawn()
    select(first)
    said = drawn()
    assert "what First shows" in said
    assert "Bake" not in said.split()
    assert bpy.ops.human_mesh_recovery.remove_retarget() == {"FINISHED"}
    assert (apply.live_action(first), apply.live_action(second) is None) == (None, False)
    select(second)
    assert "Bake" in drawn().split()


def test_a_failed_press_leaves_the_earlier_result_to_be_removed(tmp_path: Path, motion: Motion):
    _, person = add_result(tmp_path / "clip.npz", motion)
    hero = build_character()
    press(person, hero)
    crane = build_character("Crane", names={"pelvis": "Base", "spine1": "Arm1"})
    select(person, crane)
    with pytest.raises(RuntimeError, match="not recognised"):
        bpy.ops.human_mesh_recovery.retarget()
    select(person, hero)
    assert "what Hero shows" in drawn()
    assert bpy.ops.human_mesh_recovery.retarget() == {"FINISHED"}
    assert "Bake" in drawn().split()


def select(*objects: Any) -> None:
    for made in bpy.context.view_layer.objects:
        made.select_set(made in objects)
    bpy.context.view_layer.objects.active = objects[-1]


def drawn() -> str:
    texts: list[str] = []
    stand: Any = SimpleNamespace(layout=Layout(texts))
    panel.draw(stand.layout, bpy.context)
    return " ".join(texts)
