"""Retargeted motion for good: actions, strips and assets; bones that were corrected; motions of other kinds."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

bpy = pytest.importorskip("bpy", reason="Blender as a Python module is not installed")

from human_mesh_recovery.blender_addon.retarget import bake, choices, onto, presets
from human_mesh_recovery.blender_addon.retarget.read import read_skeleton
from human_mesh_recovery.blender_addon.retarget.retargeted import Settings
from human_mesh_recovery.blender_addon.retarget.sources import human_motion
from human_mesh_recovery.blender_addon.scene import recovered
from human_mesh_recovery.inference_server.motion import save_motion
from human_mesh_recovery.scripts.retargeting.contact_motion import ContactMotion, contact_motion
from human_mesh_recovery.tests import retarget_session
from human_mesh_recovery.tests.made_up_characters import build_character
from human_mesh_recovery.tests.retarget_session import (
    add_person,
    assert_follows,
    keys_of,
    pose_of,
    press,
)

FRAMES = 180


@pytest.fixture(autouse=True)
def _session():
    with retarget_session.session():
        yield


@pytest.fixture(scope="module")
def source() -> ContactMotion:
    return contact_motion(FRAMES)


@pytest.mark.parametrize("output", ["ACTION", "NLA", "ASSET"])
def test_baking_writes_a_new_action_and_keeps_the_old_one(source: ContactMotion, output: str):
    person, hero = add_person(source), build_character()
    hero.pose.bones["Head"].keyframe_insert("rotation_quaternion", frame=1)
    old = hero.animation_data.action
    chosen = press(person, hero)
    shown = keys_of(hero)
    chosen.output = output
    assert bpy.ops.human_mesh_recovery.bake_retarget() == {"FINISHED"}
    baked = next(action for action in bpy.data.actions if action.name.startswith("Person 1 on Hero"))
    assert old.name in bpy.data.actions and old.use_fake_user
    assert "Person 1 on Hero.001" not in bpy.data.actions
    assert (baked.asset_data is not None) == (output == "ASSET")
    if output == "NLA":
        assert hero.animation_data.action is None
        assert hero.animation_data.nla_tracks[-1].strips[0].action == baked
    else:
        assert hero.animation_data.action == baked
        assert all(np.array_equal(values, shown[path]) for path, values in keys_of(hero).items())
    assert_follows(source, hero)
    assert not bpy.ops.human_mesh_recovery.bake_retarget.poll()


def test_fewer_keys_stay_within_the_tolerance(source: ContactMotion):
    person, hero = add_person(source), build_character()
    chosen = press(person, hero)
    full = poses(hero)
    count = sum(map(len, keys_of(hero).values()))
    chosen.simplify, chosen.degrees, chosen.millimetres = True, 1.0, 5.0
    bpy.ops.human_mesh_recovery.bake_retarget()
    assert sum(map(len, keys_of(hero).values())) < count / 2
    few = poses(hero)
    turned = np.swapaxes(full[..., :3, :3], -1, -2) @ few[..., :3, :3]
    angles = np.degrees(np.arccos(np.clip((np.trace(turned, axis1=-1, axis2=-2) - 1) / 2, -1, 1)))
    assert 0.2 < angles.max() < 1.05
    assert 0.5 < 1000 * np.linalg.norm(full[..., :3, 3] - few[..., :3, 3], axis=-1).max() < 5.05


def poses(rig: Any) -> np.ndarray:
    """(F, B, 4, 4) each bone's own transform at every frame."""
    found = []
    for frame in range(1, FRAMES + 1):
        bpy.context.scene.frame_set(frame)
        found.append(pose_of(rig))
    return np.array(found)


def test_undo_takes_a_result_away_again(source: ContactMotion):
    person, hero = add_person(source), build_character()
    bpy.ops.ed.undo_push(message="Before")
    press(person, hero)
    bpy.ops.ed.undo_push(message="Pressed")
    bpy.ops.ed.undo()
    hero = bpy.data.objects["Hero"]
    assert hero.animation_data is None or hero.animation_data.action is None
    assert [action.name for action in bpy.data.actions] == ["Person 1 Rig"]


