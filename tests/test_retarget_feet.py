"""Feet that stand are held, on the floor and not in it, without a jerk, and as the settings ask."""

from dataclasses import replace

import numpy as np
import pytest

from human_mesh_recovery.blender_addon.retarget.contacts import always_standing, stances
from human_mesh_recovery.blender_addon.retarget.feet import EASE, ease
from human_mesh_recovery.blender_addon.retarget.humanoid import SIDES, HumanMotion, Mapping
from human_mesh_recovery.blender_addon.retarget.limbs import reach, shortfall
from human_mesh_recovery.blender_addon.retarget.retargeted import Feet, Settings
from human_mesh_recovery.blender_addon.retarget.skeleton import Skeleton, Skin
from human_mesh_recovery.blender_addon.retarget.solver import retarget
from human_mesh_recovery.blender_addon.retarget.sources import human_motion
from human_mesh_recovery.blender_addon.retarget.turns import apply
from human_mesh_recovery.scripts.retargeting.contact_motion import ContactMotion, contact_motion

from .made_up_rigs import angles_between, made_up_rig, plain_names, world_joints, world_poses

NAMES = plain_names(without=("Thumb", "Index", "Middle", "Ring", "Little"))
MAPPING = Mapping("made up", NAMES)
LIMBS = (("UpperLeg", "LowerLeg"), ("LowerLeg", "Foot"))


@pytest.fixture(scope="module")
def recorded() -> ContactMotion:
    return contact_motion(300)


@pytest.fixture(scope="module")
def person(recorded: ContactMotion) -> HumanMotion:
    return human_motion(recorded.motion)


def long_shins(bone: str, joint: np.ndarray) -> np.ndarray:
    """Wide hips, high knees and large feet."""
    if bone.endswith(("UpperLeg", "LowerLeg", "Foot", "Toes")):
        joint = joint * [1.3, 1, 1]
    if bone.endswith("LowerLeg"):
        joint = joint + [0, 0, 0.05]
    return joint + ([0, -0.06, 0] if bone.endswith("Toes") else [0, 0, 0])


@pytest.fixture(scope="module")
def rig() -> Skeleton:
    """With a skin: boxes for feet and toes, whose heels follow the shin in part."""
    bare = made_up_rig(NAMES, {"UpperLeg": (0, -5, 0)}, stretch=long_shins)
    points, bones, weights = [], [], []
    for side in SIDES:
        foot, toes, shin = (bare.index[f"{side}{part}"] for part in ("Foot", "Toes", "LowerLeg"))
        ankle, ball = bare.heads[foot], bare.heads[toes]
        for x in (-0.05, 0.05):
            for y, bone in (
                (0.09, foot),
                (-0.05, foot),
                (ball[1] - ankle[1] - 0.02, toes),
                (ball[1] - ankle[1] - 0.1, toes),
            ):
                points.append([ankle[0] + x, ankle[1] + y, 0.0])
                bones.append([bone, shin])
                weights.append([0.8, 0.2] if y > 0 else [1.0, 0.0])
    return replace(bare, skin=Skin(np.array(points), np.array(bones), np.array(weights)))


def moved(person: HumanMotion, rig: Skeleton, feet: Feet = "auto") -> dict[str, np.ndarray]:
    return world_joints(rig, NAMES, retarget(person, rig, MAPPING, Settings(feet=feet)))


def slide(joints: dict[str, np.ndarray], contacts: np.ndarray) -> float:
    """mm/s of ankles and toes while they stand, on average."""
    speeds = []
    for number, side in enumerate(SIDES):
        both = contacts[1:, number] & contacts[:-1, number]
        for part in ("Foot", "Toes"):
            speeds.append(np.linalg.norm(np.diff(joints[side + part], axis=0), axis=1)[both] * 30 * 1000)
    return float(np.concatenate(speeds).mean())


def test_finds_when_feet_stand(recorded: ContactMotion, person: HumanMotion) -> None:
    found = stances(person)
    for number, side in enumerate(SIDES):
        truth = recorded.contacts[:, number]
        for part in ("Foot", "Toes"):
            assert found[side + part][truth].all()
            assert found[side + part][~truth].mean() < 0.1


