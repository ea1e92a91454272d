"""The confidence of the joints as curves on their bones, and what it must not disturb; in each Blender."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

bpy = pytest.importorskip("bpy", reason="Blender as a Python module is not installed")

from human_mesh_recovery.blender_addon import compat
from human_mesh_recovery.blender_addon.scene import confidence, export, recovered
from human_mesh_recovery.blender_addon.scene.build import build_scene
from human_mesh_recovery.blender_addon.scene.timeline import Timeline, plan
from human_mesh_recovery.inference_server.body.skeleton import JOINT_NAMES
from human_mesh_recovery.inference_server.motion import Motion
from human_mesh_recovery.tests.scene_samples import guessing, walking, write_small_body

STAMP = 64
"""Bytes of an FBX that may differ from one writing to the next: when it was written."""


@pytest.fixture(autouse=True)
def _empty_file():
    bpy.ops.wm.read_factory_settings(use_empty=True)


@pytest.fixture
def small(tmp_path: Path) -> str:
    write_small_body(tmp_path / "small.npz")
    return str(tmp_path / "small.npz")


def add(motion: Motion, timeline: Timeline | None = None):
    made = recovered.add_recovered(bpy.context.scene, "clip", [motion], timeline or plan([motion]), False)
    return made.people[0].rig


def values(rig) -> np.ndarray:
    """(24,) the bones' properties at the current frame, as what is animated sees them."""
    bones = rig.evaluated_get(bpy.context.evaluated_depsgraph_get()).pose.bones
    return np.array([bones[name][confidence.PROPERTY] for name in JOINT_NAMES])


def largest_difference(rig, expected: dict[int, np.ndarray]) -> float:
    worst = 0.0
    for frame, row in expected.items():
        bpy.context.scene.frame_set(frame)
        worst = max(worst, float(np.abs(values(rig) - row).max()))
    return worst


def groups(rig) -> dict[str, int]:
    """How many curves each group has."""
    named = [curve.group.name for curve in compat.curves_of(rig)]
    return {name: named.count(name) for name in named}


def known(motion: Motion) -> np.ndarray:
    assert motion.confidence is not None
    return motion.confidence


def test_the_curves_are_the_motion_s_confidence(small: str):
    motion = guessing(20, first=7, body=small)
    rig = add(motion, plan([motion], first_frame=5))
    assert largest_difference(rig, {frame: known(motion)[frame - 5] for frame in range(5, 25)}) < 1e-6
    assert groups(rig)["Confidence"] == 24
    assert groups(rig)["left_wrist"] == 4
    shown = rig.pose.bones["left_wrist"].id_properties_ui("confidence").as_dict()
    assert (shown["min"], shown["max"]) == (0.0, 1.0)
    assert shown["description"]
    assert len(bpy.data.actions) == 2  # with the corrections of the mesh


def test_resampled_and_reversed_time_has_them_too(small: str):
    motion = guessing(12, body=small)
    half = add(motion, plan([motion], scene_fps=60.0))
    rows = known(motion)
    between = (rows[3] + rows[4]) / 2
    assert largest_difference(half, {1: rows[0], 7: rows[3], 8: between, 9: rows[4], 23: rows[11]}) < 1e-6
    back = add(motion, Timeline(30.0, 50, np.arange(11.0, -1.0, -1.0)))
    assert largest_difference(back, {50: rows[11], 55: rows[6], 61: rows[0]}) < 1e-6


def test_they_are_read_back_as_they_are_now(small: str):
    motion = guessing(20, body=small)
    rig = add(motion, plan([motion], first_frame=3))
    found = confidence.read_confidence(rig)
    assert found is not None
    assert found[0] == 3
    assert np.abs(found[1] - known(motion)).max() < 1e-6
    for curve in compat.curves_of(rig):
        for point in curve.keyframe_points:
            point.co.x += 10
    found = confidence.read_confidence(rig)
    assert found is not None
    assert (found[0], found[1].shape) == (13, (20, 24))


def test_a_still_has_the_value_alone(small: str):
    motion = guessing(1, body=small)
    rig = add(motion)
    assert "Confidence" not in groups(rig)
    assert largest_difference(rig, {1: known(motion)[0], 9: known(motion)[0]}) < 1e-6
    found = confidence.read_confidence(rig)
    assert found is not None
    assert found[1].shape == (1, 24)


def test_a_motion_without_confidence_has_none(small: str):
    rig = add(walking(5, body=small))
    assert "Confidence" not in groups(rig)
    assert not confidence.has_confidence(rig)
    assert confidence.read_confidence(rig) is None


def test_rebuilding_replaces_them(small: str):
    motion = guessing(10, body=small)
    rig = add(motion)
    rotations = {name: count for name, count in groups(rig).items() if name != "Confidence"}
    other = guessing(14, seed=5, body=small)
    recovered.rebuild_person(rig.name, other, plan([other]))
    assert largest_difference(rig, {frame: known(other)[frame - 1] for frame in (1, 7, 14)}) < 1e-6
    recovered.rebuild_person(rig.name, replace(other, confidence=None), plan([other]))
    assert not confidence.has_confidence(rig)
    assert groups(rig) == rotations
    recovered.rebuild_person(rig.name, motion, plan([motion]))
    assert groups(rig) == rotations | {"Confidence": 24}


@pytest.mark.parametrize("ending", [".glb", ".fbx"])
def test_exports_are_as_without(tmp_path: Path, small: str, ending: str):
    motion = guessing(10, body=small)
    written = []
    for each in (replace(motion, confidence=None), motion):
        bpy.ops.wm.read_factory_settings(use_empty=True)
        path = tmp_path / f"person{ending}"
        export.WRITERS[ending](build_scene([each]), path)
        written.append(np.frombuffer(path.read_bytes(), dtype=np.uint8))
    without, with_it = written
    assert len(without) == len(with_it)
    assert (without != with_it).sum() <= (STAMP if ending == ".fbx" else 0)
