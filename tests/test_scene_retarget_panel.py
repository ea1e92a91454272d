"""The Retarget panel: what it says before, after, and where something went wrong."""

from types import SimpleNamespace
from typing import Any

import pytest

bpy = pytest.importorskip("bpy", reason="Blender as a Python module is not installed")

from human_mesh_recovery.blender_addon.panels import retarget as panel
from human_mesh_recovery.blender_addon.retarget import choices
from human_mesh_recovery.blender_addon.scene import recovered
from human_mesh_recovery.blender_addon.scene.timeline import plan
from human_mesh_recovery.scripts.retargeting.contact_motion import contact_motion
from human_mesh_recovery.tests import addon_session
from human_mesh_recovery.tests.made_up_characters import build_character
from human_mesh_recovery.tests.test_scene_interface import Layout


@pytest.fixture(autouse=True)
def _session():
    addon_session.switch_on()
    yield
    addon_session.switch_off()


def drawn() -> str:
    texts: list[str] = []
    stand: Any = SimpleNamespace(layout=Layout(texts))
    for draw in (panel.draw, panel.draw_bones):
        draw(stand.layout, bpy.context)
    return " ".join(texts)


def test_the_panel_says_what_it_will_use_and_then_what_can_be_changed():
    assert "Select a recovered person, or choose a file" in drawn()
    assert "Select your character" in drawn()
    motion = contact_motion(10).motion
    recovered.add_recovered(bpy.context.scene, "clip", [motion], plan([motion]), False)
    build_character()
    said = drawn()
    assert "Person 1 Rig" in said
    assert "Hero" in said
    assert "Bake" not in said
    bpy.ops.human_mesh_recovery.retarget()
    said = drawn()
    for word in ("Feet", "Travel", "Bake", "Remove", "22 bones recognised as Mixamo", "Left Upper Arm"):
        assert word in said
    assert "Arms" not in said  # of rigs with a choice alone
    chosen = choices.of(bpy.context.scene)
    for name in ("feet", "root", "place", "output"):
        for item in chosen.bl_rna.properties[name].enum_items:
            setattr(chosen, name, item.identifier)
            assert drawn()
            assert item.description


def test_the_panel_says_what_went_wrong():
    hero = build_character()
    chosen = choices.of(bpy.context.scene)
    chosen.target, chosen.file = hero, "/nowhere/dance.npz"
    with pytest.raises(RuntimeError):
        bpy.ops.human_mesh_recovery.retarget()
    assert "/nowhere/dance.npz" in drawn()


def test_a_rest_position_is_told():
    hero = build_character()
    hero.data.pose_position = "REST"
    motion = contact_motion(10).motion
    recovered.add_recovered(bpy.context.scene, "clip", [motion], plan([motion]), False)
    bpy.ops.human_mesh_recovery.retarget()
    assert "Rest Position" in choices.of(bpy.context.scene).note
