"""Any rig points its limbs where the person does: whatever it rests in, however it is rolled, scaled and turned."""

from collections.abc import Mapping as Poses
from dataclasses import replace

import numpy as np
import pytest

from human_mesh_recovery.blender_addon.retarget.humanoid import SIDES, HumanMotion, Mapping
from human_mesh_recovery.blender_addon.retarget.retargeted import Settings
from human_mesh_recovery.blender_addon.retarget.skeleton import Skeleton
from human_mesh_recovery.blender_addon.retarget.solver import retarget
from human_mesh_recovery.blender_addon.retarget.sources import human_motion
from human_mesh_recovery.blender_addon.retarget.tables import split_spine
from human_mesh_recovery.blender_addon.retarget.turns import UP, about
from human_mesh_recovery.inference_server.errors import RecoveryError
from human_mesh_recovery.scripts.retargeting.contact_motion import contact_motion

from .made_up_rigs import (
    Names,
    angles_between,
    disguised,
    made_up_rig,
    plain_names,
    world_joints,
    world_poses,
)

LIMBS = (("UpperArm", "LowerArm"), ("LowerArm", "Hand"), ("UpperLeg", "LowerLeg"), ("LowerLeg", "Foot"))
EXACT = Settings(feet="never")
T_POSE: dict[str, tuple[float, float, float]] = {}
A_POSE = {
    "UpperArm": (10.0, 50.0, 0.0),
    "LowerArm": (0.0, 0.0, -47.0),
    "UpperLeg": (-5.0, -7.0, 0.0),
    "LowerLeg": (8.0, 0.0, 0.0),
}
ODD_POSE = {
    "Shoulder": (0.0, -10.0, 5.0),
    "UpperArm": (30.0, -60.0, 20.0),
    "LowerArm": (0.0, 20.0, -60.0),
    "Hand": (70.0, 10.0, 0.0),
    "UpperLeg": (-25.0, -20.0, 0.0),
    "LowerLeg": (40.0, 0.0, 0.0),
}
LYING = about(np.array([1.0, 0.0, 0.0]), np.pi / 2)


@pytest.fixture(scope="module")
def person() -> HumanMotion:
    return human_motion(contact_motion(300).motion)


def joints_of(motion: HumanMotion) -> dict[str, np.ndarray]:
    return {bone: motion.joints[:, number] for number, bone in enumerate(motion.bones)}


def moved_joints(
    motion: HumanMotion, rig: Skeleton, names: Names, settings: Settings = EXACT, root: str | None = None
) -> dict[str, np.ndarray]:
    return world_joints(rig, names, retarget(motion, rig, Mapping("made up", names, root), settings))


def limb_errors(
    motion: HumanMotion, joints: dict[str, np.ndarray], turn: np.ndarray | None = None
) -> np.ndarray:
    """(N, F) degrees between the limbs of a rig, in the heading that it rests in, and the person's."""
    own, back = joints_of(motion), np.eye(3) if turn is None else turn
    errors = []
    for side in SIDES:
        for start, end in LIMBS:
            if side + end in joints:
                limb = (joints[side + end] - joints[side + start]) @ back
                errors.append(angles_between(limb, own[side + end] - own[side + start]))
    return np.array(errors)


@pytest.mark.parametrize("pose", [T_POSE, A_POSE, ODD_POSE], ids=["T", "A", "odd"])
@pytest.mark.parametrize("rolls", [None, 5], ids=["plain", "rolled"])
def test_limbs_point_where_the_persons_do(
    person: HumanMotion, pose: Poses[str, tuple[float, float, float]], rolls: int | None
) -> None:
    names = plain_names()
    rig = made_up_rig(names, pose, rolls, root="ground")
    assert limb_errors(person, moved_joints(person, rig, names)).max() < 1e-4


@pytest.mark.parametrize(
    ("scale", "degrees", "shift", "axes"),
    [
        (0.01, 0, (0, 0, 0), LYING),
        (0.001194, 136, (2, -1, 0.4), LYING.T),
        (1.0, 180, (0, 0, -1.13), np.eye(3)),
        (100.0, -90, (0, 5, 0), about(np.array([1.0, 2.0, 3.0]), 2.0)),
    ],
    ids=["mixamo", "yawed", "vrm0", "any"],
)
def test_it_does_not_matter_how_the_object_is_scaled_and_turned(
    person: HumanMotion, scale: float, degrees: float, shift: tuple[float, float, float], axes: np.ndarray
) -> None:
    names = plain_names()
    rig = made_up_rig(names, A_POSE, rolls=6, root="ground")
    turn, way = about(UP, np.radians(degrees)), np.array(shift, dtype=np.float64)
    plain = moved_joints(person, rig, names, Settings())
    other = moved_joints(person, disguised(rig, scale, turn, way, axes), names, Settings())
    for hub in plain:
        np.testing.assert_allclose(other[hub], plain[hub] @ turn.T + way, atol=1e-6)


