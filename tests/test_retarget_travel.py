"""Where a rig goes, what carries it there, and bones that hang otherwise than a person's."""

from dataclasses import replace

import numpy as np
import pytest

from human_mesh_recovery.blender_addon.retarget.humanoid import HumanMotion, Mapping, mirrored
from human_mesh_recovery.blender_addon.retarget.retargeted import Root, Settings
from human_mesh_recovery.blender_addon.retarget.rig_source import from_skeleton
from human_mesh_recovery.blender_addon.retarget.skeleton import Skeleton
from human_mesh_recovery.blender_addon.retarget.solver import retarget
from human_mesh_recovery.blender_addon.retarget.sources import human_motion
from human_mesh_recovery.blender_addon.retarget.turns import UP, about
from human_mesh_recovery.inference_server.errors import RecoveryError
from human_mesh_recovery.scripts.retargeting.contact_motion import contact_motion

from .made_up_rigs import disguised, made_up_rig, plain_names, world_joints, world_poses
from .retargeted import A_POSE, EXACT, LYING, T_POSE, limb_errors, moved_joints


@pytest.fixture(scope="module")
def person() -> HumanMotion:
    return human_motion(contact_motion(300).motion)


def test_the_rig_stands_as_high_as_it_rests(person: HumanMotion) -> None:
    names = plain_names()
    rig = disguised(made_up_rig(names, T_POSE), 0.01, np.eye(3), np.array([0.0, 0.0, -1.13]))
    feet = moved_joints(person, rig, names, Settings())["leftFoot"]
    rests = rig.heads[rig.index["leftFoot"], 2]
    assert abs(feet[:, 2].min() - rests) < 1e-3


def test_goes_the_characters_way_or_the_sources() -> None:
    motion = human_motion(contact_motion(300).motion)
    shifted = replace(motion, joints=motion.joints + [4.0, -2.0, 0.0])
    names = plain_names()
    rig = disguised(made_up_rig(names, T_POSE), 1.0, about(UP, np.pi / 2), np.array([10.0, 0.0, 0.0]))
    own = moved_joints(shifted, rig, names, Settings(place="character", feet="never"))
    theirs = moved_joints(shifted, rig, names, Settings(place="source", feet="never"))
    np.testing.assert_allclose(own["hips"][0, :2], [10.0, 0.0], atol=0.03)
    np.testing.assert_allclose(theirs["hips"][0, :2], [4.0, -2.0], atol=0.03)
    number = motion.bones.index("hips")
    way = motion.joints[-1, number] - motion.joints[0, number]
    np.testing.assert_allclose(theirs["hips"][-1] - theirs["hips"][0], way, atol=0.02)
    np.testing.assert_allclose(own["hips"][-1] - own["hips"][0], about(UP, np.pi / 2) @ way, atol=0.02)
    assert limb_errors(shifted, theirs).max() < 1e-4


def test_the_root_bone_carries_the_way_where_asked(person: HumanMotion) -> None:
    names = plain_names()
    rig = made_up_rig(names, A_POSE, root="ground")
    plain = retarget(person, rig, Mapping("made up", names, "ground"), Settings())
    rooted = retarget(person, rig, Mapping("made up", names, "ground"), Settings(root="root"))
    assert plain.moved == ("hips",) and rooted.moved == ("ground", "hips")
    one, other = world_poses(rig, plain), world_poses(rig, rooted)
    hands = [rig.index[bone] for bone in ("leftHand", "rightFoot", "head")]
    np.testing.assert_allclose(other[:, hands], one[:, hands], atol=1e-9)
    ground = other[:, rig.index["ground"], :3, 3]
    np.testing.assert_allclose(ground[:, 2], 0, atol=1e-9)
    assert np.linalg.norm(ground[-1]) > 0.5
    # what is left for the hips is to sway about it
    assert np.linalg.norm((other[:, rig.index["hips"], :3, 3] - ground)[:, :2], axis=1).max() < 0.25
    without = retarget(person, rig, Mapping("made up", names), Settings(root="root"))
    assert without.moved == ("hips",)


