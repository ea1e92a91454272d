"""A recovered person's motion onto the user's character: one press, changed, taken away, baked."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

bpy = pytest.importorskip("bpy", reason="Blender as a Python module is not installed")

from human_mesh_recovery.blender_addon import compat
from human_mesh_recovery.blender_addon.retarget import choices, presets
from human_mesh_recovery.blender_addon.scene import recovered
from human_mesh_recovery.blender_addon.scene.timeline import plan
from human_mesh_recovery.inference_server.motion import save_motion
from human_mesh_recovery.scripts.retargeting.contact_motion import ContactMotion, contact_motion
from human_mesh_recovery.scripts.retargeting.measures import measure
from human_mesh_recovery.scripts.retargeting.posed import read_posed
from human_mesh_recovery.tests import addon_session
from human_mesh_recovery.tests.made_up_characters import bones_of_character, build_character

FRAMES = 180
FPS = 30
LIMITS = {"mean": 1.0, "p95": 3.0, "wrist %": 3.0, "ankle %": 3.0, "hinge": 5.0, "slide": 5.0, "sunk": 5.0}


@pytest.fixture(autouse=True)
def _session():
    addon_session.switch_on()
    bpy.context.scene.render.fps = FPS
    yield
    addon_session.switch_off()


@pytest.fixture(scope="module")
def source() -> ContactMotion:
    return contact_motion(FRAMES)


def add_person(source: ContactMotion) -> Any:
    """Recovers the person into the scene: the rig."""
    made = recovered.add_recovered(
        bpy.context.scene, "clip", [source.motion], plan([source.motion], FPS), False
    )
    return made.people[0].rig


def press(*selected: Any) -> Any:
    """Selects these, presses Retarget, and returns the panel's choices."""
    for made in bpy.context.view_layer.objects:
        made.select_set(made in selected)
    bpy.context.view_layer.objects.active = selected[-1]
    assert bpy.ops.human_mesh_recovery.retarget() == {"FINISHED"}
    return choices.of(bpy.context.scene)


def measured(source: ContactMotion, rig: Any, heading: np.ndarray | None = None) -> dict[str, float]:
    frames = np.arange(1, len(source.joints) + 1)
    return measure(source, read_posed(rig, bones_of_character(), frames)[0], heading)


def assert_follows(source: ContactMotion, rig: Any) -> None:
    found = measured(source, rig)
    assert {name: found[name] for name in LIMITS if not found[name] <= LIMITS[name]} == {}


def pose_of(rig: Any) -> np.ndarray:
    return np.array([bone.matrix_basis for bone in rig.pose.bones])


def keys_of(rig: Any) -> dict[tuple[str, int], np.ndarray]:
    found = {}
    for curve in compat.curves_of(rig):
        points = np.empty(2 * len(curve.keyframe_points), dtype=np.float32)
        curve.keyframe_points.foreach_get("co", points)
        found[curve.data_path, curve.array_index] = points.reshape(-1, 2)
    return found


def test_one_press_is_enough(source: ContactMotion):
    person, hero = add_person(source), build_character(size=1.3)
    chosen = press(person, hero)
    assert (chosen.shown_source, chosen.shown_target, chosen.problem, chosen.note) == (person, hero, "", "")
    assert_follows(source, hero)
    assert len(keys_of(hero)['pose.bones["Hips"].location', 0]) == FRAMES


def test_what_is_selected_is_found_by_what_it_deforms(source: ContactMotion):
    person, hero = add_person(source), build_character()
    figure = next(child for child in person.children if child.type == "MESH")
    chosen = press(figure, hero.children[0])
    assert (chosen.shown_source, chosen.shown_target) == (person, hero)


def test_the_only_person_and_the_only_character_need_not_be_selected(source: ContactMotion):
    person, hero = add_person(source), build_character()
    for made in bpy.context.view_layer.objects:
        made.select_set(False)
    assert bpy.ops.human_mesh_recovery.retarget() == {"FINISHED"}
    chosen = choices.of(bpy.context.scene)
    assert (chosen.shown_source, chosen.shown_target) == (person, hero)


def test_a_character_anywhere_of_any_scale(source: ContactMotion):
    person, hero = add_person(source), build_character(size=100.0)
    hero.scale = (0.01, 0.01, 0.01)
    hero.rotation_euler = (0.0, 0.0, 2.1)
    hero.location = (3.0, -2.0, 0.5)
    bpy.context.view_layer.update()
    before = hero.matrix_world.copy()
    press(person, hero)
    assert hero.matrix_world == before
    assert_follows(source, hero)


def test_settings_are_followed_at_once():
    source = contact_motion(300)  # with the walk
    person, hero = add_person(source), build_character()
    chosen = press(person, hero)
    first, action = keys_of(hero), hero.animation_data.action
    way = measured_way(hero, source)
    assert way > 0.7
    chosen.root = "in_place"
    assert measured_way(hero, source) < 0.3
    chosen.root = "hips"
    assert all(np.array_equal(values, first[path]) for path, values in keys_of(hero).items())
    chosen.scale = 0.5
    assert measured_way(hero, source) == pytest.approx(way / 2, rel=0.05)
    assert hero.animation_data.action == action
    assert chosen.problem == ""


