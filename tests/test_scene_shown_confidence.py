"""Show Confidence: bodies and viewports in the colours of the confidence, and as they were again; in each Blender."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

bpy = pytest.importorskip("bpy", reason="Blender as a Python module is not installed")

from human_mesh_recovery.blender_addon import building, compat, settings, unsure
from human_mesh_recovery.blender_addon.scene import colouring, export, materials
from human_mesh_recovery.blender_addon.scene.people import find_person
from human_mesh_recovery.blender_addon.viewport_colours import KEPT
from human_mesh_recovery.inference_server.body.files import load_body
from human_mesh_recovery.inference_server.motion import Motion, save_motion
from human_mesh_recovery.tests import addon_session
from human_mesh_recovery.tests.scene_samples import guessing, walking, write_small_body

KINDS = ("objects", "meshes", "materials", "node_groups", "actions", "armatures")


@pytest.fixture(autouse=True)
def _session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with addon_session.session(tmp_path / "results", monkeypatch):
        bpy.context.scene.render.fps = 30
        yield


@pytest.fixture
def small(tmp_path: Path) -> str:
    write_small_body(tmp_path / "small.npz")
    return str(tmp_path / "small.npz")


def opened(folder: Path, motion: Motion) -> Any:
    """The result of a motion, opened from its file."""
    save_motion(motion, folder / "motion.npz")
    bpy.ops.human_mesh_recovery.open_result(filepath=str(folder / "motion.npz"))
    return chosen().results[-1]


def chosen() -> settings.RecoverySettings:
    return settings.of(bpy.context.scene)


def person_of(result: Any) -> Any:
    return find_person(result.people[0].rig.name)


def counts() -> dict[str, int]:
    return {kind: len(getattr(bpy.data, kind)) for kind in KINDS}


def colour_types() -> list[str]:
    return [
        space.shading.color_type
        for screen in bpy.data.screens
        for area in screen.areas
        for space in area.spaces
        if space.type == "VIEW_3D"
    ]


def shown(figure: Any) -> np.ndarray:
    """(V, 4) the evaluated mesh's colours at the current frame, linear."""
    mesh = figure.evaluated_get(bpy.context.evaluated_depsgraph_get()).data
    assert mesh.color_attributes.active_color.name == colouring.NAME
    colours = np.empty(4 * len(mesh.vertices), dtype=np.float32)
    mesh.attributes[colouring.NAME].data.foreach_get("color", colours)
    return colours.reshape(-1, 4)


def largest_difference(figure: Any, motion: Motion, steps: dict[int, int]) -> float:
    """Between the colours that are shown and the weights' blend of the joints'; steps: a row at a scene frame."""
    assert motion.confidence is not None
    ramp = np.array([materials.linear(colour) for _, colour in colouring.RAMP])
    places = [place for place, _ in colouring.RAMP]
    worst = 0.0
    for frame, row in steps.items():
        bpy.context.scene.frame_set(frame)
        blend = load_body(motion.body).weights @ motion.confidence[row]
        expected = np.stack([np.interp(blend, places, ramp[:, channel]) for channel in range(4)], axis=1)
        worst = max(worst, float(np.abs(shown(figure) - expected).max()))
    return worst


def test_the_mesh_has_the_weights_blend_at_each_frame(tmp_path: Path):
    motion = guessing(12)
    result = opened(tmp_path, motion)
    chosen().show_confidence = True
    assert largest_difference(person_of(result).figure, motion, {1: 0, 4: 3, 12: 11, 6: 5}) < 1e-5
    assert set(colour_types()) == {"VERTEX"}


def test_a_still_is_coloured_too(tmp_path: Path, small: str):
    motion = guessing(1, body=small)
    result = opened(tmp_path, motion)
    chosen().show_confidence = True
    assert largest_difference(person_of(result).figure, motion, {1: 0, 30: 0}) < 1e-5


def test_switched_off_all_is_as_it_was(tmp_path: Path, small: str):
    result = opened(tmp_path, guessing(5, body=small))
    figure = person_of(result).figure
    figure.data.color_attributes.new("Mine", "BYTE_COLOR", "CORNER")
    figure.data.attributes.active_color_name = "Mine"
    view = next(area for area in bpy.data.screens[0].areas if area.type == "VIEW_3D")
    view.spaces.active.shading.color_type = "RANDOM"
    before = counts(), colour_types(), list(figure.modifiers.keys()), dict(figure.data.items())
    for _ in range(2):
        chosen().show_confidence = True
        assert colouring.is_coloured(figure)
        assert figure.data.attributes.active_color_name == colouring.NAME
        chosen().show_confidence = False
        assert not colouring.is_coloured(figure)
        assert figure.data.attributes.active_color_name == "Mine"
        assert figure.animation_data is None
        after = counts(), colour_types(), list(figure.modifiers.keys()), dict(figure.data.items())
        assert after == before
    assert not any(KEPT in screen for screen in bpy.data.screens)