def test_bones_are_corrected_one_by_one_and_kept_as_a_preset(source: ContactMotion, tmp_path: Path):
    person, hero = add_person(source), build_character()
    chosen = press(person, hero)
    bones = {item.name: item for item in chosen.bones}
    assert bones["leftUpperArm"].bone == "LeftArm"
    bones["leftToes"].bone = ""
    assert 'pose.bones["LeftToeBase"].rotation_quaternion' not in {path for path, _ in keys_of(hero)}
    bones["leftLowerArm"].bone = "LeftArm"
    assert "LeftArm is chosen twice" in chosen.problem
    bones["leftLowerArm"].bone = "LeftForeArm"
    assert chosen.problem == ""
    path = tmp_path / "hero.json"
    assert bpy.ops.human_mesh_recovery.save_bones(filepath=str(path)) == {"FINISHED"}
    bpy.ops.human_mesh_recovery.guess_bones()
    assert {item.name: item.bone for item in chosen.bones}["leftToes"] == "LeftToeBase"
    assert bpy.ops.human_mesh_recovery.load_bones(filepath=str(path)) == {"FINISHED"}
    assert {item.name: item.bone for item in chosen.bones}["leftToes"] == ""
    assert chosen.table == "hero"
    bpy.ops.human_mesh_recovery.save_bones(filepath=str(tmp_path / "hero.v2"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["hero.json", "hero.v2.json"]


def test_a_saved_preset_is_used_for_rigs_that_nothing_else_knows(
    source: ContactMotion, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(presets, "folder", lambda create=False: tmp_path)
    person, hero = add_person(source), build_character()
    chosen = press(person, hero)
    bpy.ops.human_mesh_recovery.save_bones(filepath=str(tmp_path / "mine.json"))
    bpy.ops.human_mesh_recovery.remove_retarget()
    chosen.bones.clear()
    (tmp_path / "broken.json").write_text("{")
    press(person, hero)
    assert chosen.table == "mine"


def test_motion_files_are_placed_at_the_scene_s_start_and_rate(source: ContactMotion, tmp_path: Path):
    hero = build_character()
    save_motion(source.motion, tmp_path / "contact.npz")
    scene = bpy.context.scene
    scene.render.fps, scene.frame_start = 60, 11
    chosen = choices.of(scene)
    chosen.file = str(tmp_path / "contact.npz")
    press(hero)
    times = keys_of(hero)['pose.bones["Hips"].location', 0][:, 0]
    assert (times[0], times[-1]) == (11, 11 + 2 * (FRAMES - 1))
    assert chosen.shown_source is None
    bpy.ops.human_mesh_recovery.forget_motion()
    assert chosen.file == ""
    bpy.ops.human_mesh_recovery.choose_motion(filepath=str(tmp_path / "contact.npz"))
    assert chosen.file.endswith("contact.npz")


def test_another_armature_s_action_is_a_motion_too(source: ContactMotion):
    person, first = add_person(source), build_character("First")
    press(person, first)
    bpy.ops.human_mesh_recovery.bake_retarget()
    second = build_character("Second", size=0.7)
    chosen = choices.of(bpy.context.scene)
    recovered.remove_person(person.name)
    bpy.context.view_layer.update()
    press(first, second)
    assert (chosen.shown_source, chosen.shown_target) == (first, second)
    assert chosen.source is chosen.target is None
    assert_follows(source, second)


def test_an_action_that_was_never_shown_over_is_kept_too():
    hero = build_character()
    hero.pose.bones["Head"].keyframe_insert("rotation_quaternion", frame=1)
    old = hero.animation_data.action
    target = onto.understand(hero)
    bake.bake(hero, onto.solve(target, human_motion(contact_motion(5).motion), Settings()), "New")
    assert hero.animation_data.action.name == "New"
    assert old.use_fake_user


def test_no_folder_is_made_for_presets_that_nobody_saves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(presets, "FOLDER", f"presets/{tmp_path.name}-{tmp_path.parent.name}")
    hero = build_character()
    assert presets.preset_for(read_skeleton(hero)) is None
    assert not presets.folder().exists()
