"""What is read of armatures and skins of the scene is what Blender shows, and what is not known stays the user's."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

bpy = pytest.importorskip("bpy", reason="Blender as a Python module is not installed")

from human_mesh_recovery.blender_addon.retarget import onto, read_poses, rigify
from human_mesh_recovery.blender_addon.retarget.read import read_skeleton
from human_mesh_recovery.blender_addon.retarget.retargeted import Settings
from human_mesh_recovery.blender_addon.retarget.sources import human_motion
from human_mesh_recovery.scripts.retargeting.contact_motion import contact_motion
from human_mesh_recovery.tests.made_up_characters import build_character

FINGERS = ("LeftHandIndex1", "LeftHandIndex2", "LeftHandIndex3")


@pytest.fixture(autouse=True)
def _empty_file():
    bpy.ops.wm.read_factory_settings(use_empty=True)


def add_finger(rig: Any) -> None:
    bpy.ops.object.mode_set(mode="EDIT")
    above = rig.data.edit_bones["LeftHand"]
    for name in FINGERS:
        bone = rig.data.edit_bones.new(name)
        bone.head, bone.tail, bone.parent = above.tail, above.tail + above.vector / 2, above
        above = bone
    bpy.ops.object.mode_set(mode="OBJECT")


@pytest.mark.parametrize("knows", [False, True])
def test_fingers_stay_as_they_are_posed_where_the_motion_has_none(knows: bool):
    rig = build_character()
    add_finger(rig)
    fist = (0.8, 0.6, 0.0, 0.0)
    for name in FINGERS:
        rig.pose.bones[name].rotation_quaternion = fist
    motion = contact_motion(5).motion
    if not knows:
        motion = replace(motion, hand_poses=None)
    target = onto.understand(rig)
    assert target.mapping.bones["leftIndexProximal"] == (FINGERS[0],)
    keyed = {channel.bone for channel in onto.solve(target, human_motion(motion), Settings())}
    assert keyed & set(FINGERS) == (set(FINGERS) if knows else set())
    assert "LeftToeBase" in keyed


def test_toes_stay_as_they_are_posed_where_the_motion_has_none():
    human = human_motion(contact_motion(5).motion)
    rows = [number for number, bone in enumerate(human.bones) if not bone.endswith("Toes")]
    human = replace(
        human,
        bones=tuple(human.bones[row] for row in rows),
        rotations=human.rotations[:, rows],
        rest_joints=human.rest_joints[rows],
        joints=human.joints[:, rows],
    )
    keyed = {channel.bone for channel in onto.solve(onto.understand(build_character()), human, Settings())}
    assert {"LeftFoot", "LeftToeBase"} & keyed == {"LeftFoot"}


def test_rigify_s_controls_of_fingers_are_known_by_their_names():
    names = ("f_index.01_master.L", "thumb.02.R", "palm.L", "hand_ik.L", "chest", "foot_heel_ik.R")
    assert [name for name in names if name.startswith(rigify.HAND)] == list(names[:3])


def test_connected_bones_take_no_location():
    rig = build_character()
    bpy.ops.object.mode_set(mode="EDIT")
    arm = rig.data.edit_bones["LeftForeArm"]
    rig.data.edit_bones["LeftArm"].tail = arm.head
    arm.use_connect = True
    bpy.ops.object.mode_set(mode="OBJECT")
    for frame, way in ((1, 0.0), (5, 0.4)):
        for name in ("LeftForeArm", "Spine1"):
            rig.pose.bones[name].location = (way, 0.0, 0.0)
            rig.pose.bones[name].keyframe_insert("location", frame=frame)
    skeleton, frames = read_skeleton(rig), np.arange(1.0, 6.0)
    poses = read_poses.read_poses(rig, skeleton, frames)
    bpy.context.scene.frame_set(5)
    shown = np.array([rig.pose.bones[name].matrix for name in skeleton.names])
    assert np.abs(poses[-1] - shown).max() < 1e-5


def test_soles_are_where_shape_keys_take_them():
    rig = build_character()
    skin = rig.children[0]
    skin.shape_key_add(name="Basis")
    heels = skin.shape_key_add(name="Heels")
    twice = skin.shape_key_add(name="Twice")
    muted = skin.shape_key_add(name="Muted")
    for point, further, other in zip(heels.data, twice.data, muted.data, strict=True):
        point.co.z -= 0.1
        further.co.z -= 0.1 + 0.1 * (further.co.x > 0)  # counted from the first
        other.co.z -= 1.0
    twice.relative_key = heels
    muted.mute = True
    heels.value, twice.value, muted.value = 0.5, 1.0, 1.0
    bare = build_character("Bare").children[0]
    bare_skin, own = read_skeleton(bare.parent).skin, read_skeleton(rig).skin
    assert bare_skin is not None
    assert own is not None
    lowest = [
        skin.points[skin.points[:, 0] * side > 0, 2].min() for skin in (own, bare_skin) for side in (1, -1)
    ]
    assert lowest[0] - lowest[2] == pytest.approx(-0.15, abs=1e-5)
    assert lowest[1] - lowest[3] == pytest.approx(-0.05, abs=1e-5)


def test_a_shape_key_s_group_says_where_it_counts():
    rig = build_character()
    skin = rig.children[0]
    skin.shape_key_add(name="Basis")
    heels = skin.shape_key_add(name="Heels")
    for point in heels.data:
        point.co.z -= 0.1
    heels.value, heels.vertex_group = 1.0, "LeftToeBase"
    bare = build_character("Bare")
    for bone, way in (("LeftToeBase", 0.1), ("LeftFoot", 0.0), ("RightToeBase", 0.0)):
        assert lowest(bare, bone) - lowest(rig, bone) == pytest.approx(way, abs=1e-5)


def lowest(rig: Any, bone: str) -> float:
    """Of the points that follow a bone."""
    skeleton = read_skeleton(rig)
    assert skeleton.skin is not None
    return skeleton.skin.points[skeleton.skin.bones[:, 0] == skeleton.index[bone], 2].min()
