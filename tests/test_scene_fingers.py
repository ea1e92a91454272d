"""Fingers in a scene: as many bones, keys and weights as it takes, only where a motion knows them; in each Blender."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

bpy = pytest.importorskip("bpy", reason="Blender as a Python module is not installed")

from human_mesh_recovery.blender_addon import compat
from human_mesh_recovery.blender_addon.scene import colouring, confidence, export, people
from human_mesh_recovery.blender_addon.scene.build import Person, build_scene
from human_mesh_recovery.blender_addon.scene.timeline import plan
from human_mesh_recovery.inference_server.body import rotation
from human_mesh_recovery.inference_server.body.files import load_body
from human_mesh_recovery.inference_server.body.model import forward_kinematics, pose_body, rest_rig
from human_mesh_recovery.inference_server.body.skeleton import (
    FINGER_NAMES,
    JOINT_NAMES,
    RIG_NAMES,
    RIG_PARENTS,
)
from human_mesh_recovery.inference_server.motion import Motion
from human_mesh_recovery.tests.scene_samples import guessing, walking, write_small_body

FRAMES = 14


@pytest.fixture(autouse=True)
def _empty_file():
    bpy.ops.wm.read_factory_settings(use_empty=True)


def grasping(count: int = FRAMES, seed: int = 0, motion: Motion | None = None) -> Motion:
    """Somebody who walks, every finger moving."""
    swing = np.sin(np.arange(count) / 4)[:, None, None]
    hands = np.random.default_rng(seed).normal(0, 0.4, (1, 30, 3)) * (1 + swing) / 2
    return replace(motion or walking(count), hand_poses=hands)


def vertices(person: Person) -> np.ndarray:
    """(V, 3) as Blender evaluates them at the current frame, in the world."""
    evaluated = person.figure.evaluated_get(bpy.context.evaluated_depsgraph_get())
    points = np.array([vertex.co for vertex in evaluated.data.vertices])
    matrix = np.array(evaluated.matrix_world)
    return points @ matrix[:3, :3].T + matrix[:3, 3]


def largest_difference(person: Person, motion: Motion) -> float:
    """Metres between Blender's body and the numpy body."""
    expected, _ = pose_body(
        load_body(motion.body), motion.poses, motion.betas, motion.trans, motion.hand_poses
    )
    worst = 0.0
    for row in (0, len(motion.poses) // 2, len(motion.poses) - 1):
        bpy.context.scene.frame_set(1 + row)
        worst = max(worst, float(np.abs(vertices(person) - expected[row]).max()))
    return worst


def test_fingers_bend_in_blender_as_in_numpy():
    motion = grasping()
    (person,) = build_scene([motion])
    assert [bone.name for bone in person.rig.data.bones if bone.name in FINGER_NAMES] != []
    assert {bone.name for bone in person.rig.data.bones} == set(RIG_NAMES)
    assert largest_difference(person, motion) < 1e-4


def test_a_finger_s_quaternion_is_its_joint_s_own_rotation():
    motion = grasping()
    (person,) = build_scene([motion])
    bpy.context.scene.frame_set(5)
    assert motion.hand_poses is not None
    expected = rotation.axis_angle_to_quaternion(motion.hand_poses[4])
    for index, name in enumerate(FINGER_NAMES):
        bone = person.rig.pose.bones[name]
        assert abs(np.dot(bone.rotation_quaternion, expected[index])) == pytest.approx(1, abs=1e-6), name
        assert bone.bone.parent.name == RIG_NAMES[RIG_PARENTS[len(JOINT_NAMES) + index]]
        rest = np.array(bone.bone.matrix_local.to_3x3())
        np.testing.assert_allclose(rest, np.eye(3), atol=1e-6, err_msg="along +Y, without roll")
    assert not person.rig.data.bones["left_hand"].use_deform


def test_people_whose_fingers_are_not_known_are_as_before():
    (person,) = build_scene([walking(FRAMES)])
    assert {bone.name for bone in person.rig.data.bones} == set(JOINT_NAMES)
    assert {group.name for group in person.figure.vertex_groups} == set(JOINT_NAMES)
    assert person.rig.data.bones["left_hand"].use_deform
    assert not any(name in curve.data_path for curve in compat.curves_of(person.rig) for name in FINGER_NAMES)


def test_a_body_without_fingers_stays_without(tmp_path: Path):
    write_small_body(tmp_path / "small.npz")
    motion = grasping(motion=walking(FRAMES, body=str(tmp_path / "small.npz")))
    (person,) = build_scene([motion])
    assert {bone.name for bone in person.rig.data.bones} == set(JOINT_NAMES)
    assert largest_difference(person, motion) < 1e-4


def test_a_person_gets_fingers_and_loses_them_again():
    with_fingers, without = grasping(), walking(FRAMES)
    (person,) = build_scene([without])
    person.figure["mine"] = 3
    for motion in (with_fingers, grasping(seed=2), without):
        people.rebuild_person(person.rig.name, motion, plan([motion]))
        assert largest_difference(person, motion) < 1e-4
        names = set(JOINT_NAMES if motion is without else RIG_NAMES)
        assert {bone.name for bone in person.rig.data.bones} == names
        assert {group.name for group in person.figure.vertex_groups} == names
        paths = {curve.data_path for curve in compat.curves_of(person.rig)}
        assert len([path for path in paths if path.endswith("rotation_quaternion")]) == len(names)
    assert person.figure["mine"] == 3


def test_fingers_are_as_sure_as_their_hand():
    motion = grasping(motion=guessing(FRAMES))
    (person,) = build_scene([motion])
    colouring.colour(person)
    bpy.context.scene.frame_set(1)
    evaluated = person.figure.evaluated_get(bpy.context.evaluated_depsgraph_get())
    colours = np.array([point.color for point in evaluated.data.attributes[colouring.NAME].data])
    fingers = load_body("free").fingers
    assert fingers is not None
    for side, tips in (("left", fingers.tips[:5]), ("right", fingers.tips[5:])):
        index = person.rig.pose.bones[f"{side}_index3"]
        assert confidence.PROPERTY not in index
        assert (np.ptp(colours[tips], axis=0) < 1e-4).all()
    assert (np.abs(colours[fingers.tips[0]] - colours[fingers.tips[5]]) > 1e-3).any()
    colouring.uncolour(person.figure)
    assert not colouring.is_coloured(person.figure)


@pytest.mark.parametrize("ending", [".glb", ".fbx"])
def test_fingers_come_back_from_exchange_formats(tmp_path: Path, ending: str):
    motion = grasping()
    path = tmp_path / f"hands{ending}"
    export.WRITERS[ending](build_scene([motion]), path)
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.context.scene.render.fps = 30
    if ending == ".glb":
        bpy.ops.import_scene.gltf(filepath=str(path))
    else:
        bpy.ops.import_scene.fbx(filepath=str(path))
    rig = next(made for made in bpy.data.objects if made.type == "ARMATURE")
    assert motion.hand_poses is not None
    poses = np.concatenate([motion.poses, motion.hand_poses], axis=1)
    rest = rest_rig(load_body("free"), motion.betas)
    matrices = rotation.axis_angle_to_matrix(poses)
    _, places = forward_kinematics(matrices, rest, RIG_PARENTS)
    start = rig.animation_data.action.frame_range[0]
    for row in (0, 7, FRAMES - 1):
        bpy.context.scene.frame_set(round(start) + row)
        evaluated = rig.evaluated_get(bpy.context.evaluated_depsgraph_get())
        found = [evaluated.matrix_world @ evaluated.pose.bones[name].head for name in RIG_NAMES]
        assert np.abs(np.array(found) - places[row] - motion.trans[row]).max() < 2e-3
