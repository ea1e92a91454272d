"""A recovered person's motion onto the user's character: one press, changed, and taken away."""

from typing import Any

import numpy as np
import pytest

bpy = pytest.importorskip("bpy", reason="Blender as a Python module is not installed")

from human_mesh_recovery.blender_addon.retarget import choices
from human_mesh_recovery.scripts.retargeting.contact_motion import ContactMotion, contact_motion
from human_mesh_recovery.scripts.retargeting.posed import read_posed
from human_mesh_recovery.tests import retarget_session
from human_mesh_recovery.tests.made_up_characters import bones_of_character, build_character
from human_mesh_recovery.tests.retarget_session import (
    LIMITS,
    add_person,
    assert_follows,
    keys_of,
    measured,
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