def test_a_colour_chosen_meanwhile_stays(tmp_path: Path, small: str):
    opened(tmp_path, guessing(5, body=small))
    chosen().show_confidence = True
    view = next(area for area in bpy.data.screens[0].areas if area.type == "VIEW_3D")
    view.spaces.active.shading.color_type = "SINGLE"
    before = colour_types()
    chosen().show_confidence = False
    assert [each for each in colour_types() if each == "SINGLE"] == ["SINGLE"]
    assert "VERTEX" in before
    assert "VERTEX" not in colour_types()


def test_undo_and_redo_take_the_viewports_along(tmp_path: Path, small: str):
    opened(tmp_path, guessing(5, body=small))
    before = colour_types()
    bpy.ops.ed.undo_push(message="Before")
    chosen().show_confidence = True
    bpy.ops.ed.undo_push(message="Show Confidence")
    bpy.ops.ed.undo()
    assert not chosen().show_confidence
    assert not bpy.data.node_groups
    assert colour_types() == before
    bpy.ops.ed.redo()
    assert chosen().show_confidence
    assert colouring.is_coloured(person_of(chosen().results[0]).figure)
    assert set(colour_types()) == {"VERTEX"}


def test_fitting_again_goes_on_with_the_new_colours(tmp_path: Path, small: str):
    result = opened(tmp_path, guessing(6, body=small))
    before = colour_types()
    chosen().show_confidence = True
    for motion in (guessing(9, body=small, seed=8), guessing(4, seed=9)):  # of another body, too
        save_motion(motion, tmp_path / "motion.npz")
        building.rebuild(bpy.context.scene, result)
        assert largest_difference(person_of(result).figure, motion, {1: 0, 4: 3}) < 1e-5
        assert len(bpy.data.node_groups) == 1
    save_motion(replace(motion, confidence=None), tmp_path / "motion.npz")
    building.rebuild(bpy.context.scene, result)
    assert not colouring.is_coloured(person_of(result).figure)
    assert colour_types() == before


def test_newcomers_are_coloured_and_strangers_to_it_are_not(tmp_path: Path, small: str):
    opened(tmp_path, guessing(5, body=small))
    chosen().show_confidence = True
    motion = guessing(7, body=small, seed=4)
    assert largest_difference(person_of(opened(tmp_path, motion)).figure, motion, {1: 0, 5: 4}) < 1e-5
    stranger = opened(tmp_path, walking(5, body=small))
    assert not colouring.is_coloured(person_of(stranger).figure)


def test_removing_somebody_leaves_nothing(tmp_path: Path, small: str):
    before = counts(), colour_types()
    motion = replace(guessing(5, body=small), camera=None)
    opened(tmp_path, motion)
    chosen().show_confidence = True
    bpy.ops.human_mesh_recovery.remove_person(number=0)
    assert (counts(), colour_types()) == before
    opened(tmp_path, motion)
    assert set(colour_types()) == {"VERTEX"}
    bpy.ops.human_mesh_recovery.remove_result()
    assert (counts(), colour_types()) == before


def test_a_glb_is_the_same_while_it_is_shown(tmp_path: Path, small: str):
    person = person_of(opened(tmp_path, guessing(5, body=small)))
    written = []
    for is_shown in (False, True):
        chosen().show_confidence = is_shown
        export.export_glb([person], tmp_path / "person.glb")
        data = (tmp_path / "person.glb").read_bytes()
        end = 20 + int.from_bytes(data[12:16], "little")  # of the description; the numbers follow
        written.append((data[:end], np.frombuffer(data, dtype=np.float32, offset=end)))
    assert written[0][0] == written[1][0]
    assert np.array_equal(written[0][1], written[1][1], equal_nan=True)


def test_the_buttons_go_from_stretch_to_stretch(tmp_path: Path, small: str):
    motion = guessing(60, body=small)
    confidence = np.ones((60, 24), dtype=np.float32)
    confidence[10:21, 20] = 0.1  # left_wrist
    confidence[40:51, [4, 7]] = 0.3, 0.2  # left_knee, left_ankle
    result = opened(tmp_path, replace(motion, confidence=confidence))
    rig = result.people[0].rig
    scene = bpy.context.scene
    first = scene.frame_start
    looked = unsure.look(bpy.context)
    assert looked is not None
    assert [unsure.sentence(each) for each in looked.stretches] == [
        f"Left wrist, frames {first + 10}-{first + 20}",
        f"Left knee and ankle, frames {first + 40}-{first + 50}",
    ]
    scene.frame_set(first)
    operators = bpy.ops.human_mesh_recovery
    operators.next_unsure()
    assert scene.frame_current == first + 15
    bpy.context.view_layer.objects.active = rig
    bpy.ops.object.mode_set(mode="POSE")
    operators.next_unsure()
    assert scene.frame_current == first + 45
    selected = {bone.name for bone in bpy.context.selected_pose_bones}
    assert selected == {"left_knee", "left_ankle"}
    assert rig.data.bones.active.name == "left_ankle"
    assert operators.next_unsure() == {"CANCELLED"}
    operators.previous_unsure()
    assert scene.frame_current == first + 15
    compat.select_bones(rig, [])
    assert not bpy.context.selected_pose_bones
    bpy.ops.object.mode_set(mode="OBJECT")