def test_finds_it_at_any_size(person: HumanMotion) -> None:
    for size in (0.1, 30.0):
        other = replace(person, joints=person.joints * size, rest_joints=person.rest_joints * size)
        for part, stands in stances(other).items():
            np.testing.assert_array_equal(stands, stances(person)[part])


def test_standing_feet_stay_and_legs_point_where_they_did(
    recorded: ContactMotion, person: HumanMotion, rig: Skeleton
) -> None:
    free, held = moved(person, rig, "never"), moved(person, rig, "auto")
    assert slide(free, recorded.contacts) > 20
    assert slide(held, recorded.contacts) < 0.5
    own = {bone: person.joints[:, number] for number, bone in enumerate(person.bones)}
    errors = np.array(
        [
            angles_between(held[side + end] - held[side + start], own[side + end] - own[side + start])
            for side in SIDES
            for start, end in LIMBS
        ]
    )
    assert errors.mean() < 1.5


def test_soles_are_not_in_the_floor(person: HumanMotion, rig: Skeleton) -> None:
    assert rig.skin is not None
    lowest = {}
    for feet in ("never", "auto", "grounding"):
        poses = world_poses(rig, retarget(person, rig, MAPPING, Settings(feet=feet)))
        carried = poses @ np.linalg.inv(rig.rest)
        points = np.column_stack([rig.skin.points, np.ones(len(rig.skin.points))])
        heights = sum(
            weights * np.einsum("fpj,pj->fp", carried[:, bones, 2], points)
            for bones, weights in zip(rig.skin.bones.T, rig.skin.weights.T, strict=True)
        )
        lowest[feet] = np.asarray(heights).min(axis=1)
    assert lowest["never"].min() < -0.02
    assert lowest["auto"].min() > -0.005
    np.testing.assert_allclose(lowest["grounding"], 0, atol=1e-9)


def test_nothing_jerks(person: HumanMotion, rig: Skeleton) -> None:
    free, held = moved(person, rig, "never"), moved(person, rig, "auto")
    for joint in ("hips", "leftLowerLeg", "rightLowerLeg", "leftFoot", "rightFoot"):
        jerks = [np.linalg.norm(np.diff(joints[joint], n=2, axis=0), axis=1).max() for joints in (free, held)]
        assert jerks[1] < 2.5 * jerks[0]


def test_always_holds_a_foot(person: HumanMotion, rig: Skeleton) -> None:
    high = person.joints.copy()
    high[100:130, :, 2] += 0.4 * np.sin(np.linspace(0, np.pi, 30))[:, None]
    jumping = replace(person, joints=high)
    found = stances(jumping)
    assert not np.any([stands[110:120] for stands in found.values()])
    always = always_standing(found, jumping)
    assert np.any([always[f"{side}Foot"] for side in SIDES], axis=0).all()
    lows = {
        feet: np.min([moved(jumping, rig, feet)[f"{side}Foot"][115, 2] for side in SIDES])
        for feet in ("auto", "always")
    }
    rests = rig.heads[rig.index["leftFoot"], 2]
    assert lows["auto"] > rests + 0.2
    assert lows["always"] < rests + 0.05


def test_steps_of_another_length(recorded: ContactMotion, person: HumanMotion, rig: Skeleton) -> None:
    plain = moved(person, rig)
    for scale in (0.5, 1.2):
        joints = world_joints(rig, NAMES, retarget(person, rig, MAPPING, Settings(scale=scale)))
        ways = [(each["hips"][-1] - each["hips"][0])[:2] for each in (plain, joints)]
        np.testing.assert_allclose(ways[1], scale * ways[0], atol=0.03)
        assert slide(joints, recorded.contacts) < 1
        assert np.abs(joints["hips"][:, 2] - plain["hips"][:, 2]).max() < 0.05
        lifted = [each["leftFoot"][:, 2].max() for each in (plain, joints)]
        assert abs(lifted[1] - lifted[0]) < 0.02


