"""Any rig points its limbs where the person does: whatever it rests in, however it is rolled, scaled and turned."""

from collections.abc import Mapping as Poses
from dataclasses import replace

import numpy as np
import pytest

from human_mesh_recovery.blender_addon.retarget.humanoid import SIDES, HumanMotion, Mapping
from human_mesh_recovery.blender_addon.retarget.retargeted import Settings
from human_mesh_recovery.blender_addon.retarget.solver import retarget
from human_mesh_recovery.blender_addon.retarget.sources import human_motion
from human_mesh_recovery.blender_addon.retarget.tables import split_spine
from human_mesh_recovery.blender_addon.retarget.turns import UP, about
from human_mesh_recovery.scripts.retargeting.contact_motion import contact_motion

from .made_up_rigs import angles_between, disguised, made_up_rig, plain_names, world_joints, world_poses
from .retargeted import A_POSE, EXACT, LYING, ODD_POSE, T_POSE, joints_of, limb_errors, moved_joints


@pytest.fixture(scope="module")
def person() -> HumanMotion:
    return human_motion(contact_motion(300).motion)


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
