"""Bones that the user cleared: what lacks them is refused with a message, what can do without them is shown."""

from typing import Any

import pytest

bpy = pytest.importorskip("bpy", reason="Blender as a Python module is not installed")

from human_mesh_recovery.blender_addon.retarget import humanoid, presets, rigify
from human_mesh_recovery.blender_addon.retarget.humanoid import Mapping
from human_mesh_recovery.blender_addon.retarget.read import read_skeleton
from human_mesh_recovery.scripts.retargeting.contact_motion import ContactMotion, contact_motion
from human_mesh_recovery.tests import addon_session
from human_mesh_recovery.tests.made_up_characters import build_character
from human_mesh_recovery.tests.retarget_session import add_person, press

RIGIFY = {
    "pelvis": "torso", "neck": "neck", "head": "head",
    "left_shoulder": "upper_arm_fk.L", "left_elbow": "forearm_fk.L", "left_wrist": "hand_fk.L",
    "right_shoulder": "upper_arm_fk.R", "right_elbow": "forearm_fk.R", "right_wrist": "hand_fk.R",
    "left_hip": "thigh_fk.L", "left_knee": "shin_fk.L", "left_ankle": "foot_fk.L",
    "right_hip": "thigh_fk.R", "right_knee": "shin_fk.R", "right_ankle": "foot_fk.R",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _session():
    addon_session.switch_on()
    yield
    addon_session.switch_off()


@pytest.fixture(scope="module")
def source() -> ContactMotion:
    return contact_motion(5)


@pytest.mark.parametrize("bone", humanoid.POSED)
def test_a_needed_bone_that_is_cleared_is_asked_for(source: ContactMotion, bone: str):
    chosen = press(add_person(source), build_character())
    items = {item.name: item for item in chosen.bones}
    own = items[bone].bone
    items[bone].bone = ""
    assert f"No bone is chosen for {bone}." in chosen.problem
    with pytest.raises(RuntimeError, match=f"No bone is chosen for {bone}"):
        bpy.ops.human_mesh_recovery.retarget()
    items[bone].bone = own
    assert chosen.problem == ""


def test_all_other_bones_can_be_cleared(source: ContactMotion):
    chosen = press(add_person(source), build_character())
    for item in chosen.bones:
        if item.name not in humanoid.POSED:
            item.bone = ""
        assert chosen.problem == ""


def test_a_preset_without_legs_leaves_the_rig_to_be_recognised(
    source: ContactMotion, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(presets, "folder", lambda create=False: tmp_path)
    presets.save_preset(
        Mapping("arms", {"hips": ("Hips",), "leftHand": ("LeftHand",)}), tmp_path / "arms.json"
    )
    chosen = press(add_person(source), build_character())
    assert "Mixamo" in chosen.table
    with pytest.raises(RuntimeError, match="No bone is chosen for leftUpperArm"):
        bpy.ops.human_mesh_recovery.load_bones(filepath=str(tmp_path / "arms.json"))


def test_an_arm_without_a_hand_stays_with_the_controls_that_turn_it():
    rig = build_character(names=RIGIFY)
    add_arm_controls(rig)
    skeleton = read_skeleton(rig)
    whole = rigify.view_of(rig, skeleton, arms_ik=True, legs_ik=False)
    assert [limb.limb for limb in whole.ik_limbs] == ["leftHand", "rightHand"]
    assert whole.shown is not None
    bones = {bone: names for bone, names in whole.shown.bones.items() if bone != "leftHand"}
    view = rigify.view_of(rig, skeleton, True, False, Mapping("hand", bones))
    assert [limb.limb for limb in view.ik_limbs] == ["rightHand"]
    turned = {switch.bone: switch.value for switch in view.switches if switch.key == "IK_FK"}
    assert turned == {"upper_arm_parent.L": 1.0, "upper_arm_parent.R": 0.0}


def add_arm_controls(rig: Any) -> None:
    """Of the arms' controls that are moved, those that a view is made of."""
    bpy.ops.object.mode_set(mode="EDIT")
    for name in ("upper_arm_parent", "MCH-forearm_ik", "upper_arm_ik", "hand_ik", "upper_arm_ik_target"):
        for letter in "LR":
            bone = rig.data.edit_bones.new(f"{name}.{letter}")
            bone.tail = (0.0, 0.0, 0.1)
    bpy.ops.object.mode_set(mode="OBJECT")
    for letter in "LR":
        rig.pose.bones[f"upper_arm_parent.{letter}"]["IK_FK"] = 1.0
        constraint = rig.pose.bones[f"MCH-forearm_ik.{letter}"].constraints.new("IK")
        constraint.pole_target, constraint.pole_subtarget = rig, f"upper_arm_ik_target.{letter}"
