"""`recover-mesh retarget`: motions and characters of many kinds, and files that other programs take."""

import argparse
import os
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any, get_args

import numpy as np
import pytest

bpy = pytest.importorskip("bpy", reason="Blender as a Python module is not installed")

from human_mesh_recovery.blender_addon.retarget import humanoid, vrm
from human_mesh_recovery.blender_addon.retarget.read import read_skeleton
from human_mesh_recovery.blender_addon.retarget.recognition import recognise
from human_mesh_recovery.blender_addon.retarget.retargeted import Feet, Root
from human_mesh_recovery.blender_addon.scene import export
from human_mesh_recovery.inference_server import retarget_command
from human_mesh_recovery.inference_server.body.files import load_body
from human_mesh_recovery.inference_server.bvh import write_bvh
from human_mesh_recovery.inference_server.errors import RecoveryError
from human_mesh_recovery.inference_server.motion import save_motion
from human_mesh_recovery.scripts.retargeting.characters import CHARACTERS, FOLDER, bones_of
from human_mesh_recovery.scripts.retargeting.contact_motion import FPS, ContactMotion, contact_motion
from human_mesh_recovery.scripts.retargeting.measures import measure
from human_mesh_recovery.scripts.retargeting.posed import read_posed
from human_mesh_recovery.tests.made_up_characters import bones_of_character, build_character

FRAMES = 90


@pytest.fixture(scope="module")
def source() -> ContactMotion:
    return contact_motion(FRAMES)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory, source: ContactMotion) -> Path:
    """A folder with the motion as contact.npz and contact.bvh, and a character as hero.blend, .glb and .fbx."""
    folder = tmp_path_factory.mktemp("files")
    save_motion(source.motion, folder / "contact.npz")
    write_bvh(source.motion, load_body("free"), folder / "contact.bvh")
    bpy.ops.wm.read_factory_settings(use_empty=True)
    hero = build_character()
    export.save_blend(folder / "hero.blend")
    for ending in (".glb", ".fbx"):
        export.export_character([hero, *hero.children], folder / f"hero{ending}")
    return folder


def retarget(*arguments: object) -> int:
    """Runs the command, without what the program's other commands need. Raises RecoveryError."""
    parser = argparse.ArgumentParser()
    retarget_command.add_arguments(parser.add_subparsers())
    options = parser.parse_args(["retarget", *map(str, arguments)])
    return options.run(options)


def open_file(path: Path) -> Any:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.context.scene.render.fps = round(FPS)
    if path.suffix == ".blend":
        bpy.ops.wm.open_mainfile(filepath=str(path))
    elif path.suffix == ".fbx":
        bpy.ops.import_scene.fbx(filepath=str(path))
    else:
        bpy.ops.import_scene.gltf(filepath=str(path))
    return next(made for made in bpy.data.objects if made.type == "ARMATURE")


def follows(rig, names: dict[str, str], source: ContactMotion) -> dict[str, float]:
    start = rig.animation_data.action.frame_range[0]
    return measure(source, read_posed(rig, names, np.round(start) + np.arange(FRAMES))[0])


@pytest.mark.parametrize(
    ("motion", "character", "output"),
    [
        ("contact.npz", "hero.blend", "out.blend"),
        ("contact.npz", "hero.glb", "out.glb"),
        ("contact.bvh", "hero.fbx", "out.fbx"),
    ],
)
def test_what_is_written_does_what_the_motion_does(
    files: Path,
    source: ContactMotion,
    capsys: pytest.CaptureFixture[str],
    motion: str,
    character: str,
    output: str,
):
    assert retarget(files / motion, files / character, "--fps", FPS, "--output", files / output) == 0
    said = capsys.readouterr()
    assert said.out == f"{files / output}\n"
    assert "Mixamo" in said.err
    rig = open_file(files / output)
    found = follows(rig, bones_of_character(), source)
    assert (found["mean"] < 1.0, found["p95"] < 3.0, found["slide"] < 5.0) == (True, True, True), found


def test_root_motion_reaches_game_engines(files: Path, source: ContactMotion):
    if not FOLDER.is_dir():
        pytest.skip(f"{FOLDER}, the characters, is not here")
    character = next(one for one in CHARACTERS if one.name == "m2m_human-male.glb")
    save_motion(contact_motion(300).motion, files / "walk.npz")
    for ending in (".glb", ".fbx"):
        out = files / f"root{ending}"
        assert retarget(files / "walk.npz", FOLDER / character.name, "--root", "root", "--output", out) == 0
        rig = open_file(out)
        places = {}
        for frame in (0, 299):
            bpy.context.scene.frame_set(round(rig.animation_data.action.frame_range[0]) + frame)
            shown = rig.evaluated_get(bpy.context.evaluated_depsgraph_get())
            places[frame] = {
                name: np.array(shown.matrix_world @ shown.pose.bones[name].head)
                for name in ("root", "pelvis")
            }
        way = {name: places[299][name] - places[0][name] for name in ("root", "pelvis")}
        assert np.linalg.norm(way["root"][:2]) > 1.0
        assert np.linalg.norm((way["root"] - way["pelvis"])[:2]) < 0.25
        assert abs(way["root"][2]) < 1e-3
        assert set(bones_of(character).values()) <= set(rig.data.bones.keys())


