"""The extension's zips: what goes into them, that Blender takes them, and that one works from beginning to end."""

import json
import os
import re
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest

from human_mesh_recovery.inference_server.startup.target import platform_tag

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "scripts"))

import build_extension
from extension import archive, contents, repository, wheels
from extension.targets import PLATFORMS, PYTHONS, TARGETS, Target, version

LINUX = Target("linux-x64", "3.11")


@pytest.fixture
def made_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Small files in place of wheels and networks; returns the folder to build in."""

    def fetched(entries: list[wheels.Wheel], target: Target) -> list[Path]:
        paths = [tmp_path / "wheels" / entry["file"] for entry in entries]
        for path in paths:
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(b"a wheel")
        return paths

    network = tmp_path / "network.onnx"
    network.write_bytes(b"a network")
    monkeypatch.setattr(wheels, "fetched", fetched)
    monkeypatch.setattr(contents.store, "ensure", lambda name: network)
    return tmp_path / "dist"


@pytest.fixture(scope="module")
def blender() -> list[str]:
    """Blender's `extension` command."""
    command = repository.extension_command(None)
    if command is None:
        pytest.skip("the module bpy, whose `extension` command checks zips, is not installed")
    return command


def _names(path: Path) -> set[str]:
    with zipfile.ZipFile(path) as opened:
        return set(opened.namelist())


def _read(path: Path, name: str) -> str:
    with zipfile.ZipFile(path) as opened:
        return opened.read(name).decode()


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_every_wheel_is_pinned_and_known(target):
    entry = wheels.of_target(target, converting=True)
    held = {wheels.normal_name(wheel["file"].split("-")[0]): wheel for wheel in entry["wheels"]}
    wanted = dict(pin.split("==") for pin in target.requirements(converting=True))
    assert {name: wheel["file"].split("-")[1] for name, wheel in held.items()} == wanted
    for wheel in held.values():
        assert re.fullmatch("[0-9a-f]{64}", wheel["sha256"])
        assert 0 < wheel["size"] < wheel["unpacked"] or wheel["file"].startswith("msvc")
        python, abi, platform = wheel["file"].removesuffix(".whl").split("-")[2:]
        assert target.tag == python or abi in ("abi3", "none")
        assert (
            platform == "any"
            or any(name in platform for name in PLATFORMS[target.platform])
            or (target.platform == "macos-arm64" and re.search("_(arm64|universal2)$", platform))
        )
    assert entry["macos"] == ("14.0" if target.platform == "macos-arm64" else None)


def test_a_large_zip_leaves_out_what_only_converting_needs():
    small = {wheel["file"] for wheel in wheels.of_target(LINUX, converting=True)["wheels"]}
    large = {wheel["file"] for wheel in wheels.of_target(LINUX, converting=False)["wheels"]}
    assert large < small
    assert {name.split("-")[0] for name in small - large} == {
        "flatbuffers", "ml_dtypes", "onnx", "protobuf", "tflite", "typing_extensions",
    }  # fmt: skip


def test_large_zips_stay_below_200_megabytes():
    networks = sum(contents.NETWORKS[name].onnx_size for name in contents.NAMES)
    for target in TARGETS:
        size = sum(wheel["size"] for wheel in wheels.of_target(target, converting=False)["wheels"])
        assert size + networks < 195e6, target.name


def test_the_manifest_follows_blender_s_rules():
    manifest = tomllib.loads(contents.manifest(["linux-x64"]))
    assert manifest["platforms"] == ["linux-x64"]
    assert manifest["schema_version"] == "1.0.0"
    assert len(manifest["tagline"]) <= 64
    assert not manifest["tagline"].endswith(".")
    assert "blender" not in manifest["name"].lower()
    assert re.fullmatch(r"\d+\.\d+\.\d+", manifest["blender_version_min"])
    assert "blender_version_max" not in manifest
    assert set(manifest["permissions"]) <= {"files", "network", "clipboard", "camera", "microphone"}
    for reason in manifest["permissions"].values():
        assert len(reason) <= 64
        assert not reason.endswith(".")


def test_a_large_zip_holds_the_program_its_wheels_and_its_networks(made_up):
    path = made_up.parent / "large.zip"
    archive.write_zip(contents.large(LINUX), path)
    names = _names(path)
    assert {"__init__.py", "blender_manifest.toml", "LICENSE", "README.md"} <= names
    assert {"inference_server/launch.py", "inference_server/startup/parts.py"} <= names
    assert {f"models/{name}.onnx" for name in contents.NAMES} <= names
    table = json.loads(_read(path, "parts/parts.json"))
    assert list(table["targets"]) == ["linux-x64-cp311"]
    assert {f"parts/{wheel['file']}" for wheel in table["targets"]["linux-x64-cp311"]["wheels"]} <= names
    assert {name.split("/")[0] for name in names if "/" in name} == {
        "blender_addon", "inference_server", "models", "parts",
    }  # fmt: skip
    assert not any(re.search(r"__pycache__|^inference_server/(networks|training)/", name) for name in names)
    for name in contents.NAMES:
        assert contents.NETWORKS[name].authors in _read(path, "models/NOTICE.txt")


def test_a_small_zip_brings_pip_and_the_list_for_every_python(made_up):
    path = made_up.parent / "small.zip"
    archive.write_zip(contents.small(), path)
    table = json.loads(_read(path, "parts/parts.json"))
    assert len(table["targets"]) == len(PLATFORMS) * len(PYTHONS)
    assert {name for name in _names(path) if name.endswith((".whl", ".onnx"))} == {
        f"parts/{table['pip']['file']}",
        "inference_server/lifting/lifter.onnx",
    }
    assert tomllib.loads(_read(path, "blender_manifest.toml"))["platforms"] == sorted(PLATFORMS)


