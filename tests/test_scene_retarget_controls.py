"""Rigs that are moved by controls of their owner's making, and what is done with them."""

from typing import Any

import numpy as np
import pytest

bpy = pytest.importorskip("bpy", reason="Blender as a Python module is not installed")

from mathutils import Vector

from human_mesh_recovery.blender_addon.retarget import apply, onto
from human_mesh_recovery.blender_addon.retarget.retargeted import Settings
from human_mesh_recovery.blender_addon.retarget.sources import human_motion
from human_mesh_recovery.scripts.retargeting.contact_motion import ContactMotion, contact_motion
from human_mesh_recovery.scripts.retargeting.measures import measure
from human_mesh_recovery.scripts.retargeting.posed import read_posed
from human_mesh_recovery.tests.made_up_characters import bones_of_character, build_character

FRAMES = 120
FORWARD = Vector((0.0, -1.0, 0.0))


@pytest.fixture(autouse=True)
def _empty_file():
    bpy.ops.wm.read_factory_settings(use_empty=True)


@pytest.fixture(scope="module")
def source() -> ContactMotion:
    return contact_motion(FRAMES)


def add_leg_controls(rig: Any, with_pole: bool, shared: bool = False) -> None:
    """A control at each ankle that the foot hangs from, at wish a pole before each knee, and knees that bend ahead.

    shared: the left knee's pole leads the right one, too.
    """
    bpy.ops.object.mode_set(mode="EDIT")
    bones = rig.data.edit_bones
    for side in ("Left", "Right"):
        foot, hip = bones[f"{side}Foot"], bones[f"{side}UpLeg"].head
        knee = (hip + foot.head) / 2 + 0.02 * FORWARD
        bones[f"{side}UpLeg"].tail = bones[f"{side}Leg"].head = knee
        control = bones.new(f"{side}Control")
        control.head, control.tail = foot.head, foot.head + foot.vector.normalized() * 0.2
        control.use_deform = False
        foot.use_connect = False
        foot.parent = control
        if with_pole:
            pole = bones.new(f"{side}Pole")
            pole.head, pole.tail = knee + 0.5 * FORWARD, knee + 0.6 * FORWARD
            pole.use_deform = False
    bpy.ops.object.mode_set(mode="OBJECT")
    for side in ("Left", "Right"):
        constraint = rig.pose.bones[f"{side}Leg"].constraints.new("IK")
        constraint.target, constraint.subtarget, constraint.chain_count = rig, f"{side}Control", 2
        if with_pole:
            constraint.pole_target = rig
            constraint.pole_subtarget = "LeftPole" if shared else f"{side}Pole"
            constraint.pole_angle = pole_angle(rig, side)


def pole_angle(rig: Any, side: str) -> float:
    """That with which the constraint leaves the leg as it rests."""
    axes = rig.data.bones[f"{side}UpLeg"].matrix_local.to_3x3()
    return float(np.arctan2(axes.col[2] @ FORWARD, axes.col[0] @ FORWARD))


@pytest.mark.parametrize("with_pole", [True, False])
def test_legs_that_ik_controls_lead_are_keyed_by_them(source: ContactMotion, with_pole: bool):
    rig = build_character()
    add_leg_controls(rig, with_pole)
    target = onto.understand(rig)
    channels = onto.solve(target, human_motion(source.motion), Settings())
    apply.show(rig, channels, "Shown")
    keyed = {(channel.bone, channel.attribute) for channel in channels if len(channel.frames) > 1}
    assert {("LeftControl", "location"), ("LeftControl", "rotation_quaternion")} <= keyed
    assert (("LeftPole", "location") in keyed) == with_pole
    assert ("LeftFoot", "rotation_quaternion") not in keyed
    assert (("LeftUpLeg", "rotation_quaternion") in keyed) != with_pole
    found = measure(source, read_posed(rig, bones_of_character(), np.arange(1, FRAMES + 1))[0])
    assert (found["mean"] < 1.0, found["p95"] < 3.0, found["slide"] < 5.0) == (True, True, True), found


def test_a_pole_that_two_legs_share_is_keyed_once(source: ContactMotion):
    rig = build_character()
    add_leg_controls(rig, with_pole=True, shared=True)
    channels = onto.solve(onto.understand(rig), human_motion(source.motion), Settings())
    apply.show(rig, channels, "Shown")
    paths = [channel.path for channel in channels]
    assert len(paths) == len(set(paths))
    assert 'pose.bones["LeftPole"].location' in paths


def test_connected_hips_with_legs_that_ik_controls_lead_go_their_way(source: ContactMotion):
    rig = build_character()
    connect_hips(rig)
    add_leg_controls(rig, with_pole=True)
    target = onto.understand(rig)
    channels = onto.solve(target, human_motion(source.motion), Settings())
    apply.show(rig, channels, "Shown")
    assert ("Base", "location") in {(channel.bone, channel.attribute) for channel in channels}
    found = measure(source, read_posed(rig, bones_of_character(), np.arange(1, FRAMES + 1))[0])
    assert (found["mean"] < 1.0, found["p95"] < 3.0, found["slide"] < 5.0) == (True, True, True), found


def connect_hips(rig: Any) -> None:
    """Hangs the hips from a bone whose tail they are tied to."""
    bpy.ops.object.mode_set(mode="EDIT")
    hips, base = rig.data.edit_bones["Hips"], rig.data.edit_bones.new("Base")
    base.head, base.tail, base.use_deform = hips.head - 0.2 * FORWARD, hips.head, False
    hips.parent, hips.use_connect = base, True
    bpy.ops.object.mode_set(mode="OBJECT")


def test_constraints_that_are_not_understood_are_told():
    rig = build_character()
    empty = bpy.data.objects.new("Pin", None)
    bpy.context.scene.collection.objects.link(empty)
    constraint = rig.pose.bones["LeftLeg"].constraints.new("IK")
    constraint.target = empty
    (note,) = onto.notes(onto.understand(rig), Settings())
    assert "LeftLeg" in note
    constraint.mute = True
    assert onto.notes(onto.understand(rig), Settings()) == []