@pytest.mark.skipif(not FOLDER.is_dir(), reason=f"{FOLDER}, the characters, is not here")
@pytest.mark.parametrize("name", ["m2m_male_vrm0.vrm", "m2m_male_vrm1.vrm", "cryptovoxels.vrm"])
def test_a_vrm_says_itself_which_bone_is_which(name: str):
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.ops.import_scene.gltf(filepath=str(FOLDER / name))
    skeleton = read_skeleton(next(made for made in bpy.data.objects if made.type == "ARMATURE"))
    mapping = vrm.mapping_in_file(FOLDER / name, skeleton)
    assert mapping is not None
    own = bones_of(next(one for one in CHARACTERS if one.name == name))
    hub = {"upper_arm": "UpperArm", "forearm": "LowerArm", "hand": "Hand", "thigh": "UpperLeg", "shin": "LowerLeg",
           "foot": "Foot", "toes": "Toes", "index": "IndexProximal", "pinky": "LittleProximal"}  # fmt: skip
    for side in ("left", "right"):
        for part, word in hub.items():
            assert mapping.bones[f"{side}{word}"] == (own[f"{side}_{part}"],)


@pytest.mark.parametrize("version", ["0.0", "1.0"])
def test_what_the_vrm_add_on_keeps_is_taken(version: str):
    bpy.ops.wm.read_factory_settings(use_empty=True)
    skeleton = read_skeleton(build_character())
    names = {bone: name for bone, (name,) in recognise(skeleton).bones.items()}
    names["leftHand"], names["rightHand"] = names["rightHand"], names["leftHand"]  # that nobody would guess
    new = {re.sub("([A-Z])", r"_\1", bone).lower(): _node(names.get(bone, "")) for bone in humanoid.BONES}
    old = [SimpleNamespace(bone=bone, **vars(_node(name))) for bone, name in names.items()]
    extension = SimpleNamespace(
        spec_version=version,
        vrm0=SimpleNamespace(humanoid=SimpleNamespace(human_bones=old if version == "0.0" else [])),
        vrm1=SimpleNamespace(humanoid=SimpleNamespace(human_bones=SimpleNamespace(**new))),
    )
    rig = SimpleNamespace(data=SimpleNamespace(vrm_addon_extension=extension))
    mapping = vrm.mapping_of_armature(rig, skeleton)
    assert mapping is not None
    assert mapping.bones["leftHand"] == ("RightHand",)
    assert vrm.mapping_of_armature(SimpleNamespace(data=SimpleNamespace()), skeleton) is None


def _node(name: str) -> SimpleNamespace:
    return SimpleNamespace(node=SimpleNamespace(bone_name=name))


def test_a_file_that_says_nothing_of_bones(tmp_path: Path, files: Path):
    bpy.ops.wm.read_factory_settings(use_empty=True)
    skeleton = read_skeleton(build_character())
    (tmp_path / "broken.vrm").write_bytes(b'glTF\x02\0\0\0\xff\xff\0\0\x09\0\0\0JSON{"a": 1')
    assert vrm.mapping_in_file(tmp_path / "broken.vrm", skeleton) is None
    assert vrm.mapping_in_file(files / "hero.glb", skeleton) is None


def test_both_programs_know_the_same_settings():
    assert get_args(Feet) == retarget_command.FEET
    assert get_args(Root) == retarget_command.ROOTS


def test_errors_are_one_line(files: Path):
    (files / "damaged.blend").write_bytes(b"BLENDER no")
    (files / "empty.glb").write_bytes(b"")
    for arguments, said in (
        (("gone.npz", "hero.blend", "out.blend"), "gone.npz"),
        (("contact.npz", "gone.glb", "out.blend"), "gone.glb"),
        (("contact.npz", "damaged.blend", "out.blend"), "damaged.blend"),
        (("contact.npz", "empty.glb", "out.blend"), "empty.glb"),
        (("contact.npz", "contact.bvh", "out.blend"), "no character"),
        (("hero.fbx", "hero.blend", "out.blend"), "no motion"),
        (("contact.npz", "hero.blend", "out.obj"), ".obj"),
        (("contact.npz", "hero.blend", "hero.blend"), "would replace"),
        (("contact.npz", "hero.blend", "out.blend", "--armature", "Villain"), "no armature Villain"),
    ):
        paths = [files / name for name in arguments[:3]]
        with pytest.raises(RecoveryError) as told:
            retarget(paths[0], paths[1], "--output", paths[2], *arguments[3:])
        assert said in str(told.value)
        assert "\n" not in str(told.value)
        assert "Traceback" not in str(told.value)
    assert sorted(name for name in os.listdir(files) if name.startswith("out.obj")) == []
