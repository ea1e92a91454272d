"""Files that other programs open: .blend, .glb, .fbx and .bvh, read back by Blender; and the command."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

bpy = pytest.importorskip("bpy", reason="Blender as a Python module is not installed")

from human_mesh_recovery.blender_addon.scene import export
from human_mesh_recovery.blender_addon.scene.build import build_scene
from human_mesh_recovery.inference_server.body.files import load_body
from human_mesh_recovery.inference_server.body.model import pose_body
from human_mesh_recovery.inference_server.body.skeleton import JOINT_NAMES
from human_mesh_recovery.inference_server.bvh import write_bvh
from human_mesh_recovery.inference_server.errors import RecoveryError
from human_mesh_recovery.inference_server.motion import save_motion
from human_mesh_recovery.tests.scene_samples import walking, write_small_body

FRAMES = 21


@pytest.fixture(autouse=True)
def _empty_file():
    bpy.ops.wm.read_factory_settings(use_empty=True)


@pytest.fixture
def small(tmp_path: Path) -> str:
    write_small_body(tmp_path / "small.npz")
    return str(tmp_path / "small.npz")


def joints(motion) -> np.ndarray:
    return pose_body(load_body(motion.body), motion.poses, motion.betas, motion.trans)[1]


def rigs() -> list:
    return sorted((made for made in bpy.data.objects if made.type == "ARMATURE"), key=lambda made: made.name)


def heads(rig) -> np.ndarray:
    """(24, 3) where the joints are in the world at the current frame."""
    evaluated = rig.evaluated_get(bpy.context.evaluated_depsgraph_get())
    return np.array([evaluated.matrix_world @ evaluated.pose.bones[name].head for name in JOINT_NAMES])


def seconds_of(rig) -> float:
    start, end = rig.animation_data.action.frame_range
    return (end - start) / (bpy.context.scene.render.fps / bpy.context.scene.render.fps_base)


def largest_difference(rig, expected: np.ndarray, first_frame: float) -> float:
    worst = 0.0
    for step in range(0, len(expected), 5):
        bpy.context.scene.frame_set(round(first_frame) + step)
        worst = max(worst, float(np.abs(heads(rig) - expected[step]).max()))
    return worst


@pytest.mark.parametrize("ending", [".glb", ".fbx"])
def test_people_come_back_from_exchange_formats(tmp_path: Path, small: str, ending: str):
    motions = [walking(FRAMES, body=small), walking(FRAMES, person=2, first=4, body=small)]
    path = tmp_path / f"people{ending}"
    export.WRITERS[ending](build_scene(motions), path)
    assert [file.name for file in tmp_path.iterdir() if "people" in file.name] == [path.name]
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.context.scene.render.fps = 30
    if ending == ".glb":
        bpy.ops.import_scene.gltf(filepath=str(path))
    else:
        bpy.ops.import_scene.fbx(filepath=str(path))
    found = rigs()
    assert len(found) == 2
    meshes = [made for made in bpy.data.objects if made.type == "MESH" and made.vertex_groups]
    assert len(meshes) == 2
    starts = [rig.animation_data.action.frame_range[0] for rig in found]
    for rig, motion in zip(found, motions, strict=True):
        assert {bone.name for bone in rig.data.bones} == set(JOINT_NAMES)
        late = int(motion.frames[0]) + starts[0] - 1
        assert largest_difference(rig, joints(motion), 1 + late) < 2e-3
    assert seconds_of(found[0]) >= (FRAMES - 1) / 30 - 1e-3


def test_a_bvh_stands_up_in_blender_with_its_defaults(tmp_path: Path):
    motion = walking(FRAMES)
    write_bvh(motion, load_body("free"), tmp_path / "person.bvh")
    bpy.context.scene.render.fps = 30
    bpy.ops.import_anim.bvh(filepath=str(tmp_path / "person.bvh"))
    (rig,) = rigs()
    assert largest_difference(rig, joints(motion), 1) < 1e-4


def test_a_blend_opens_as_it_was_built(tmp_path: Path):
    motion = walking(FRAMES)
    build_scene([motion])
    export.save_blend(tmp_path / "scene.blend")
    assert [file.name for file in tmp_path.iterdir()] == ["scene.blend"]
    export.save_blend(tmp_path / "scene.blend")  # over an existing one
    assert [file.name for file in tmp_path.iterdir()] == ["scene.blend"]
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "scene.blend"))
    (rig,) = rigs()
    assert largest_difference(rig, joints(motion), 1) < 1e-4
    assert bpy.context.scene.camera.name == "Source Camera"


def command(*arguments: object) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "human_mesh_recovery.blender_addon.command", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_the_command_writes_a_scene_and_says_where(tmp_path: Path, small: str):
    for person in (1, 2):
        save_motion(walking(5, person=person, body=small), tmp_path / f"{person}.npz")
    picture = tmp_path / "view.png"
    done = command(
        tmp_path / "1.npz", tmp_path / "2.npz", "--output", tmp_path / "out.blend", "--fps", 60,
        "--render", picture, "--frame", 3,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{tmp_path / 'out.blend'}\n"
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "out.blend"))
    assert len(rigs()) == 2
    assert bpy.context.scene.frame_end == 9
    image = bpy.data.images.load(str(picture))
    assert image.size[:] == (640, 360)


def test_the_command_s_errors_are_one_line(tmp_path: Path, small: str):
    save_motion(walking(2, body=small), tmp_path / "a.npz")
    (tmp_path / "damaged.npz").write_bytes(b"PK\x03\x04 no zip")
    for arguments, said in (
        ((tmp_path / "gone.npz", "--output", tmp_path / "o.blend"), "gone.npz"),
        ((tmp_path / "damaged.npz", "--output", tmp_path / "o.blend"), "damaged.npz"),
        ((tmp_path / "a.npz", "--output", tmp_path / "o.obj"), ".obj"),
        ((tmp_path / "a.npz", "--output", tmp_path / "no folder" / "o.blend"), "no folder"),
    ):
        done = command(*arguments)
        assert done.returncode == 1
        assert done.stdout == ""
        assert said in done.stderr
        assert done.stderr.count("\n") == 1
    assert sorted(os.listdir(tmp_path)) == ["a.npz", "damaged.npz", "small.npz"]


def test_an_unwritable_scene_is_a_clear_error(tmp_path: Path, small: str):
    people = build_scene([walking(2, body=small)])
    for write in (export.save_blend, *(lambda path, w=w: w(people, path) for w in export.WRITERS.values())):
        with pytest.raises(RecoveryError) as caught:
            write(tmp_path / "nowhere" / "scene.any")
        assert caught.value.code == "unwritable"
        assert "nowhere" in caught.value.message


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root may mount a small disk")
def test_a_full_disk_is_a_clear_error_and_leaves_nothing(tmp_path: Path, small: str):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", str(disk)], capture_output=True
    )
    if mounted.returncode:
        pytest.skip("this machine doesn't let a small disk be mounted")
    try:
        people = build_scene([walking(20, body=small)])
        for ending in (".blend", *export.WRITERS):
            with pytest.raises(RecoveryError, match="No space left on device") as caught:
                if ending == ".blend":
                    export.save_blend(disk / "scene.blend")
                else:
                    export.WRITERS[ending](people, disk / f"scene{ending}")
            assert "\n" not in caught.value.message
            assert len(caught.value.message) < 200
            assert list(disk.iterdir()) == []
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)