def with_middle(rig: Skeleton) -> Skeleton:
    """The rig with one more bone between its root and its hips."""

    def inserted(values: np.ndarray, value: np.ndarray) -> np.ndarray:
        return np.concatenate([values[:1], value[None], values[1:]])

    middle = rig.rest[0].copy()
    middle[:3, 3] = [0.0, 0.1, 0.5]
    parents = np.where(rig.parents > 0, rig.parents + 1, rig.parents)
    parents[1] = 1
    return Skeleton(
        names=(rig.names[0], "middle", *rig.names[1:]),
        parents=inserted(parents, np.array(0)),
        rest=inserted(rig.rest, middle),
        tails=inserted(rig.tails, middle[:3, 3] + [0.0, 0.0, 0.1]),
        to_world=rig.to_world,
        deforms=inserted(rig.deforms, np.array(True)),
        inherits_rotation=inserted(rig.inherits_rotation, np.array(True)),
        local_location=inserted(rig.local_location, np.array(True)),
    )


@pytest.mark.parametrize("root", ["hips", "root", "in_place"])
def test_hips_that_are_tied_to_their_parent_are_carried(person: HumanMotion, root: Root) -> None:
    names = plain_names()
    rig = with_middle(made_up_rig(names, A_POSE, rolls=2, root="ground"))
    tied = np.zeros(len(rig.names), dtype=bool)
    tied[rig.index["hips"]] = True
    mapping, settings = Mapping("made up", names, "ground"), Settings(root=root)
    free, carried = (retarget(person, one, mapping, settings) for one in (rig, replace(rig, connected=tied)))
    assert "hips" in free.moved and "hips" not in carried.moved and "middle" in carried.moved
    for hub, place in world_joints(rig, names, free).items():
        np.testing.assert_allclose(world_joints(rig, names, carried)[hub], place, atol=1e-9)


def test_stays_in_place_where_asked(person: HumanMotion) -> None:
    names = plain_names()
    rig = made_up_rig(names, A_POSE)
    plain, still = (moved_joints(person, rig, names, Settings(root=root)) for root in ("hips", "in_place"))
    np.testing.assert_allclose(still["hips"][:, 2], plain["hips"][:, 2], atol=1e-9)
    assert np.linalg.norm(still["hips"][:, :2], axis=1).max() < 0.25
    np.testing.assert_allclose(
        still["leftHand"] - still["hips"], plain["leftHand"] - plain["hips"], atol=1e-9
    )


def test_bones_that_go_their_own_way(person: HumanMotion) -> None:
    names = plain_names()
    rig = made_up_rig(names, A_POSE, rolls=9, root="ground")
    plain = moved_joints(person, rig, names)
    free, placed = rig.inherits_rotation.copy(), rig.local_location.copy()
    free[[rig.index["leftUpperArm"], rig.index["head"]]] = False
    placed[rig.index["hips"]] = False
    odd = moved_joints(person, replace(rig, inherits_rotation=free, local_location=placed), names)
    for hub in plain:
        np.testing.assert_allclose(odd[hub], plain[hub], atol=1e-9)


def test_a_hand_that_hangs_from_the_ground_is_brought_to_its_place(person: HumanMotion) -> None:
    names = plain_names()
    rig = made_up_rig(names, A_POSE, rolls=10, root="ground")
    parents = rig.parents.copy()
    parents[rig.index["leftHand"]] = 0
    parents[rig.index["rightFoot"]] = -1
    loose = replace(rig, parents=parents)
    moved = retarget(person, loose, Mapping("made up", names, "ground"), Settings())
    assert set(moved.moved) == {"hips", "leftHand", "rightFoot"}
    joints, plain = world_joints(loose, names, moved), moved_joints(person, rig, names, Settings())
    for hub in plain:
        np.testing.assert_allclose(joints[hub], plain[hub], atol=1e-9)


def test_a_rig_that_lies_at_rest_stands_up(person: HumanMotion) -> None:
    names = plain_names()
    rig = made_up_rig(names, T_POSE)
    lying = replace(rig, to_world=np.block([[LYING, np.zeros((3, 1))], [np.zeros((1, 3)), np.ones((1, 1))]]))
    joints = moved_joints(person, lying, names)
    assert limb_errors(person, joints).max() < 1e-4
    assert (joints["head"][:, 2] > joints["leftFoot"][:, 2]).all()


