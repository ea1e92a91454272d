"""Rigs are recognised by name and by shape, as the families that they are of, and what is no person is refused."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from human_mesh_recovery.blender_addon.retarget.humanoid import BONES, NEEDED
from human_mesh_recovery.blender_addon.retarget.recognition import GOOD, guesses, recognise
from human_mesh_recovery.blender_addon.retarget.skeleton import Skeleton
from human_mesh_recovery.blender_addon.retarget.structure import match_structure
from human_mesh_recovery.blender_addon.retarget.tables import load_tables, read_table
from human_mesh_recovery.blender_addon.retarget.turns import UP, about
from human_mesh_recovery.inference_server.errors import RecoveryError

from .made_up_rigs import disguised, made_up_rig, names_of_table, plain_names, table_files

A_POSE = {"UpperArm": (0, 45, 0), "LowerArm": (0, 0, -30), "UpperLeg": (0, -4, 0)}


def renamed(skeleton: Skeleton, how: dict[str, str]) -> Skeleton:
    return replace(skeleton, names=tuple(how.get(name, name) for name in skeleton.names))


@pytest.mark.parametrize("path", table_files(), ids=lambda path: path.stem)
def test_recognises_each_family_bone_by_bone(path: Path) -> None:
    names = names_of_table(path)
    found = recognise(made_up_rig(names, A_POSE, rolls=1))
    assert found.bones == names
    assert found.score > 0.75
    table = read_table(path)
    # families that share all their names can't be told apart, and need not be
    same = {other.name for other in load_tables() if other.bones == table.bones}
    assert found.table in same | {table.name, "names"}


@pytest.mark.parametrize(
    "written", ["mixamorig:{}", "mixamorig7:{}", "mixamorig_{}", "{}", "{}_042", "{}.003"]
)
def test_knows_names_with_what_programs_put_around_them(written: str) -> None:
    names = names_of_table(next(path for path in table_files() if path.stem == "mixamo"))
    around = {hub: tuple(written.format(bone) for bone in bones) for hub, bones in names.items()}
    found = recognise(made_up_rig(around, rolls=2))
    assert found.bones == around


@pytest.mark.parametrize("style", ["L_{}", "{}_l", "{}.L", "Left {}", "{}Left", "def_{}_left"])
def test_knows_riggers_words_in_no_table(style: str) -> None:
    words = {
        "Shoulder": "clavicle",
        "UpperArm": "UpperArm",
        "LowerArm": "Elbow",
        "Hand": "Wrist",
        "UpperLeg": "Thigh",
    }
    words |= {"LowerLeg": "Shin", "Foot": "Ankle", "Toes": "Toe"}
    names = {
        "hips": ("Pelvis",),
        "spine": ("Spine_A",),
        "chest": ("Chest",),
        "neck": ("Neck",),
        "head": ("Head",),
    }
    for part, word in words.items():
        left = style.format(word)
        names["left" + part] = (left,)
        names["right" + part] = (
            left.replace("Left", "Right").replace("left", "right").replace("L", "R")
            if "L_" in style or ".L" in style or "eft" in style
            else left.replace("_l", "_r"),
        )
    found = recognise(made_up_rig(names))
    for hub, bones in names.items():
        if hub not in ("spine", "chest"):
            assert found.bones.get(hub) == bones


def test_finds_a_person_by_shape_alone() -> None:
    known = made_up_rig(plain_names(), A_POSE, rolls=3, root="ground")
    hidden = {name: f"Bone.{number:03d}" for number, name in enumerate(known.names)}
    for turn in (np.eye(3), about(UP, np.radians(136)), about(UP, np.pi)):
        found = recognise(disguised(renamed(known, hidden), 0.01, turn, np.array([3.0, 1.0, -1.0])))
        assert found.table == "structure"
        assert found.bones == {bone: (hidden[bone],) for bone in BONES}
        assert found.root == hidden["ground"]


def test_finds_limbs_that_are_split_by_shape_alone() -> None:
    split = {
        f"{side}{part}": (f"{side}{part}", f"{side}{part}2")
        for side in ("left", "right")
        for part in ("UpperArm", "LowerArm", "UpperLeg", "LowerLeg")
    }
    names = plain_names(without=("Thumb", "Index", "Middle", "Ring", "Little"), **split)
    found = match_structure(made_up_rig(names, A_POSE))
    for hub in NEEDED:
        assert found[hub] == names[hub]


def test_finds_the_root_only_where_it_is_on_the_floor() -> None:
    names = plain_names()
    assert recognise(made_up_rig(names, root="Armature_root")).root == "Armature_root"
    assert recognise(made_up_rig(names)).root is None


def refused(skeleton: Skeleton) -> RecoveryError:
    with pytest.raises(RecoveryError) as caught:
        recognise(skeleton)
    assert caught.value.message and caught.value.hint
    return caught.value


def test_refuses_two_people_in_one_armature() -> None:
    one = made_up_rig(plain_names())
    two = replace(
        one,
        names=(*one.names, *(f"{name}.001" for name in one.names)),
        parents=np.concatenate([one.parents, np.where(one.parents < 0, -1, one.parents + len(one.names))]),
        rest=np.concatenate([one.rest, one.rest + np.eye(4)[0][:, None] * np.eye(4)[3]]),
        tails=np.concatenate([one.tails, one.tails + [1.0, 0.0, 0.0]]),
        deforms=np.tile(one.deforms, 2),
        inherits_rotation=np.tile(one.inherits_rotation, 2),
        local_location=np.tile(one.local_location, 2),
    )
    error = refused(two)
    assert error.code == "rig_two_people"
    assert "hips" in error.message and "hips.001" in error.message


def test_refuses_what_is_no_person() -> None:
    chain = made_up_rig({"hips": ("Bone",), "spine": tuple(f"Bone.{number:03d}" for number in range(1, 20))})
    assert refused(chain).code == "rig_not_human"
    legless = made_up_rig(plain_names(without=("Leg", "Foot", "Toes")))
    assert refused(legless).code == "rig_not_human"
    assert "leftFoot" in refused(legless).message


def test_refuses_who_goes_on_all_fours() -> None:
    bent = about(np.array([1.0, 0.0, 0.0]), np.radians(85))
    middle = made_up_rig(plain_names()).heads[0]

    def on_all_fours(bone: str, joint: np.ndarray) -> np.ndarray:
        if bone.endswith(("Leg", "Foot", "Toes", "hips")):
            return joint
        return middle + bent @ (joint - middle)

    assert refused(made_up_rig(plain_names(), stretch=on_all_fours)).code == "rig_not_human"


def test_refuses_a_bird() -> None:
    rig = made_up_rig(plain_names(without=("Hand", "Thumb", "Index", "Middle", "Ring", "Little")))
    hidden = {name: f"Bone.{number:03d}" for number, name in enumerate(rig.names)}
    assert recognise(renamed(rig, hidden)).table == "structure"
    wings = {"leftUpperArm": "Wing.L", "rightUpperArm": "Wing.R"}
    assert refused(renamed(rig, hidden | wings)).code == "rig_not_human"


def test_refuses_an_empty_and_a_flat_armature() -> None:
    rig = made_up_rig(plain_names())
    empty = Skeleton(
        (),
        np.zeros(0, dtype=np.int64),
        np.zeros((0, 4, 4)),
        np.zeros((0, 3)),
        np.eye(4),
        np.zeros(0, dtype=bool),
        np.zeros(0, dtype=bool),
        np.zeros(0, dtype=bool),
    )
    assert refused(empty).code == "rig_empty"
    assert refused(replace(rig, to_world=np.diag([0.0, 0.0, 0.0, 1.0]))).code == "rig_scale"
    assert refused(replace(rig, to_world=np.diag([1.0, 1.0, 0.0, 1.0]))).code == "rig_scale"


def test_crossed_sides_and_a_wrong_order_score_low() -> None:
    rig = made_up_rig(plain_names())
    crossed = renamed(
        rig,
        {
            "leftUpperArm": "rightUpperArm",
            "rightUpperArm": "leftUpperArm",
            "leftFoot": "leftUpperLeg",
            "leftUpperLeg": "leftFoot",
        },
    )
    assert (
        max(mapping.score for mapping in guesses(crossed))
        < GOOD
        < max(mapping.score for mapping in guesses(rig))
    )


def test_a_table_says_what_is_wrong_with_it(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_text(
        json.dumps({"name": "Mine", "sides": ["L", "R"], "bones": {"Tail": ["tail"]}}), encoding="utf-8"
    )
    with pytest.raises(ValueError, match=r"mine.json: no parts of a person: Tail"):
        read_table(path)
