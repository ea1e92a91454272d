"""Real characters' rigs, without Blender: they are recognised, and move as the person does."""

from pathlib import Path

import numpy as np
import pytest

from human_mesh_recovery.blender_addon.retarget.humanoid import BONES, NEEDED, SIDES, HumanMotion
from human_mesh_recovery.blender_addon.retarget.recognition import recognise
from human_mesh_recovery.blender_addon.retarget.retargeted import Settings
from human_mesh_recovery.blender_addon.retarget.solver import retarget
from human_mesh_recovery.blender_addon.retarget.sources import human_motion
from human_mesh_recovery.blender_addon.retarget.t_pose import heading, rest_positions
from human_mesh_recovery.scripts.retargeting.contact_motion import ContactMotion, contact_motion

from .glb_rigs import read_rig, vrm_bones
from .made_up_rigs import angles_between, world_joints

FILES = (
    "m2m_human-male.glb", "m2m_human-female.glb", "m2m_human-zombie.glb", "m2m_human-bunny.glb", "m2m_human-kenney.glb",
    "kaykit_knight.glb", "m2m_male_vrm0.vrm", "m2m_male_vrm1.vrm", "cryptovoxels.vrm",
)  # fmt: skip
STUBBY = ("kaykit_knight.glb",)
"""Thighs half as long again as shins: exact directions, feet that stand and none in the floor exclude each other."""
SEGMENTS = (("UpperArm", "LowerArm", "Hand"), ("UpperLeg", "LowerLeg", "Foot"))


@pytest.fixture(scope="module")
def recorded() -> ContactMotion:
    return contact_motion(300)


@pytest.fixture(scope="module")
def person(recorded: ContactMotion) -> HumanMotion:
    return human_motion(recorded.motion)


@pytest.fixture
def characters() -> Path:
    folder = Path(__file__).resolve().parents[2] / "shared" / "characters"
    if not folder.is_dir():
        pytest.skip(f"{folder}, the measured characters, is not here")
    return folder


@pytest.mark.parametrize("name", FILES)
def test_moves_as_the_person_does(
    characters: Path, recorded: ContactMotion, person: HumanMotion, name: str
) -> None:
    rig = read_rig(characters / name)
    mapping = recognise(rig)
    joints = world_joints(rig, mapping.bones, retarget(person, rig, mapping, Settings()))
    turn = heading(rest_positions(rig, mapping))
    own = {bone: person.joints[:, number] for number, bone in enumerate(person.bones)}
    errors, ends, slides = [], [], []
    for number, side in enumerate(SIDES):
        for parts in SEGMENTS:
            bones = [side + part for part in parts]
            theirs, ours = (np.diff([at[bone] for bone in bones], axis=0) for at in (joints, own))
            theirs = theirs @ turn
            errors += list(angles_between(theirs, ours))
            lengths = [np.linalg.norm(each, axis=-1).sum(axis=0)[:, None] for each in (theirs, ours)]
            ends.append(
                np.linalg.norm(theirs.sum(axis=0) / lengths[0] - ours.sum(axis=0) / lengths[1], axis=1)
            )
        stands = recorded.contacts[1:, number] & recorded.contacts[:-1, number]
        speeds = np.linalg.norm(np.diff(joints[f"{side}Foot"], axis=0), axis=1)
        slides.append(speeds[stands] * person.fps)
    leg = np.linalg.norm(
        rig.heads[rig.index[mapping.bones["leftFoot"][0]]]
        - rig.heads[rig.index[mapping.bones["leftUpperLeg"][0]]]
    )
    assert np.mean(errors) < 1.0
    assert np.percentile(errors, 95) < (4.5 if name in STUBBY else 3.0)
    assert np.mean(ends) < (0.07 if name in STUBBY else 0.03)
    assert np.concatenate(slides).mean() < 0.005 * leg / 0.8


@pytest.mark.parametrize("name", [name for name in FILES if name.endswith(".vrm")])
def test_finds_the_bones_that_a_vrm_file_names_itself(characters: Path, name: str) -> None:
    found, told = recognise(read_rig(characters / name)).bones, vrm_bones(characters / name)
    for hub in BONES:
        if hub in told:
            assert found[hub] == (told[hub],), hub
    assert set(told) >= NEEDED