def test_a_step_of_a_stair_stays_one(person: HumanMotion, rig: Skeleton) -> None:
    raised = replace(person, joints=person.joints + [0.0, 0.0, 0.3])
    joints = moved(raised, rig)
    rests, scale = rig.heads[rig.index["leftFoot"], 2], 1.0
    assert abs(joints["leftFoot"][:, 2].min() - rests - 0.3 * scale) < 0.05


def test_a_rig_without_skin_and_toes_stands_too(recorded: ContactMotion, person: HumanMotion) -> None:
    names = plain_names(without=("Toes", "Thumb", "Index", "Middle", "Ring", "Little"))
    bare = made_up_rig(names, stretch=long_shins)
    joints = world_joints(bare, names, retarget(person, bare, Mapping("made up", names), Settings()))
    joints |= {f"{side}Toes": joints[f"{side}Foot"] for side in SIDES}
    assert slide(joints, recorded.contacts) < 0.5


def test_eases_in_seconds() -> None:
    values = np.ones((120, 3))
    held = np.zeros(120, dtype=bool)
    held[50:60] = True
    for fps in (30.0, 60.0):
        eased, weights = ease(values, held, fps)
        reach_of = round(EASE * fps)
        assert (eased[50:60] == 1).all()
        assert (weights[: 50 - reach_of] == 0).all() and (weights[59 + reach_of + 1 :] == 0).all()
        assert 0 < weights[49 - reach_of // 2] < 1
        assert (np.diff(weights[:55]) >= 0).all() and (np.diff(weights[55:]) <= 0).all()
    nothing, weights = ease(values, np.zeros(120, dtype=bool), 30.0)
    assert not nothing.any() and not weights.any()


def test_a_limb_reaches_its_goal_and_keeps_its_lengths() -> None:
    random = np.random.default_rng(2)
    start = random.normal(size=(200, 3))
    middle = start + 0.4 * _unit(random.normal(size=(200, 3)))
    end = middle + 0.3 * _unit(random.normal(size=(200, 3)))
    goal = start + random.uniform(0.15, 0.65, (200, 1)) * _unit(random.normal(size=(200, 3)))
    hinge = random.normal(size=(200, 3))
    upper, lower = reach(start, middle, end, goal, hinge)
    np.testing.assert_allclose(
        start + apply(upper, middle - start) + apply(lower, end - middle), goal, atol=1e-6
    )
    for turns in (upper, lower):
        np.testing.assert_allclose(
            turns @ turns.swapaxes(1, 2), np.broadcast_to(np.eye(3), turns.shape), atol=1e-9
        )
    still = reach(start, middle, end, end, hinge)
    np.testing.assert_allclose(still, np.broadcast_to(np.eye(3), (2, 200, 3, 3)), atol=1e-6)


def test_a_straight_limb_bends_about_its_hinge_and_reaches_out_for_what_is_too_far() -> None:
    start, down = np.zeros((1, 3)), np.array([[0.0, 0.0, -1.0]])
    middle, end, hinge = 0.4 * down, 0.8 * down, np.array([[1.0, 0.0, 0.0]])
    upper, lower = reach(start, middle, end, 0.7 * down, hinge)
    knee = apply(upper, middle)
    assert knee[0, 1] < -0.1  # ahead, where knees go
    np.testing.assert_allclose(knee + apply(lower, end - middle), 0.7 * down, atol=1e-6)
    upper, lower = reach(start, middle, end, np.array([[5.0, 0.0, 0.0]]), hinge)
    np.testing.assert_allclose(apply(upper, middle) + apply(lower, end - middle), [[0.8, 0, 0]], atol=1e-4)
    np.testing.assert_allclose(shortfall(start, np.array([[0.3, 0.0, -0.8]]), np.array([0.5])), [-0.4])
    np.testing.assert_allclose(shortfall(start, np.array([[0.3, 0.0, -0.2]]), np.array([0.5])), [0.0])


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
