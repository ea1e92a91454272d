"""How the server is started, from the preferences."""

from dataclasses import replace
from pathlib import Path

import pytest

from human_mesh_recovery.blender_addon.client.server_choice import Wishes, choose_server
from human_mesh_recovery.inference_server.errors import RecoveryError

SURROUNDINGS = {
    "PATH": "/usr/bin",
    "PYTHONPATH": "/somewhere",
    "PYTHONHOME": "/blender/python",
    "HMR_WEIGHTS": "/other",
    "SSH_AUTH_SOCK": "/agent",
}


@pytest.fixture
def wishes(tmp_path: Path) -> Wishes:
    package = tmp_path / "extension"
    package.mkdir()
    return Wishes(
        where="BUILT_IN",
        program=Path("/blender/python/bin/python"),
        package=package,
        runtime=tmp_path / "runtime",
        models=tmp_path / "models",
        log=tmp_path / "log",
    )


def test_a_checkout_runs_on_the_python_that_is_there(wishes: Wishes):
    choice = choose_server(wishes, SURROUNDINGS)
    assert choice.argv == (
        str(wishes.program),
        "-I",
        "-X",
        "utf8",
        str(wishes.package / "inference_server" / "launch.py"),
    )
    assert not choice.remote


def test_an_extension_unpacks_its_parts_and_downloads_only_when_asked(wishes: Wishes):
    (wishes.package / "parts").mkdir()
    choice = choose_server(wishes, SURROUNDINGS)
    assert choice.argv[5:] == ("--runtime", str(wishes.runtime), "--parts", str(wishes.package / "parts"))
    assert choice.environment["HMR_OFFLINE"] == "1"
    asked = choose_server(replace(wishes, may_download=True), SURROUNDINGS)
    assert asked.argv[-1] == "--allow-download"
    assert "HMR_OFFLINE" not in asked.environment


def test_the_environment_is_cleaned(wishes: Wishes):
    environment = choose_server(wishes, SURROUNDINGS).environment
    assert environment["PATH"] == "/usr/bin"
    assert not {"PYTHONPATH", "PYTHONHOME"} & set(environment)
    assert environment["PYTHONNOUSERSITE"] == "1"
    assert environment["HMR_WEIGHTS"] == str(wishes.models)


def test_another_python_is_an_environment_a_program_or_packages(wishes: Wishes, tmp_path: Path):
    program = tmp_path / "env" / "bin" / "python3"
    program.parent.mkdir(parents=True)
    program.touch()
    for chosen in (tmp_path / "env", program):
        choice = choose_server(replace(wishes, where="PYTHON", python=str(chosen)), SURROUNDINGS)
        assert choice.argv[:2] == (str(program), "-I")
    packages = tmp_path / "packages"
    (packages / "onnxruntime").mkdir(parents=True)
    choice = choose_server(replace(wishes, where="PYTHON", python=str(packages)), SURROUNDINGS)
    assert choice.argv[0] == str(wishes.program)
    assert "-I" not in choice.argv
    assert choice.environment["PYTHONPATH"] == str(packages)
    for wrong in ("", str(tmp_path / "gone"), str(tmp_path)):
        with pytest.raises(RecoveryError) as told:
            choose_server(replace(wishes, where="PYTHON", python=wrong), SURROUNDINGS)
        assert told.value.hint


def test_another_machine_is_asked_through_ssh(wishes: Wishes):
    there = replace(wishes, where="MACHINE", host="me@big", command="recover-mesh serve")
    choice = choose_server(there, SURROUNDINGS)
    assert choice.argv[0] == "ssh"
    assert "BatchMode=yes" in choice.argv
    assert choice.argv[-2:] == ("me@big", "recover-mesh serve")
    assert choice.remote
    assert choice.environment["SSH_AUTH_SOCK"] == "/agent"
    for host, command in (("", "x"), ("-oProxyCommand=rm", "x"), ("a b", "x"), ("big", ""), ("big", "'")):
        with pytest.raises(RecoveryError):
            choose_server(replace(there, host=host, command=command), SURROUNDINGS)