def test_the_same_files_give_the_same_bytes(tmp_path):
    source = tmp_path / "a.py"
    packed: list[bytes] = []
    for date, order in ((1_000_000_000, 1), (1_700_000_000, -1)):
        source.write_text("x = 1\n" * 1000)
        os.utime(source, (date, date))
        held: contents.Contents = dict([("b.txt", "text"), ("a.py", source)][::order])
        archive.write_zip(held, tmp_path / "a.zip")
        packed.append((tmp_path / "a.zip").read_bytes())
    assert packed[0] == packed[1]


def test_blender_takes_the_zips_and_an_index_tells_their_pythons(made_up, blender, monkeypatch, capsys):
    monkeypatch.setattr(repository, "extension_command", lambda given: blender)
    arguments = ["--platform", "linux-x64", "windows-x64", "--python", "3.11", "3.13"]
    assert build_extension.main([*arguments, "--output", str(made_up), "--index"]) == 0
    data = json.loads((made_up / "index.json").read_text())["data"]
    found = {entry["archive_url"]: (entry["platforms"], entry["python_versions"]) for entry in data}
    assert found == {
        f"./human_mesh_recovery-{version()}-{name}_x64-{tag}.zip": ([f"{name}-x64"], [python])
        for name in ("linux", "windows")
        for tag, python in (("cp311", "3.11"), ("cp313", "3.13"))
    }
    assert all(entry["id"] == "human_mesh_recovery" for entry in data)
    assert capsys.readouterr().out.count("valid") == 4


def test_a_zip_that_blender_refuses_fails_the_build(made_up, blender, monkeypatch, capsys):
    monkeypatch.setattr(repository, "extension_command", lambda given: blender)
    monkeypatch.setattr(contents, "manifest", lambda platforms: 'schema_version = "1.0.0"\n')
    assert build_extension.main(["--small", "--output", str(made_up)]) == 1
    assert "validate" in capsys.readouterr().err


def test_an_index_needs_a_blender(made_up, monkeypatch, capsys):
    monkeypatch.setattr(repository, "extension_command", lambda given: None)
    assert build_extension.main(["--index", "--output", str(made_up)]) == 1
    assert "--blender" in capsys.readouterr().err


def test_wheels_that_pip_cannot_get_are_named(tmp_path, monkeypatch):
    monkeypatch.setattr(wheels, "CACHE", tmp_path)
    unknown = {"file": "numpy-1.26.4-cp311-cp311-linux.whl", "sha256": "0" * 64}
    with pytest.raises(wheels.BuildError, match="linux-x64-cp311"):
        wheels.fetched([unknown], LINUX)


def _request(path: Path, folder: Path) -> dict[str, Any]:
    return {
        "type": "recover",
        "job": "1",
        "folder": str(folder),
        "source": {"path": str(path), "files": None, "fps": None, "start": 0, "end": None},
        "settings": {
            "method": "keypoints", "body": "free", "people": None, "focal_length": None, "smoothing": 1.0,
            "foot_contact": True, "device": "cpu", "camera": None,
        },
    }  # fmt: skip


def test_a_real_zip_recovers_with_a_python_that_has_nothing(weights, examples):
    """The whole way: built, unpacked as Blender would, started by a bare Python, and a picture recovered."""
    target = Target(platform_tag(), ".".join(map(str, sys.version_info[:2])))
    if target not in TARGETS:
        pytest.skip(f"no zip is for Python {target.python} on {target.platform}")
    try:
        wheels.fetched(wheels.of_target(target, converting=False)["wheels"], target)
    except wheels.BuildError as error:
        pytest.skip(f"the wheels can't be had: {error}")
    with tempfile.TemporaryDirectory() as scratch:  # not among pytest's, which are kept: it has 700 MB
        _recover_from_a_zip(target, Path(scratch), examples / "still.jpg")


def _recover_from_a_zip(target: Target, scratch: Path, picture: Path) -> None:
    arguments = ["--platform", target.platform, "--python", target.python, "--output", str(scratch)]
    assert build_extension.main(arguments) == 0
    folder = scratch / "user_default" / "human_mesh_recovery"
    with zipfile.ZipFile(scratch / build_extension.archive_name(target)) as opened:
        opened.extractall(folder)
    command = [sys.executable, "-I", "-S", str(folder / "inference_server" / "launch.py")]
    command += ["--runtime", str(scratch / "runtime"), "--parts", str(folder / "parts")]
    job = scratch / "job"
    job.mkdir()
    environment = {**os.environ, "HMR_WEIGHTS": str(folder / "models"), "HMR_OFFLINE": "1"}
    server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)
    assert server.stdin is not None
    assert server.stdout is not None
    heard: dict[str, Any] = {}
    for line in server.stdout:
        message = json.loads(line)
        heard[message["type"]] = message
        if message["type"] == "hello":
            server.stdin.write(json.dumps(_request(picture, job)).encode() + b"\n")
            server.stdin.flush()
        elif message["type"] in ("done", "error"):
            break
    server.stdin.close()
    server.wait(30)
    server.stdout.close()
    assert heard.get("error") is None
    assert heard["hello"]["python"].startswith(target.python)
    assert [Path(path).is_file() for path in heard["done"]["people"]] == [True]