def test_a_small_rig_takes_small_steps(person: HumanMotion) -> None:
    names = plain_names()
    rig = made_up_rig(names, A_POSE)
    small = replace(rig, to_world=np.diag([0.25, 0.25, 0.25, 1.0]))
    large, little = (moved_joints(person, one, names, Settings()) for one in (rig, small))
    np.testing.assert_allclose(little["leftHand"], 0.25 * large["leftHand"], atol=1e-9)


@pytest.mark.parametrize("count", [1, 2, 4, 5, 7])
def test_spines_and_necks_of_any_number_of_bones(person: HumanMotion, count: int) -> None:
    spine = split_spine([f"spine.{number}" for number in range(count)])
    names = (
        plain_names(without=("spine", "chest", "upperChest", "neck"))
        | spine
        | {"neck": ("neck", "neck2", "neck3")}
    )
    rig = made_up_rig(names, A_POSE)
    moved = retarget(person, rig, Mapping("made up", names), EXACT)
    assert limb_errors(person, world_joints(rig, names, moved)).max() < 1e-4
    chest, head = spine[list(spine)[-1]][-1], "head"
    poses = world_poses(rig, moved)[..., :3, :3]
    turned = {bone: poses[:, rig.index[bone]] @ rig.rest[rig.index[bone], :3, :3].T for bone in (chest, head)}
    number = person.bones.index
    np.testing.assert_allclose(turned[chest], person.rotations[:, number("upperChest")], atol=1e-9)
    np.testing.assert_allclose(turned[head], person.rotations[:, number("head")], atol=1e-9)
    if count > 2:
        # no bone takes more than its share
        bends = [
            np.abs(1 - np.trace(moved.rotations[:, moved.bones.index(bone)], axis1=1, axis2=2) / 3).max()
            for bones in spine.values()
            for bone in bones
        ]
        assert max(bends) < 3 * np.mean(bends)


def test_missing_bones_are_made_up_for(person: HumanMotion) -> None:
    for without in (
        ("Shoulder",),
        ("neck",),
        ("Toes",),
        ("Shoulder", "neck", "chest", "upperChest", "Toes", "Thumb", "Index"),
    ):
        names = plain_names(without=without)
        rig = made_up_rig(names, A_POSE, rolls=8)
        assert limb_errors(person, moved_joints(person, rig, names)).max() < 1e-4


def test_twist_halves_stay_at_rest(person: HumanMotion) -> None:
    split = {
        f"{side}{part}": (f"{side}{part}", f"{side}{part}Twist")
        for side in SIDES
        for part in ("UpperArm", "LowerArm", "UpperLeg", "LowerLeg")
    }
    names = plain_names(**split)
    rig = made_up_rig(names, A_POSE, rolls=4)
    moved = retarget(person, rig, Mapping("made up", names), EXACT)
    assert limb_errors(person, world_joints(rig, names, moved)).max() < 1e-4
    twists = [number for number, bone in enumerate(moved.bones) if bone.endswith("Twist")]
    assert len(twists) == 8
    np.testing.assert_allclose(
        moved.rotations[:, twists], np.broadcast_to(np.eye(3), (300, 8, 3, 3)), atol=1e-9
    )


@pytest.mark.parametrize("pose", [T_POSE, A_POSE, ODD_POSE], ids=["T", "A", "odd"])
def test_palms_look_where_the_persons_do_and_toes_point_there(
    person: HumanMotion, pose: Poses[str, tuple[float, float, float]]
) -> None:
    names = plain_names()
    joints, own = moved_joints(person, made_up_rig(names, pose, rolls=7), names), joints_of(person)
    for side in SIDES:
        palms = [
            np.cross(
                at[f"{side}IndexProximal"] - at[f"{side}Hand"],
                at[f"{side}LittleProximal"] - at[f"{side}Hand"],
            )
            for at in (joints, own)
        ]
        assert angles_between(*palms).max() < 1
        fists = [at[f"{side}MiddleIntermediate"] - at[f"{side}MiddleProximal"] for at in (joints, own)]
        assert angles_between(*fists).max() < 1
        toes = [(at[f"{side}Toes"] - at[f"{side}Foot"]) * [1, 1, 0] for at in (joints, own)]
        assert angles_between(*toes).mean() < 1


def test_fingers_that_the_source_does_not_know_stay_with_the_hand() -> None:
    motion = replace(contact_motion(30).motion, hand_poses=None)
    names = plain_names()
    rig = made_up_rig(names, A_POSE)
    moved = retarget(human_motion(motion), rig, Mapping("made up", names), EXACT)
    fingers = [number for number, bone in enumerate(moved.bones) if "Index" in bone or "Thumb" in bone]
    np.testing.assert_allclose(
        moved.rotations[:, fingers], np.broadcast_to(np.eye(3), (30, len(fingers), 3, 3)), atol=1e-9
    )


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