def measured_way(rig: Any, source: ContactMotion) -> float:
    """Metres over the floor between the hips' farthest places."""
    posed, _ = read_posed(rig, bones_of_character(), np.arange(1, len(source.joints) + 1))
    return float(np.ptp(posed.joints["hips"][:, :2], axis=0).max())


def test_the_character_covers_the_person_where_that_is_wished(source: ContactMotion):
    person, hero = add_person(source), build_character()
    hero.rotation_euler = (0.0, 0.0, 1.2)
    hero.location = (2.0, 0.0, 0.0)
    bpy.context.view_layer.update()
    press(person, hero).place = "source"
    found = measured(source, hero, heading=np.eye(3))
    assert found["mean"] < LIMITS["mean"]
    bpy.context.scene.frame_set(1)
    hips = hero.matrix_world @ hero.pose.bones["Hips"].head
    assert np.abs(np.array(hips)[:2] - source.joints[0, 0, :2]).max() < 0.02


@pytest.mark.parametrize("mode", ["XYZ", "ZXY", "YZX", "AXIS_ANGLE"])
def test_every_rotation_mode_is_keyed_as_it_is(source: ContactMotion, mode: str):
    person, hero = add_person(source), build_character()
    for bone in hero.pose.bones:
        bone.rotation_mode = mode
    press(person, hero)
    assert {bone.rotation_mode for bone in hero.pose.bones} == {mode}
    assert_follows(source, hero)


def test_a_removed_result_leaves_the_character_as_it_was(source: ContactMotion):
    person, hero = add_person(source), build_character()
    hero.pose.bones["Head"].rotation_mode = "XYZ"
    hero.pose.bones["Head"].rotation_euler = (0.1, 0.2, 0.3)
    hero.pose.bones["LeftArm"].location = (0.01, 0.02, 0.03)
    hero.pose.bones["LeftArm"].scale = (1.0, 1.1, 1.0)
    hero.pose.bones["Spine"].keyframe_insert("rotation_quaternion", frame=5)
    hero.pose.bones["Hips"].constraints.new("LIMIT_SCALE").mute = True
    pose, rest = pose_of(hero), [bone.matrix_local.copy() for bone in hero.data.bones]
    action, world, count = hero.animation_data.action, hero.matrix_world.copy(), len(bpy.data.actions)
    settings = bpy.context.scene.tool_settings
    settings.use_keyframe_insert_auto = True
    chosen = press(person, hero)
    chosen.feet = "grounding"
    assert_follows_directions(source, hero)
    assert bpy.ops.human_mesh_recovery.remove_retarget() == {"FINISHED"}
    assert np.abs(pose_of(hero) - pose).max() < 1e-6
    assert [bone.matrix_local for bone in hero.data.bones] == rest
    assert (hero.animation_data.action, hero.matrix_world, len(bpy.data.actions)) == (action, world, count)
    assert [len(bone.constraints) for bone in hero.pose.bones].count(1) == 1
    assert [modifier.type for modifier in hero.children[0].modifiers] == ["ARMATURE"]
    assert settings.use_keyframe_insert_auto
    assert not bpy.ops.human_mesh_recovery.remove_retarget.poll()


def test_what_is_not_keyed_any_more_is_as_it_was(source: ContactMotion):
    person, hero = add_person(source), build_character()
    toes = hero.pose.bones["LeftToeBase"]
    toes.rotation_quaternion = (0.9, 0.1, 0.2, 0.3)
    posed = list(toes.rotation_quaternion)
    chosen = press(person, hero)
    bpy.context.scene.frame_set(50)
    assert np.abs(np.array(toes.rotation_quaternion) - posed).max() > 0.05
    {item.name: item for item in chosen.bones}["leftToes"].bone = ""
    bpy.context.scene.frame_set(60)
    assert list(toes.rotation_quaternion) == posed


def assert_follows_directions(source: ContactMotion, rig: Any) -> None:
    found = measured(source, rig)
    assert (found["mean"] < LIMITS["mean"], found["p95"] < LIMITS["p95"]) == (True, True), found


def test_what_else_moves_the_character_is_held_still(source: ContactMotion):
    person, hero = add_person(source), build_character()
    for frame, move in ((1, 0.0), (60, 0.2)):
        hero.pose.bones["LeftForeArm"].location = (move, 0.0, 0.0)
        hero.pose.bones["LeftForeArm"].keyframe_insert("location", frame=frame)
        hero.pose.bones["Spine1"].scale = (1.0, 1.0 + move, 1.0)
        hero.pose.bones["Spine1"].keyframe_insert("scale", frame=frame)
    action = hero.animation_data.action
    hero.animation_data.nla_tracks.new().strips.new("old", 1, action)
    hero.animation_data.action = None
    press(person, hero)
    assert_follows(source, hero)
    bpy.ops.human_mesh_recovery.remove_retarget()
    assert [track.strips[0].action for track in hero.animation_data.nla_tracks] == [action]


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


def test_pressing_and_baking_are_one_undo_step_each(source: ContactMotion):
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


def test_a_saved_preset_is_used_for_rigs_that_nothing_else_knows(
    source: ContactMotion, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(presets, "folder", lambda: tmp_path)
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
