"""What can't be retargeted: a clear message each, and nothing changed."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

bpy = pytest.importorskip("bpy", reason="Blender as a Python module is not installed")

from human_mesh_recovery.blender_addon.retarget import choices, presets, vrm
from human_mesh_recovery.blender_addon.retarget.read import read_skeleton
from human_mesh_recovery.inference_server.body.files import load_body
from human_mesh_recovery.inference_server.bvh import write_bvh
from human_mesh_recovery.inference_server.errors import RecoveryError
from human_mesh_recovery.inference_server.motion import save_motion
from human_mesh_recovery.scripts.retargeting.contact_motion import contact_motion
from human_mesh_recovery.tests import addon_session
from human_mesh_recovery.tests.made_up_characters import MIXAMO, build_character

KINDS = ("objects", "armatures", "actions", "meshes")


@pytest.fixture(autouse=True)
def _session():
    addon_session.switch_on()
    yield
    addon_session.switch_off()


@pytest.fixture(scope="module")
def motion(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("motion") / "contact.npz"
    save_motion(contact_motion(20).motion, path)
    return str(path)


def everything() -> dict[str, list[str]]:
    return {kind: sorted(block.name for block in getattr(bpy.data, kind)) for kind in KINDS}


def refusal(rig: Any, file: str = "") -> str:
    """What the panel says, after a press that changed nothing."""
    for made in bpy.context.view_layer.objects:
        made.select_set(made == rig)
    if rig is not None:
        bpy.context.view_layer.objects.active = rig
    chosen = choices.of(bpy.context.scene)
    chosen.file = file
    before = everything()
    pose = pose_of(rig) if rig is not None and rig.pose is not None else None
    with pytest.raises(RuntimeError) as told:
        bpy.ops.human_mesh_recovery.retarget()
    assert chosen.problem in str(told.value)
    assert everything() == before
    if pose is not None:
        assert rig is not None
        assert np.array_equal(pose, pose_of(rig))
        assert rig.animation_data is None or rig.animation_data.action is None
    return chosen.problem


def pose_of(rig: Any) -> np.ndarray:
    return np.array([bone.matrix_basis for bone in rig.pose.bones])


def test_nobody_to_retarget_to(motion: str):
    assert "There is no character" in refusal(None, motion)


def test_nobody_to_retarget_from():
    assert "There is no motion" in refusal(build_character())


def test_an_armature_that_is_no_human_being(motion: str):
    names = {"pelvis": "Base", "spine1": "Arm1", "spine2": "Arm2", "spine3": "Claw"}
    rig = build_character("Crane", names=names)
    assert "not recognised as a person" in refusal(rig, motion)
    # then they can be chosen by hand
    chosen = choices.of(bpy.context.scene)
    assert chosen.shown_target == rig
    assert [item.bone for item in chosen.bones] == [""] * len(chosen.bones)
    {item.name: item for item in chosen.bones}["spine"].bone = "Arm1"
    assert "hips" in refusal(rig, motion)


def test_two_people_in_one_armature(motion: str):
    rig, other = build_character("One"), build_character("Two")
    other.location = (2.0, 0.0, 0.0)
    bpy.ops.object.select_all(action="DESELECT")
    other.select_set(True)
    rig.select_set(True)
    bpy.context.view_layer.objects.active = rig
    bpy.ops.object.join()
    assert "more than one person" in refusal(rig, motion)


def test_an_object_scaled_to_nothing(motion: str):
    rig = build_character()
    rig.scale = (0.0, 0.0, 0.0)
    bpy.context.view_layer.update()
    assert "scaled to nothing" in refusal(rig, motion)


def test_a_rig_that_is_being_edited(motion: str):
    rig = build_character()
    choices.of(bpy.context.scene).target = rig
    bpy.ops.object.mode_set(mode="EDIT")
    assert "Edit Mode" in refusal(rig, motion)
    bpy.ops.object.mode_set(mode="OBJECT")


def test_an_armature_without_bones(motion: str):
    rig = bpy.data.objects.new("Empty", bpy.data.armatures.new("Empty"))
    bpy.context.scene.collection.objects.link(rig)
    assert "no bones" in refusal(rig, motion)


def test_an_empty_action(motion: str):
    source, rig = build_character("Source"), build_character("Target")
    source.animation_data_create().action = bpy.data.actions.new("Empty")
    choices.of(bpy.context.scene).source = source
    assert "Source doesn't move" in refusal(rig)


def test_motion_and_character_are_the_same(motion: str):
    rig = build_character()
    chosen = choices.of(bpy.context.scene)
    chosen.source = chosen.target = rig
    assert "both motion and character" in refusal(rig)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("gone.npz", None, "no file"),
        ("damaged.npz", b"PK\x03\x04 no zip", "can't be read"),
        ("damaged.bvh", b"HIERARCHY\nROOT", "MOTION"),
        ("dance.fbx", b"", "no motion file"),
    ],
)
def test_motion_files_that_are_none(tmp_path: Path, name: str, content: bytes | None, said: str):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    assert said in refusal(build_character(), str(tmp_path / name))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("Frame Time: 0.0", "Frame Time: -0.0", "Frame Time of -0.0"),
        ("Frame Time: 0.0", "Frame Time: 9.0", "Frame Time of 9.0"),
        ("Frame Time: 0.0", "Frame Time: 0.0000", "Frame Time of 0.0000"),
        ("Frame Time: 0.0", "Frame Time: nan\n0.0", "Frame Time of nan"),
        ("Yrotation", "Wrotation", "channel wrotation"),
        ("OFFSET 0.0", "OFFSET inf ", "OFFSET inf"),
    ],
)
def test_bvh_files_that_cannot_be(tmp_path: Path, old: str, new: str, said: str):
    write_bvh(contact_motion(3).motion, load_body("free"), tmp_path / "a.bvh")
    text = (tmp_path / "a.bvh").read_text()
    assert old in text
    (tmp_path / "a.bvh").write_text(text.replace(old, new, 1))
    assert said in refusal(build_character(), str(tmp_path / "a.bvh"))


def test_presets_nested_beyond_reason_are_passed_over(
    tmp_path: Path, motion: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(presets, "folder", lambda create=False: tmp_path)
    (tmp_path / "deep.json").write_text("[" * 100_000)
    with pytest.raises(RecoveryError, match="can't be read"):
        presets.load_preset(tmp_path / "deep.json")
    rig = build_character()
    rig.select_set(True)
    choices.of(bpy.context.scene).file = motion
    assert bpy.ops.human_mesh_recovery.retarget() == {"FINISHED"}


@pytest.mark.parametrize(
    "told",
    ["[" * 100_000, '{"extensions": {"VRM": {"humanoid": {"humanBones": [{"bone": "hips", "node": 0}]}}}, '
     '"nodes": [{"name": ["Hips"]}]}'],
)  # fmt: skip
def test_vrm_files_that_are_none_name_no_bones(tmp_path: Path, told: str):
    length = len(told).to_bytes(4, "little")
    (tmp_path / "a.vrm").write_bytes(b"glTF\x02\0\0\0\0\0\0\0" + length + b"JSON" + told.encode())
    assert vrm.mapping_in_file(tmp_path / "a.vrm", read_skeleton(build_character())) is None


def test_presets_that_are_none(tmp_path: Path, motion: str):
    rig = build_character()
    choices.of(bpy.context.scene).target = rig
    for text, said in (("{", "can't be read"), ('{"kind": "other"}', "no such preset")):
        (tmp_path / "bad.json").write_text(text)
        with pytest.raises(RuntimeError, match=said):
            bpy.ops.human_mesh_recovery.load_bones(filepath=str(tmp_path / "bad.json"))
    kind = '{"kind": "human_mesh_recovery bones", "bones": {"hips": ["Pelvis"]}}'
    (tmp_path / "other.json").write_text(kind)
    with pytest.raises(RuntimeError, match="no bone Pelvis"):
        bpy.ops.human_mesh_recovery.load_bones(filepath=str(tmp_path / "other.json"))


def test_a_linked_character_is_refused_and_an_overridden_one_is_not(tmp_path: Path, motion: str):
    build_character("Linked")
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "library.blend"))
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    with bpy.data.libraries.load(str(tmp_path / "library.blend"), link=True) as (_, taken):
        taken.objects = ["Linked", "Linked Skin"]
    for made in taken.objects:
        bpy.context.scene.collection.objects.link(made)
    rig: Any = taken.objects[0]
    assert "Library Override" in refusal(rig, motion)
    bpy.context.view_layer.objects.active = rig
    override = rig.override_hierarchy_create(bpy.context.scene, bpy.context.view_layer)
    for made in bpy.context.view_layer.objects:
        made.select_set(made == override)
    bpy.context.view_layer.objects.active = override
    chosen = choices.of(bpy.context.scene)
    chosen.target = None
    assert bpy.ops.human_mesh_recovery.retarget() == {"FINISHED"}
    assert chosen.shown_target == override
    bpy.context.scene.frame_set(15)
    assert np.abs(pose_of(override) - np.eye(4)).max() > 0.1
    assert bpy.ops.human_mesh_recovery.bake_retarget() == {"FINISHED"}
    assert override.animation_data.action.library is None


def test_every_bone_of_the_made_up_character_is_known(motion: str):
    rig = build_character()
    bpy.context.view_layer.objects.active = rig
    rig.select_set(True)
    chosen = choices.of(bpy.context.scene)
    chosen.file = motion
    assert bpy.ops.human_mesh_recovery.retarget() == {"FINISHED"}
    assert sum(bool(item.bone) for item in chosen.bones) == len(MIXAMO)