def test_a_mirror_image_is_moved_as_it_is_seen(person: HumanMotion) -> None:
    names = plain_names()
    rig = replace(made_up_rig(names, A_POSE, rolls=5), to_world=np.diag([-1.0, 1.0, 1.0, 1.0]))
    seen = {mirrored(hub): bones for hub, bones in names.items()}
    assert (
        limb_errors(
            person, world_joints(rig, seen, retarget(person, rig, Mapping("made up", names), EXACT))
        ).max()
        < 1e-4
    )


def test_feet_stand_on_a_rig_that_is_stretched(person: HumanMotion) -> None:
    names = plain_names()
    rig = replace(made_up_rig(names, A_POSE), to_world=np.diag([1.0, 1.0, 1.3, 1.0]))
    joints = moved_joints(person, rig, names, Settings())
    feet = joints["leftFoot"]
    rests = (rig.to_world @ rig.rest[rig.index["leftFoot"]])[2, 3]
    assert abs(feet[:, 2].min() - rests) < 1e-3
    standing = np.linalg.norm(np.diff(feet[30:200], axis=0), axis=1)
    assert standing.max() < 1e-4


def test_tells_where_every_joint_comes_to_be(person: HumanMotion) -> None:
    names = plain_names()
    rig = disguised(
        made_up_rig(names, A_POSE, rolls=3), 0.01, about(UP, 1.0), np.array([1.0, 2.0, 0.0]), LYING
    )
    moved = retarget(person, rig, Mapping("made up", names), Settings())
    joints, poses = world_joints(rig, names, moved), world_poses(rig, moved)
    for hub, place in moved.world_joints.items():
        np.testing.assert_allclose(place, joints[hub], atol=1e-9)
        bone = rig.index[hub]
        rest = (rig.to_world @ rig.rest[bone])[:3, :3]
        turned = moved.world_turns[hub] @ rest
        np.testing.assert_allclose(poses[:, bone, :3, :3], turned, atol=1e-9)


def test_refuses_motions_that_are_none(person: HumanMotion) -> None:
    names = plain_names()
    rig, mapping = made_up_rig(names), Mapping("made up", names)
    empty = replace(
        person, frames=person.frames[:0], rotations=person.rotations[:0], joints=person.joints[:0]
    )
    with pytest.raises(RecoveryError) as caught:
        retarget(empty, rig, mapping)
    assert caught.value.code == "motion_empty"
    damaged = replace(person, joints=np.where(np.arange(300)[:, None, None] == 7, np.nan, person.joints))
    with pytest.raises(RecoveryError) as caught:
        retarget(damaged, rig, mapping)
    assert caught.value.code == "motion_damaged"
    with pytest.raises(RecoveryError) as caught:
        retarget(person, replace(rig, to_world=np.diag([0.0, 0.0, 0.0, 1.0])), mapping)
    assert caught.value.code == "rig_scale"


@pytest.mark.parametrize("missing", ["hips", "leftUpperArm", "rightFoot"])
def test_says_which_bones_have_to_be_chosen(person: HumanMotion, missing: str) -> None:
    rig = made_up_rig(plain_names())
    chosen = {hub: bones for hub, bones in plain_names().items() if hub != missing}
    for take in (
        lambda mapping: retarget(person, rig, mapping),
        lambda mapping: from_skeleton(rig, mapping, rig.rest[None], 30.0, np.zeros(1)),
    ):
        with pytest.raises(RecoveryError) as caught:
            take(Mapping("mine", chosen))
        assert caught.value.code == "bones_missing"
        assert missing in caught.value.message


def test_a_head_need_not_be_chosen(person: HumanMotion) -> None:
    names = plain_names(without=("head", "neck"))
    rig = made_up_rig(names, A_POSE)
    assert limb_errors(person, moved_joints(person, rig, names)).max() < 1e-4


def test_one_frame_is_a_pose(person: HumanMotion) -> None:
    names = plain_names()
    rig = made_up_rig(names, A_POSE)
    still = replace(
        person,
        frames=person.frames[100:101],
        rotations=person.rotations[100:101],
        joints=person.joints[100:101],
    )
    assert limb_errors(still, moved_joints(still, rig, names, Settings())).max() < 2.5
