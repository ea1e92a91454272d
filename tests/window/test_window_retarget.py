"""A real Blender window: a person and a character are selected, Retarget is pressed, the character moves."""

import os
from pathlib import Path

import pytest

from human_mesh_recovery.inference_server.motion import save_motion
from human_mesh_recovery.scripts.retargeting.contact_motion import contact_motion

from .blender_window import BlenderWindow

CHARACTERS = Path(__file__).resolve().parents[3] / "shared" / "characters"
FEMALE = "m2m_human-female.glb"
RETARGET, BAKE = "bpy.ops.human_mesh_recovery.retarget(", "bpy.ops.human_mesh_recovery.bake_retarget("
FRAMES, SQUAT = 120, 47
SET_UP = """
bpy.data.objects.remove(bpy.data.objects['Cube'])
bpy.context.scene.render.fps = 30
bpy.ops.human_mesh_recovery.open_result(filepath={motion!r})
bpy.ops.import_scene.gltf(filepath={character!r})
hero = next(o for o in bpy.context.scene.objects if o.type == 'ARMATURE' and 'Person' not in o.name)
person = bpy.data.objects['Person 1 Rig']
person.location.x = -1.2
for o in bpy.context.view_layer.objects:
    o.select_set(o in (hero, person))
bpy.context.view_layer.objects.active = hero
bpy.context.scene.frame_set({frame})
view = area('VIEW_3D').spaces.active
view.region_3d.view_perspective = 'PERSP'
view.region_3d.view_location = (-0.6, 0, 0.9)
view.region_3d.view_rotation = (0.76, 0.62, 0.13, 0.16)
view.region_3d.view_distance = 5.5
view.overlay.show_bones = False
bpy.ops.ed.undo_push(message='Set up')
"""
HIPS = (
    "[round(value, 4) for o in bpy.context.scene.objects if o.type == 'ARMATURE' and 'Person' not in o.name "
    "for value in o.matrix_world @ o.pose.bones['pelvis'].head]"
)
ACTIONS = "sorted(action.name for action in bpy.data.actions)"


@pytest.mark.skipif(not (CHARACTERS / FEMALE).is_file(), reason=f"{CHARACTERS}, the characters, is not here")
def test_a_character_does_what_the_person_does_after_one_press(window: BlenderWindow):
    save_motion(contact_motion(FRAMES).motion, window.run.folder / "contact.npz")
    character = window.run.bring(CHARACTERS / FEMALE)
    window.ask(SET_UP.format(motion=window.run.inside("contact.npz"), character=character, frame=SQUAT))
    standing = window.ask(HIPS)
    steps = len(window.ask("undo_steps()"))
    actions = window.ask(ACTIONS)
    window.open_tab("Recover")
    window.screenshot("retarget before")
    window.presses = 0
    window.click(window.find_button(RETARGET))
    window.wait_for(f"{HIPS}[2] < {standing[2]} - 0.2", 20)
    assert window.presses == 1
    assert len(window.ask("undo_steps()")) == steps + 1
    window.move(window.middle("VIEW_3D"))
    window.screenshot("retarget shown")

    window.key("ctrl+z", window.middle("VIEW_3D"))
    window.wait_for(f"{HIPS} == {standing} and {ACTIONS} == {actions}", 10)
    window.key("ctrl+shift+z", window.middle("VIEW_3D"))
    window.wait_for(f"{HIPS}[2] < {standing[2]} - 0.2", 10)

    window.ask("bpy.context.scene.human_mesh_recovery.retarget.place = 'source'")
    window.wait_for(f"{HIPS}[0] < -1.0", 10)  # at the frame that is shown
    window.ask("bpy.context.scene.human_mesh_recovery.retarget.place = 'character'")
    window.wait_for(f"{HIPS}[0] > -0.5", 10)
    window.click(window.find_button(BAKE))
    window.wait_for("not module('blender_addon.retarget.live').is_shown(bpy.context.scene)", 20)
    assert len(window.ask(ACTIONS)) == len(actions) + 1
    squat = window.ask(HIPS)
    assert squat[2] < standing[2] - 0.2
    window.ask(f"bpy.context.scene.frame_set({FRAMES})")
    assert abs(window.ask(HIPS)[2] - standing[2]) < 0.1
    window.move(window.middle("VIEW_3D"))
    window.screenshot("retarget baked")
    os.unlink(window.run.folder / "contact.npz")
