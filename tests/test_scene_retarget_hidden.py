"""`recover-mesh retarget` with characters that are hidden in their file: what is written has them, whole."""

from pathlib import Path
from typing import Any

import pytest

bpy = pytest.importorskip("bpy", reason="Blender as a Python module is not installed")

from human_mesh_recovery.blender_addon.retarget import convert, onto
from human_mesh_recovery.blender_addon.retarget.retargeted import Settings
from human_mesh_recovery.blender_addon.scene import export
from human_mesh_recovery.inference_server.errors import RecoveryError
from human_mesh_recovery.inference_server.motion import save_motion
from human_mesh_recovery.scripts.retargeting.contact_motion import contact_motion
from human_mesh_recovery.tests.made_up_characters import build_character


def hide(how: str, hero: Any) -> None:
    """Hides a character and its skin in one of Blender's ways."""
    objects = [hero, *hero.children]
    if how == "eye":
        for made in objects:
            made.hide_set(True)
    elif how == "viewport":
        for made in objects:
            made.hide_viewport = made.hide_select = True
    else:
        collection = bpy.data.collections.new("Characters")
        bpy.context.scene.collection.children.link(collection)
        for made in objects:
            bpy.context.scene.collection.objects.unlink(made)
            collection.objects.link(made)
        layer = bpy.context.view_layer.layer_collection.children["Characters"]
        collection.hide_viewport, layer.exclude = how == "hidden collection", how == "excluded collection"


@pytest.mark.parametrize("how", ["eye", "viewport", "hidden collection", "excluded collection"])
@pytest.mark.parametrize("ending", [".glb", ".fbx", ".blend"])
def test_a_hidden_character_is_written_with_its_rig_and_motion(tmp_path: Path, how: str, ending: str):
    save_motion(contact_motion(10).motion, tmp_path / "contact.npz")
    bpy.ops.wm.read_factory_settings(use_empty=True)
    hero = build_character()
    hero.location.x = 1.0
    hide(how, hero)
    export.save_blend(tmp_path / "hero.blend")
    output = tmp_path / f"out{ending}"
    wish = convert.Wish(
        tmp_path / "contact.npz", tmp_path / "hero.blend", output, Settings(), onto.Controls()
    )
    convert.convert(wish)
    bpy.ops.wm.read_factory_settings(use_empty=True)
    if ending == ".blend":
        bpy.ops.wm.open_mainfile(filepath=str(output))
        hero = bpy.data.objects["Hero"]
        assert (hero.visible_get(), "Shown" in bpy.data.collections) == (False, False)
    elif ending == ".fbx":
        bpy.ops.import_scene.fbx(filepath=str(output))
    else:
        bpy.ops.import_scene.gltf(filepath=str(output))
    (rig,) = (made for made in bpy.data.objects if made.type == "ARMATURE")
    skins = [made for made in bpy.data.objects if made.type == "MESH" and made.modifiers]
    assert [skin.modifiers[0].object for skin in skins] == [rig]
    assert rig.animation_data.action is not None
    assert "LeftArm" in rig.pose.bones


def test_what_cannot_be_selected_is_told(tmp_path: Path):
    bpy.ops.wm.read_factory_settings(use_empty=True)
    hero = build_character()
    hero.hide_set(True)
    with pytest.raises(RecoveryError, match="Hero is hidden"):
        export.export_character([hero, *hero.children], tmp_path / "out.glb")
    assert list(tmp_path.iterdir()) == []
