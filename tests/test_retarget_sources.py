"""Motions of this program, of AMASS and of any other rig come to the hub, and onto rigs, as they were."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from human_mesh_recovery.blender_addon.retarget.humanoid import BONES, PARENTS, HumanMotion, Mapping
from human_mesh_recovery.blender_addon.retarget.retargeted import Settings
from human_mesh_recovery.blender_addon.retarget.rig_source import from_skeleton
from human_mesh_recovery.blender_addon.retarget.skeleton import Skeleton
from human_mesh_recovery.blender_addon.retarget.solver import retarget
from human_mesh_recovery.blender_addon.retarget.sources import human_motion, smpl_bones
from human_mesh_recovery.blender_addon.retarget.turns import UP, about
from human_mesh_recovery.inference_server.body.skeleton import FINGER_NAMES
from human_mesh_recovery.inference_server.errors import RecoveryError
from human_mesh_recovery.inference_server.motion import load_motion
from human_mesh_recovery.scripts.retargeting.contact_motion import ContactMotion, contact_motion

from .made_up_rigs import angles_between, disguised, made_up_rig, plain_names, world_joints, world_poses
from .retargeted import A_POSE, LYING, ODD_POSE

NAMES = plain_names()
MAPPING = Mapping("made up", NAMES)


@pytest.fixture(scope="module")
def recorded() -> ContactMotion:
    return contact_motion(120)


@pytest.fixture(scope="module")
def person(recorded: ContactMotion) -> HumanMotion:
    return human_motion(recorded.motion)


def test_takes_over_the_joints_of_smpl(recorded: ContactMotion, person: HumanMotion) -> None:
    for number, bone in enumerate(smpl_bones().values()):
        assert person.bones[number] == bone
        np.testing.assert_allclose(person.joints[:, number], recorded.joints[:, number], atol=1e-9)
        np.testing.assert_allclose(person.rotations[:, number], recorded.rotations[:, number], atol=1e-9)
    assert all(
        person.bones.index(PARENTS[bone] or bone) <= number for number, bone in enumerate(person.bones)
    )


def test_stands_on_the_floor_and_faces_ahead_in_the_t_pose(person: HumanMotion) -> None:
    rest = dict(zip(person.bones, person.rest_joints, strict=True))
    assert rest["leftHand"][0] > 0.5 > -0.5 > rest["rightHand"][0]
    assert rest["leftToes"][1] < rest["leftFoot"][1]
    assert 0.02 < rest["leftFoot"][2] < 0.15


def test_fingers_curl_about_their_knuckles(recorded: ContactMotion) -> None:
    poses = np.zeros((120, len(FINGER_NAMES), 3))
    poses[:, FINGER_NAMES.index("left_pinky2"), 2] = -1.0
    moved = human_motion(replace(recorded.motion, hand_poses=poses))
    hand, upper, lower, tip = (
        moved.rotations[:, moved.bones.index(f"left{bone}")]
        for bone in ("Hand", "LittleProximal", "LittleIntermediate", "LittleDistal")
    )
    np.testing.assert_allclose(upper, hand, atol=1e-9)
    np.testing.assert_allclose(lower, tip, atol=1e-9)
    bend = hand.swapaxes(1, 2) @ lower
    np.testing.assert_allclose(
        bend, np.broadcast_to(about(np.array([0.0, -1.0, 0.0]), -1.0), bend.shape), atol=1e-9
    )


def test_shows_the_frames_that_the_scene_does(recorded: ContactMotion, person: HumanMotion) -> None:
    positions = np.arange(10, 20, 0.5)
    shown = human_motion(recorded.motion, positions, fps=60.0, first_frame=101)
    assert shown.fps == 60.0
    np.testing.assert_array_equal(shown.frames, 101 + np.arange(20))
    np.testing.assert_allclose(shown.joints[::2], person.joints[10:20], atol=1e-6)
    np.testing.assert_array_equal(person.frames, 1 + np.arange(120))


def test_a_motion_without_frames_is_refused(recorded: ContactMotion) -> None:
    motion = recorded.motion
    empty = replace(
        motion, poses=motion.poses[:0], trans=motion.trans[:0], frames=motion.frames[:0], hand_poses=None
    )
    with pytest.raises(RecoveryError) as caught:
        human_motion(empty)
    assert caught.value.code == "motion_empty"
    rig = made_up_rig(NAMES)
    with pytest.raises(RecoveryError) as caught:
        from_skeleton(rig, MAPPING, np.zeros((0, len(rig.names), 4, 4)), 30.0, np.zeros(0))
    assert caught.value.code == "motion_empty"
    with pytest.raises(RecoveryError) as caught:
        from_skeleton(rig, MAPPING, np.full((2, len(rig.names), 4, 4), np.nan), 30.0, np.arange(2))
    assert caught.value.code == "motion_damaged"


def recorded_on(rig: Skeleton, person: HumanMotion) -> np.ndarray:
    """(F, B, 4, 4) the poses, in the armature, of a rig that does what the person does."""
    moved = retarget(person, rig, MAPPING, Settings(feet="never", place="source"))
    return np.linalg.inv(rig.to_world) @ world_poses(rig, moved)


@pytest.mark.parametrize("pose", [{}, A_POSE, ODD_POSE], ids=["T", "A", "odd"])
@pytest.mark.parametrize(("scale", "degrees"), [(1.0, 0), (0.01, 180), (0.001194, 136)])
def test_a_rig_gives_back_what_it_was_given(
    person: HumanMotion, pose: dict[str, tuple[float, float, float]], scale: float, degrees: float
) -> None:
    rig = disguised(made_up_rig(NAMES, pose, 11), scale, about(UP, np.radians(degrees)), np.zeros(3), LYING)
    again = from_skeleton(rig, MAPPING, recorded_on(rig, person), 30.0, person.frames)
    assert again.bones == BONES
    for number, bone in enumerate(BONES):
        turned = person.rotations[:, person.bones.index(bone)]
        away = np.linalg.norm(again.rotations[:, number] - turned, axis=(1, 2))
        assert np.degrees(away.max()) < 1.5, bone
    hips = again.joints[:, 0] - person.joints[:, person.bones.index("hips")]
    assert np.ptp(hips, axis=0).max() < 0.02
    feet = [again.bones.index(f"{side}Foot") for side in ("left", "right")]
    assert abs((again.joints[:, feet, 2] - again.rest_joints[feet, 2]).min()) < 0.01


def test_a_rig_that_was_scaled_by_keys_turns_the_same(person: HumanMotion) -> None:
    rig = made_up_rig(NAMES, A_POSE)
    poses = recorded_on(rig, person)
    scaled = poses.copy()
    scaled[..., :3, :3] *= 1.5
    one, other = (from_skeleton(rig, MAPPING, each, 30.0, person.frames) for each in (poses, scaled))
    np.testing.assert_allclose(other.rotations, one.rotations, atol=1e-9)


@pytest.mark.parametrize("unit", [100.0, 39.37])
def test_centimetres_and_inches_become_metres(person: HumanMotion, unit: float) -> None:
    rig = made_up_rig(NAMES, A_POSE)
    large = replace(rig, to_world=np.diag([unit, unit, unit, 1.0]))
    motion = from_skeleton(large, MAPPING, recorded_on(large, person), 30.0, person.frames)
    assert 0.3 < motion.rest_joints[0, 2] < 1.5


def test_who_lies_because_of_the_axes_of_a_file_is_stood_up(person: HumanMotion) -> None:
    rig = made_up_rig(NAMES, A_POSE)
    poses = recorded_on(rig, person)
    lying = replace(rig, to_world=np.block([[LYING, np.zeros((3, 1))], [np.zeros((1, 3)), np.ones((1, 1))]]))
    plain, stood = (from_skeleton(one, MAPPING, poses, 30.0, person.frames) for one in (rig, lying))
    np.testing.assert_allclose(stood.rotations, plain.rotations, atol=1e-9)
    np.testing.assert_allclose(stood.joints, plain.joints, atol=1e-9)


def test_who_only_rests_lying_is_not_laid_down(person: HumanMotion) -> None:
    rig = made_up_rig(NAMES, A_POSE)
    whole = np.eye(4)
    whole[:3, :3] = LYING
    resting = replace(rig, rest=whole @ rig.rest, tails=rig.tails @ LYING.T)
    plain, stood = (
        from_skeleton(one, MAPPING, recorded_on(rig, person), 30.0, person.frames) for one in (rig, resting)
    )
    np.testing.assert_allclose(stood.rotations, plain.rotations, atol=1e-9)


def test_goes_ahead_where_the_target_looks_whatever_the_source_looks_at(person: HumanMotion) -> None:
    source = disguised(made_up_rig(NAMES, A_POSE), 1.0, about(UP, np.pi), np.zeros(3))
    moved = retarget(person, source, MAPPING, Settings(feet="never"))
    poses = np.linalg.inv(source.to_world) @ world_poses(source, moved)
    again = from_skeleton(source, MAPPING, poses, 30.0, person.frames)
    target = made_up_rig(NAMES, A_POSE)
    one, other = (
        world_joints(target, NAMES, retarget(motion, target, MAPPING)) for motion in (person, again)
    )
    for start, end in (("leftUpperArm", "leftLowerArm"), ("rightUpperLeg", "rightLowerLeg")):
        assert angles_between(one[end] - one[start], other[end] - other[start]).max() < 2.5


def test_reads_amass_with_its_fingers(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    poses = random.normal(scale=0.2, size=(5, 156))
    np.savez(
        tmp_path / "amass.npz",
        poses=poses,
        trans=np.zeros((5, 3)),
        betas=np.zeros(16),
        mocap_framerate=120.0,
        gender="female",
    )
    motion = human_motion(load_motion(tmp_path / "amass.npz"))
    assert motion.fps == 120.0
    assert "rightThumbDistal" in motion.bones
